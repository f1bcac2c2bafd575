import Commerce
import Sync
import Testing
import Transport

/// A shop whose webhooks and answers are lines: `snapshot ID SECONDS NOTE`, `hint ID SECONDS`. People are behind it:
/// `snapshot 1 5 a number=7 email=ada by=Ada`, `customer ID SECONDS email=ada`, `customer-hint ID SECONDS`,
/// `merge DELETED KEPT SECONDS`, `access ID DUE request=5`, `erasure ID DUE`, `erasure everybody DUE`. A line of one
/// word is a topic that nobody knows.
struct ScriptedSource: Source {
    let connection = "shop"
    let bodyBytesMax = 1_000_000
    var polledKinds: [EntityKind] = [.order]
    var readsAtOnceMax = 1

    static let start = Instant(seconds: 1_790_000_000)
    static func key(_ id: Int) -> EntityKey { EntityKey(connection: "shop", kind: .order, id: String(id)) }

    func admit(_ request: HTTPRequest, receivedAt: Instant, authenticate: MessageAuthentication) -> Admission {
        .refused(.badSignature, detail: "no webhook is sent here")
    }
    func status(for refusal: WebhookRefusal) -> Int { 401 }

    func observations(in receipt: Receipt) -> [Observation] { Self.observations(in: receipt.body) }

    func request(for read: SourceRead) -> HTTPRequest {
        let text =
            switch read.wanted {
            case .entities(let keys): "entities " + Self.mark(keys.first?.kind) + keys.map(\.id).joined(separator: ",")
            case .continuation(let key, let cursor): "continuation \(key.id) \(cursor)"
            case .orders(.customerID(let number), let cursor): "orders number=\(number) \(cursor ?? "first")"
            case .orders(.email(let email), let cursor): "orders email=\(email) \(cursor ?? "first")"
            case .changes(let kind, let since, let cursor):
                "changes " + Self.mark(kind) + "\(since.wholeSeconds) \(cursor ?? "first")"
            }
        return HTTPRequest(method: "POST", path: "/shop", body: Array(text.utf8))
    }

    func interpret(_ outcome: HTTPOutcome, of read: SourceRead, at now: Instant) -> SourceAnswer {
        if case .answered(let response) = outcome, response.status == 403 { return .denied("no right to it") }
        guard case .answered(let response) = outcome, response.status == 200 else {
            return .later(after: nil, reason: "down")
        }
        let observations = Self.observations(in: response.body)
        var missing: [EntityKey] = []
        if case .entities(let keys) = read.wanted {
            missing = keys.filter { key in !observations.contains { $0.key == key } }
        }
        return .found(observations, missing: missing, nextCursor: response.headers["Next"])
    }

    /// Orders are asked for without saying so.
    private static func mark(_ kind: EntityKind?) -> String { kind == .order ? "" : "\(kind?.rawValue ?? "none") " }

    private static func observations(in body: [UInt8]) -> [Observation] {
        String(decoding: body, as: UTF8.self).split(separator: "\n").map { line in
            let words = line.split(separator: " ").map(String.init)
            guard words.count > 1 else { return .unknownTopic(words[0]) }
            let isOfCustomer = !["snapshot", "hint"].contains(words[0])
            let key = EntityKey(connection: "shop", kind: isOfCustomer ? .customer : .order, id: words[1])
            let time = start + .seconds(Int64(words[2]) ?? 0)
            let facts = Facts(words)
            switch words[0] {
            case "snapshot":
                var order = order(words[1], words[3], time)
                facts.apply(to: &order)
                return .snapshot(key, .order(order), sourceTime: time, eventID: nil, isPartial: false)
            case "customer":
                let customer = Customer(
                    id: words[1], email: facts.known("email"), phone: facts.known("phone"), createdAt: time,
                    updatedAt: time)
                return .snapshot(key, .customer(customer), sourceTime: time, eventID: nil, isPartial: false)
            case "merge":
                let act = Act(id: "merge/\(words[1])/\(words[2])", kind: .merged, at: start, mergedInto: words[2])
                return .act(key, act)
            case "access", "erasure":
                guard let kind = PrivacyRequest.Kind(rawValue: words[0]) else { return .unknownTopic(words[0]) }
                return .privacyRequest(
                    PrivacyRequest(
                        kind, connection: "shop", customer: words[1] == "everybody" ? nil : key,
                        number: facts.values["request"], dueAt: time))
            default: return .hint(key, sourceTime: time, eventID: nil, awaitsCompanion: false)
            }
        }
    }

    /// The words of the form `name=value` at the end of a line.
    private struct Facts {
        var values: [String: String] = [:]

        init(_ words: [String]) {
            for word in words.dropFirst(3) {
                let halves = word.split(separator: "=", maxSplits: 1).map(String.init)
                if halves.count == 2 { values[halves[0]] = halves[1] }
            }
        }

        /// What is not said is not known.
        func known(_ name: String) -> Known<String?> { values[name].map { .known(Self.full(name, $0)) } ?? .unknown }

        private static func full(_ name: String, _ value: String) -> String {
            name == "email" && !value.contains("@") ? "\(value)@example.test" : value
        }

        func apply(to order: inout Order) {
            order.buyer = Buyer(customerID: known("number"), email: known("email"), phone: known("phone"))
            order.buyerName = values["by"]
            if let since = values["since"].flatMap({ Int64($0) }) {
                order.buyer.customerSince = .known(ScriptedSource.start + .seconds(since))
            }
            if let name = values["name"] { order.name = name }
            if let tag = values["tag"] { order.tags = [tag] }
            if let sku = values["sku"] { order.lines = [ScriptedSource.line(sku)] }
            if let sent = values["sent"].flatMap({ Int64($0) }) {
                let time = ScriptedSource.start + .seconds(sent)
                order.fulfillments = [
                    Fulfillment(
                        id: "\(sent)", status: .success, createdAt: time, updatedAt: time,
                        lines: [Fulfillment.Line(lineID: "TEE", quantity: 1)])
                ]
            }
            if let cancelled = values["cancelled"].flatMap({ Int64($0) }) {
                order.cancelledAt = ScriptedSource.start + .seconds(cancelled)
                order.cancelReason = "other"
            }
            if let placed = values["placed"].flatMap({ Int64($0) }) {
                order.createdAt = ScriptedSource.start + .seconds(placed)
                order.processedAt = order.createdAt
            }
        }
    }

    private static var zero: MoneyBag {
        guard let pounds = Currency("GBP") else { preconditionFailure("GBP is a currency code") }
        return .zero(shop: pounds, presentment: pounds)
    }

    private static func line(_ sku: String) -> OrderLine {
        OrderLine(
            id: sku, sku: sku, title: sku, orderedQuantity: 1, currentQuantity: 1, unitPrice: zero,
            allocatedDiscount: zero)
    }

    static func order(_ id: String, _ note: String, _ time: Instant) -> Order {
        return Order(
            id: id, name: "#\(id)", createdAt: time, processedAt: time, updatedAt: time, financialStatus: .paid,
            note: note, lines: [],
            totals: OrderTotals(current: zero, currentTax: zero, currentDiscounts: zero, currentShipping: zero))
    }
}

/// A destination that is told one line for each fact: `KEY=NOTE`. The note says what the plan is, for example
/// `a+b>a+c<a`: fact `a`, fact `b` after `a`, fact `c` led by `a`. A fact whose name begins with `row` goes to a
/// channel of its own, which must be prepared first; one that begins with `low` goes in a lower lane; `~a` is fact `a`
/// held for a minute; `-a` takes the place of fact `a`.
///
/// An order with a buyer waits until its person is told, as `p-NAME:DIGEST=CONTENT`, and is told under their address:
/// `KEY=NOTE@ADDRESS`. An order that was replaced has one more fact, `void`; one that stands for another is shown by
/// the first of its journey as `mirrors-ID`.
struct ScriptedDestination: Destination {
    let connection = "crm"
    var limits = DestinationLimits(concurrentRequestsMax: 4, requestsPerMinute: 60_000)
    var batch = 10

    func plan(_ record: EntityRecord, in context: PlanContext) -> Plan {
        if let person = record.truth.person { return plan(person, record, context) }
        var plan = Plan()
        let ledger = record[flow: context.flow.name]
        var suffix = ""
        if record.truth.order != nil, let person = context.person {
            guard let address = person[flow: context.flow.personFlow].toldSlot(Ledger.addressSlot) else {
                plan.awaitsAddress = true
                plan.waiting = [Waiting(eventType: "fact", reason: .waitsForDependency)]
                return plan
            }
            suffix = "@\(address)"
        }
        plan.wantsJourneyCurrent = context.isJourneyCurrentMissing
        func key(_ fact: Substring) -> String { "\(record.key.id):\(fact)" }
        let facts = (record.truth.order?.note ?? "").split(separator: "+") + Self.journeyFacts(record.key, context)
        for whole in facts {
            let isHeld = whole.hasPrefix("~")
            let word = isHeld ? whole.dropFirst() : whole
            if word.hasPrefix("-") {
                plan.superseded.append(key(word.dropFirst()))
                continue
            }
            let after = word.split(separator: ">")
            let led = word.split(separator: "<")
            let name = key(after[0].split(separator: "<")[0])
            if ledger.isToldOrAttempted(name) || ledger.isParked(name) { continue }
            var delivery = Delivery(
                key: name, kind: .history, channel: word.hasPrefix("row") ? "rows" : "events", eventType: "fact",
                lane: word.hasPrefix("low") ? .identity : .orders,
                occurredAt: record.truth.version?.sourceTime ?? context.now,
                after: after.count > 1 ? [key(after[1])] : [], leader: led.count > 1 ? key(led[1]) : nil,
                body: Array("\(name)=\(word)\(suffix)".utf8))
            if isHeld { delivery.notBefore = context.now + .seconds(60) }
            plan.deliveries.append(delivery)
        }
        return plan
    }

    private static func journeyFacts(_ key: EntityKey, _ context: PlanContext) -> [Substring] {
        guard let person = context.person?.truth.person else { return [] }
        let role = person.journeys(context.flow).role(of: key.description)
        return (role?.replacedBy == nil ? [] : ["void"])
            + (context.journeyCurrent.map { [Substring("mirrors-\($0.key.id)")] } ?? [])
    }

    private func plan(_ person: Person, _ record: EntityRecord, _ context: PlanContext) -> Plan {
        var plan = Plan()
        let ledger = record[flow: context.flow.name]
        guard person.mergedInto == nil, let first = person.identifiers.first else { return plan }
        let address = ledger.slot(Ledger.addressSlot) ?? "\(first.kind.rawValue):\(first.value)"
        let orders = person.orders.map(\.key.id).joined(separator: ",")
        let isComplete = person.histories.allSatisfy(\.isComplete)
        let content = "\(address);orders=\(orders);\(isComplete ? "complete" : "incomplete")"
        guard ledger.slot("content") != content else { return plan }
        let open = ledger.deliveries.filter(\.mayBeTold).map(\.key)
        var key = "p-\(record.key.id):\(StableDigest.of(content).prefix(8))"
        if ledger.isParked(key) { return plan }
        while open.contains(key) { key += ":again" }
        plan.deliveries = [
            Delivery(
                key: key, kind: .present, channel: "people", eventType: "person", lane: .identity,
                occurredAt: context.now, after: open, body: Array("\(key)=\(content)".utf8),
                slots: [AcknowledgedValue(Ledger.addressSlot, address), AcknowledgedValue("content", content)])
        ]
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

    func request(for batch: DeliveryBatch) -> HTTPRequest {
        let lines = batch.items.map { String(decoding: $0.delivery.body, as: UTF8.self) }
        return HTTPRequest(method: "POST", path: "/crm", body: Array(lines.joined(separator: "\n").utf8))
    }

    /// 200 takes all but what the answer names; 503 takes nothing and wants rest.
    func interpret(_ outcome: HTTPOutcome, of batch: DeliveryBatch) -> DeliveryBatchResult {
        switch outcome {
        case .answered(let response) where response.status == 200:
            let refused = String(decoding: response.body, as: UTF8.self).split(separator: "\n").map(String.init)
            return DeliveryBatchResult(
                answers: batch.items.map { refused.contains($0.delivery.key) ? .refused("no") : .accepted })
        case .unknown(let reason):
            return DeliveryBatchResult(answers: batch.items.map { _ in .ambiguous(reason) }, mustRest: true)
        default: return DeliveryBatchResult(answers: batch.items.map { _ in .retry("down") }, mustRest: true)
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
        limits: EngineLimits = EngineLimits(), at now: Instant? = nil, seed: UInt64 = 1,
        polling kinds: [EntityKind] = [.order], readsAtOnce: Int = 1, stage: RolloutStage = .live,
        flows: [Flow]? = nil
    ) throws {
        self.store = store
        self.destination = destination
        self.limits = limits
        engine = Engine(
            flows: flows ?? [Self.flow("edits", stage)],
            sources: [ScriptedSource(polledKinds: kinds, readsAtOnceMax: readsAtOnce)],
            destinations: [destination], limits: limits,
            seed: seed)
        if let now { self.now = now }
        step(.started(try store.status()))
    }

    static func flow(_ name: String, _ stage: RolloutStage) -> Flow {
        guard let pounds = Currency("GBP") else { preconditionFailure("GBP is a currency code") }
        return Flow(
            name: name, blueprint: "b", brand: "acme", source: "shop", destination: "crm", initialStage: stage,
            idPrefix: "shop", referenceCurrency: pounds, sourceName: "shop")
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

    /// What leaves is in the store, attempted, byte for byte (docs/architecture.md, law 3). The first that is not is
    /// one issue.
    private mutating func expectDurable(_ exchange: Exchange) {
        for line in lines(exchange) where !hasLeftTooEarly {
            let stored = try? store.records([Self.key(of: line)]).first?.ledgers.flatMap(\.deliveries)
            let delivery = stored?.first { String(decoding: $0.body, as: UTF8.self) == line }
            hasLeftTooEarly = delivery?.phase != .attempted
            #expect(!hasLeftTooEarly, "\(line) left before its attempt was durable")
        }
    }

    /// Of the record that a line is about.
    private static func key(of line: String) -> EntityKey {
        let name = line.split(separator: ":")[0]
        guard name.hasPrefix("p-") else { return ScriptedSource.key(Int(name) ?? 0) }
        return EntityKey(connection: "acme", kind: .person, id: String(name.dropFirst(2)))
    }

    func lines(_ exchange: Exchange) -> [String] {
        String(decoding: exchange.request.body, as: UTF8.self).split(separator: "\n").map(String.init)
    }
    var batches: [Exchange] { exchanges.filter { $0.request.path == "/crm" } }

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
    mutating func sleep(atMost limit: TimeSpan = .seconds(3_600)) throws {
        let end = now + limit
        now = min(max(wake ?? end, now), end)
        step(.timer)
        try settleStore()
    }

    func record(_ id: Int) throws -> EntityRecord? { try store.records([ScriptedSource.key(id)]).first }
    func told(_ id: Int) throws -> [String] { try record(id)?[flow: "edits"].told.map(\.key) ?? [] }
}
