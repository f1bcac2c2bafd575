import Commerce
import Sync
import Testing
import Transport

/// A shop whose web hooks and answers are lines: `snapshot ID SECONDS NOTE`, `hint ID SECONDS`.
struct ScriptedSource: Source {
    let connection = "shop"
    let bodyBytesMax = 1_000_000

    static let start = Instant(seconds: 1_790_000_000)
    static func key(_ id: Int) -> EntityKey { EntityKey(connection: "shop", kind: .order, id: String(id)) }

    func admit(_ request: HTTPRequest, receivedAt: Instant, authenticate: MessageAuthentication) -> Admission {
        .refused(.badSignature, detail: "no web hook is sent here")
    }
    func status(for refusal: WebhookRefusal) -> Int { 401 }

    func observations(in receipt: Receipt) -> [Observation] { Self.observations(in: receipt.body) }

    func request(for read: SourceRead) -> HTTPRequest {
        let text =
            switch read.wanted {
            case .entities(let keys): "entities " + keys.map(\.id).joined(separator: ",")
            case .continuation(let key, let cursor): "continuation \(key.id) \(cursor)"
            case .orders(_, let cursor): "orders \(cursor ?? "first")"
            case .changes(_, let since, let cursor): "changes \(since.wholeSeconds) \(cursor ?? "first")"
            }
        return HTTPRequest(method: "POST", path: "/shop", body: Array(text.utf8))
    }

    func interpret(_ outcome: HTTPOutcome, of read: SourceRead, at now: Instant) -> SourceAnswer {
        guard case .answered(let response) = outcome, response.status == 200 else {
            return .later(after: nil, reason: "down")
        }
        return .found(Self.observations(in: response.body), missing: [], nextCursor: response.headers["Next"])
    }

    private static func observations(in body: [UInt8]) -> [Observation] {
        String(decoding: body, as: UTF8.self).split(separator: "\n").map { line in
            let words = line.split(separator: " ").map(String.init)
            let key = EntityKey(connection: "shop", kind: .order, id: words[1])
            let time = start + .seconds(Int64(words[2]) ?? 0)
            guard words[0] == "snapshot" else {
                return .hint(key, sourceTime: time, eventID: nil, awaitsCompanion: false)
            }
            return .snapshot(
                key, .order(order(words[1], words[3], time)), sourceTime: time, eventID: nil, isPartial: false)
        }
    }

    static func order(_ id: String, _ note: String, _ time: Instant) -> Order {
        guard let pounds = Currency("GBP") else { preconditionFailure("GBP is a currency code") }
        let zero = MoneyBag.zero(shop: pounds, presentment: pounds)
        return Order(
            id: id, name: "#\(id)", createdAt: time, processedAt: time, updatedAt: time, financialStatus: .paid,
            note: note, lines: [],
            totals: OrderTotals(current: zero, currentTax: zero, currentDiscounts: zero, currentShipping: zero))
    }
}

/// A destination that is told one line for each fact: `KEY=NOTE`. The note says what the plan is, for example
/// `a+b>a+c<a`: fact `a`, fact `b` after `a`, fact `c` led by `a`. A fact whose name begins with `row` goes to a
/// channel of its own, which must be prepared first.
struct ScriptedDestination: Destination {
    let connection = "crm"
    var limits = DestinationLimits(flightsMax: 4, requestsPerMinute: 60_000)
    var batch = 10

    func plan(_ record: Record, in context: PlanContext) -> Plan {
        var plan = Plan()
        let ledger = record[flow: context.flow.name]
        func key(_ fact: Substring) -> String { "\(record.key.id):\(fact)" }
        for word in (record.truth.order?.note ?? "").split(separator: "+") {
            let after = word.split(separator: ">")
            let led = word.split(separator: "<")
            let name = key(after[0].split(separator: "<")[0])
            if ledger.isToldOrAttempted(name) || ledger.isParked(name) { continue }
            plan.deliveries.append(
                Delivery(
                    key: name, kind: .history, channel: word.hasPrefix("row") ? "rows" : "events", eventType: "fact",
                    lane: .orders,
                    occurredAt: record.truth.version?.sourceTime ?? context.now,
                    after: after.count > 1 ? [key(after[1])] : [], leader: led.count > 1 ? key(led[1]) : nil,
                    body: Array("\(name)=\(word)".utf8)))
        }
        return plan
    }

    func preparation(for channel: String) -> HTTPRequest? {
        channel == "rows" ? HTTPRequest(method: "GET", path: "/crm/rows") : nil
    }
    mutating func prepared(_ outcome: HTTPOutcome, for channel: String) -> Preparation {
        if case .answered(let response) = outcome, response.status == 200 { return .ready }
        return .later(reason: "no right to it")
    }
    func batchMax(for channel: String) -> Int { batch }

    func request(for flight: Flight) -> HTTPRequest {
        let lines = flight.items.map { String(decoding: $0.delivery.body, as: UTF8.self) }
        return HTTPRequest(method: "POST", path: "/crm", body: Array(lines.joined(separator: "\n").utf8))
    }

    /// 200 takes all but what the answer names; 503 takes nothing and wants rest.
    func interpret(_ outcome: HTTPOutcome, of flight: Flight) -> FlightResult {
        switch outcome {
        case .answered(let response) where response.status == 200:
            let refused = String(decoding: response.body, as: UTF8.self).split(separator: "\n").map(String.init)
            return FlightResult(
                answers: flight.items.map { refused.contains($0.delivery.key) ? .refused("no") : .accepted })
        case .unknown(let reason):
            return FlightResult(answers: flight.items.map { _ in .ambiguous(reason) }, mustRest: true)
        default: return FlightResult(answers: flight.items.map { _ in .retry("down") }, mustRest: true)
        }
    }

    func readBackRequest(for readBack: ReadBack) -> HTTPRequest {
        HTTPRequest(method: "GET", path: "/crm/\(readBack.key)")
    }
    func interpret(_ outcome: HTTPOutcome, of readBack: ReadBack) -> ReadBackResult { .found(copies: 1) }
}

/// An engine whose effects wait until the test carries them out, over a store that outlives it.
struct EngineRig {
    var engine: Engine
    let store: MemoryStore
    let destination: ScriptedDestination
    let limits: EngineLimits
    var now = ScriptedSource.start + .seconds(100)

    var claims: [ClaimRequest] = []
    var commits: [Commit] = []
    /// Requests not yet answered.
    var exchanges: [Exchange] = []
    var wake: Instant?
    /// Every effect, as text.
    private(set) var log: [String] = []
    private(set) var recordsHeldMost = 0
    private var hasLeftTooEarly = false

    init(
        store: MemoryStore = MemoryStore(), destination: ScriptedDestination = ScriptedDestination(),
        limits: EngineLimits = EngineLimits(), at now: Instant? = nil, seed: UInt64 = 1
    ) throws {
        guard let pounds = Currency("GBP") else { preconditionFailure("GBP is a currency code") }
        let flow = Flow(
            name: "edits", blueprint: "b", brand: "acme", source: "shop", destination: "crm", initialStage: .live,
            idPrefix: "shop",
            referenceCurrency: pounds, sourceName: "shop")
        self.store = store
        self.destination = destination
        self.limits = limits
        engine = Engine(
            flows: [flow], sources: [ScriptedSource()], destinations: [destination], limits: limits, seed: seed)
        if let now { self.now = now }
        step(.started(try store.status()))
    }

    mutating func step(_ input: Input) {
        for effect in engine.step(input, now: now) {
            switch effect {
            case .claim(let claim): claims.append(claim)
            case .commit(let commit): commits.append(commit)
            case .exchange(let exchange):
                if exchange.request.path == "/crm" { expectDurable(exchange) }
                exchanges.append(exchange)
            case .wake(let time): wake = time
            case .measure: break
            }
            log.append("\(now) \(Self.text(effect))")
        }
        recordsHeldMost = max(recordsHeldMost, engine.summary.recordsHeld)
    }

    /// A set has no order of its own, so it is no part of what must be the same.
    private static func text(_ effect: Effect) -> String {
        guard case .claim(var claim) = effect else { return "\(effect)" }
        let excluding = claim.excluding.sorted()
        claim.excluding = []
        return "\(claim) \(excluding)"
    }

    /// DESIGN law 3: what leaves is in the store, attempted, byte for byte. The first that is not is one issue.
    private mutating func expectDurable(_ exchange: Exchange) {
        for line in lines(exchange) where !hasLeftTooEarly {
            let id = Int(line.split(separator: ":")[0]) ?? 0
            let stored = try? store.records([ScriptedSource.key(id)]).first?[flow: "edits"].deliveries
            let delivery = stored?.first { String(decoding: $0.body, as: UTF8.self) == line }
            hasLeftTooEarly = delivery?.phase != .attempted
            #expect(!hasLeftTooEarly, "\(line) left before its attempt was durable")
        }
    }

    func lines(_ exchange: Exchange) -> [String] {
        String(decoding: exchange.request.body, as: UTF8.self).split(separator: "\n").map(String.init)
    }
    var flights: [Exchange] { exchanges.filter { $0.request.path == "/crm" } }

    // MARK: Carrying out

    /// Claims and commits until none is left; requests stay.
    mutating func settleStore() throws {
        while !claims.isEmpty || !commits.isEmpty {
            if !commits.isEmpty {
                let commit = commits.removeFirst()
                try store.commit(commit)
                step(.committed(commit.id))
            }
            if !claims.isEmpty {
                let claim = try store.claim(claims.removeFirst())
                step(.claimed(claim))
            }
        }
    }

    mutating func answer(_ exchange: Exchange, _ outcome: HTTPOutcome) {
        exchanges.removeAll { $0.id == exchange.id }
        step(.answered(exchange.id, outcome))
    }

    mutating func answer(_ exchange: Exchange, status: Int = 200, _ body: String = "", next: String? = nil) {
        var response = HTTPResponse(status: status, body: Array(body.utf8))
        response.headers["Next"] = next
        answer(exchange, .answered(response))
    }

    /// The first poll finds nothing, so that a test sees only what it asks for.
    mutating func answerPolls() {
        for poll in exchanges where lines(poll).first?.hasPrefix("changes") == true { answer(poll) }
    }

    mutating func receive(_ lines: [String]) throws {
        _ = try store.append(lines.enumerated().map { receipt($0.element, number: $0.offset) })
        step(.receiptsDurable)
        try settleStore()
    }

    func receipt(_ line: String, number: Int = 0) -> Receipt {
        Receipt(
            connection: "shop", topic: "orders/updated", deliveryID: "\(now)-\(number)-\(line)", eventID: nil,
            triggeredAt: nil, receivedAt: now, body: Array(line.utf8))
    }

    /// Sleeps until the engine wants to be woken, at most `limit` from now.
    mutating func sleep(atMost limit: Span = .seconds(3_600)) throws {
        let end = now + limit
        now = min(max(wake ?? end, now), end)
        step(.timer)
        try settleStore()
    }

    func record(_ id: Int) throws -> Record? { try store.records([ScriptedSource.key(id)]).first }
    func told(_ id: Int) throws -> [String] { try record(id)?[flow: "edits"].told.map(\.key) ?? [] }
}
