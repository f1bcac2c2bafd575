import Commerce
import JSON
import Sync
import Transport

/// A shop's room with one mistake in it. Whatever a mutant does not say, the real room does.
protocol SourceMutant: Source {
    var inner: any Source { get set }
    /// What it makes of something that the real room saw.
    func mistaken(_ observation: Observation) -> Observation
}

extension SourceMutant {
    var connection: String { inner.connection }
    var bodyBytesMax: Int { inner.bodyBytesMax }
    var readKeysMax: Int { inner.readKeysMax }
    var polledKinds: [EntityKind] { inner.polledKinds }

    func admit(_ request: HTTPRequest, receivedAt: Instant, authenticate: MessageAuthentication) -> Admission {
        inner.admit(request, receivedAt: receivedAt, authenticate: authenticate)
    }
    func status(for refusal: WebhookRefusal) -> Int { inner.status(for: refusal) }
    func observations(in receipt: Receipt) -> [Observation] { inner.observations(in: receipt).map(mistaken) }
    func preparation(at now: Instant) -> HTTPRequest? { inner.preparation(at: now) }
    mutating func prepared(_ outcome: HTTPOutcome, at now: Instant) -> Preparation { inner.prepared(outcome, at: now) }
    mutating func forgetPreparation() { inner.forgetPreparation() }
    func request(for read: SourceRead) -> HTTPRequest { inner.request(for: read) }
    func interpret(_ outcome: HTTPOutcome, of read: SourceRead, at now: Instant) -> SourceAnswer {
        let answer = inner.interpret(outcome, of: read, at: now)
        guard case .found(let observations, let missing, let nextCursor) = answer else { return answer }
        return .found(observations.map(mistaken), missing: missing, nextCursor: nextCursor)
    }
    func mistaken(_ observation: Observation) -> Observation { observation }
}

/// A destination's room with one mistake in it. Whatever a mutant does not say, the real room does.
protocol DestinationMutant: Destination {
    var inner: any Destination { get set }
}

extension DestinationMutant {
    var connection: String { inner.connection }
    var limits: DestinationLimits { inner.limits }

    func sharedNames(of record: EntityRecord) -> [NameSearch] { inner.sharedNames(of: record) }

    func plan(_ record: EntityRecord, in context: PlanContext) -> Plan { inner.plan(record, in: context) }
    func preparation(for channel: String) -> HTTPRequest? { inner.preparation(for: channel) }
    mutating func prepared(_ outcome: HTTPOutcome, for channel: String) -> Preparation {
        inner.prepared(outcome, for: channel)
    }
    func batchMax(for channel: String) -> Int { inner.batchMax(for: channel) }
    func request(for batch: DeliveryBatch) -> HTTPRequest { inner.request(for: batch) }
    func interpret(_ outcome: HTTPOutcome, of batch: DeliveryBatch) -> DeliveryBatchResult {
        inner.interpret(outcome, of: batch)
    }
    func readBackRequest(for readBack: ReadBack) -> HTTPRequest { inner.readBackRequest(for: readBack) }
    func interpret(_ outcome: HTTPOutcome, of readBack: ReadBack) -> ReadBackResult {
        inner.interpret(outcome, of: readBack)
    }
}

extension Plan {
    /// The same with other bodies for some of its deliveries.
    func rewriting(where isWanted: (Delivery) -> Bool, _ change: (inout JSONObject) -> Void) -> Plan {
        var changed = self
        for index in changed.deliveries.indices where isWanted(changed.deliveries[index]) {
            changed.deliveries[index].rewriteBody(change)
        }
        return changed
    }
}

extension Delivery {
    mutating func rewriteBody(_ change: (inout JSONObject) -> Void) {
        guard var object = (try? JSON.parse(body))?.object else { return }
        change(&object)
        body = JSON.object(object).encoded(sortingKeys: true)
    }
}
