import Commerce
import Server
import Sync
import Synchronization
import Transport

/// A shop of few words: a webhook's body is the id of a deleted order, its signature is a header.
struct ScriptedSource: Source {
    static let secret = "open sesame"
    var connection = "shop"
    var bodyBytesMax = 1_000

    func admit(_ request: HTTPRequest, receivedAt: Instant, authenticate: MessageAuthentication) -> Admission {
        guard request.headers["X-Secret"] == Self.secret else { return .refused(.badSignature, detail: "wrong secret") }
        return .admitted(
            Receipt(
                connection: connection, topic: "orders/delete", deliveryID: request.headers["X-Id"] ?? "", eventID: nil,
                triggeredAt: nil, receivedAt: receivedAt, body: request.body))
    }

    func status(for refusal: WebhookRefusal) -> Int {
        switch refusal {
        case .badSignature: 401
        case .tooLarge: 413
        case .storeUnavailable: 503
        }
    }

    func observations(in receipt: Receipt) -> [Observation] {
        let id = String(decoding: receipt.body, as: UTF8.self)
        guard !id.isEmpty, id.allSatisfy(\.isNumber) else {
            return [.unreadable(nil, code: "not_json", detail: "no number")]
        }
        let key = EntityKey(connection: connection, kind: .order, id: id)
        return [.act(key, Act(id: "delete/\(id)", kind: .deleted, at: receipt.receivedAt))]
    }

    func request(for read: SourceRead) -> HTTPRequest { HTTPRequest(method: "GET", path: "/read") }
    func interpret(_ outcome: HTTPOutcome, of read: SourceRead, at now: Instant) -> SourceAnswer {
        .found([], missing: [], nextCursor: nil)
    }
}

/// Tells each deleted order once; a 2xx accepts, a 4xx refuses, no connection asks for a retry, else ambiguous.
struct ScriptedDestination: Destination {
    var connection = "crm"
    var limits = DestinationLimits(concurrentRequestsMax: 4, requestsPerMinute: 60_000)

    func plan(_ record: EntityRecord, in context: PlanContext) -> Plan {
        var plan = Plan()
        let key = "\(context.flow.idPrefix)-\(record.key.id):deleted"
        let ledger = record[flow: context.flow.name]
        guard let act = record.truth.act(.deleted), !ledger.isToldOrAttempted(key), !ledger.isParked(key) else {
            return plan
        }
        plan.deliveries = [
            Delivery(
                key: key, kind: .history, channel: "events", eventType: "deleted", lane: .orders, occurredAt: act.at,
                body: Array(record.key.id.utf8))
        ]
        plan.decisions = [Decision("deleted", .told, eventKey: key)]
        return plan
    }

    func preparation(for channel: String) -> HTTPRequest? { nil }
    mutating func prepared(_ outcome: HTTPOutcome, for channel: String) -> Preparation { .ready }
    func batchMax(for channel: String) -> Int { 10 }
    func request(for batch: DeliveryBatch) -> HTTPRequest {
        HTTPRequest(method: "POST", path: "/events", body: batch.items.flatMap { $0.delivery.body + [0x0A] })
    }
    func interpret(_ outcome: HTTPOutcome, of batch: DeliveryBatch) -> DeliveryBatchResult {
        let answer: Answer =
            switch outcome {
            case .answered(let response) where response.status < 300: .accepted
            case .answered(let response): .refused("status \(response.status)")
            case .notSent(let reason): .retry(reason)
            case .unknown(let reason): .ambiguous(reason)
            }
        return DeliveryBatchResult(answers: batch.items.map { _ in answer })
    }
    func readBackRequest(for readBack: ReadBack) -> HTTPRequest { HTTPRequest(method: "GET", path: "/events") }
    func interpret(_ outcome: HTTPOutcome, of readBack: ReadBack) -> ReadBackResult { .found(copies: 1) }
}

/// Responses each exchange by a closure and remembers what was sent.
final class ScriptedExchanger: Exchanger {
    private let sent = Mutex<[HTTPRequest]>([])
    private let answer: @Sendable (HTTPRequest) async -> HTTPOutcome
    init(_ answer: @escaping @Sendable (HTTPRequest) async -> HTTPOutcome) { self.answer = answer }

    var requests: [HTTPRequest] { sent.withLock { $0 } }
    func send(_ exchange: Exchange) async -> HTTPOutcome {
        sent.withLock { $0.append(exchange.request) }
        return await answer(exchange.request)
    }
    func close() async {}
}

extension Flow {
    static var scripted: Flow {
        var policies = Policies()
        policies.retryBase = .milliseconds(10)
        policies.readBackDelay = .milliseconds(10)
        guard let currency = Currency("GBP") else { preconditionFailure("GBP is a currency") }
        return Flow(
            name: "edits", blueprint: "order-editing-to-bloomreach", brand: "acme", source: "shop", destination: "crm",
            initialStage: .live, policies: policies, idPrefix: "shop", referenceCurrency: currency, sourceName: "shop")
    }
}
