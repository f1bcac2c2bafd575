import Commerce
import Testing
import Transport

@testable import Sync

/// A shop of products only. Webhooks are lines: `ID SECONDS SKU,SKU` for a product, `gone ID` for its end.
struct GoodsSource: Source {
    let connection: String
    let bodyBytesMax = 1_000_000
    var polledKinds: [EntityKind] { [] }

    func admit(_ request: HTTPRequest, receivedAt: Instant, authenticate: MessageAuthentication) -> Admission {
        .refused(.badSignature, detail: "no webhook is sent here")
    }
    func status(for refusal: WebhookRefusal) -> Int { 401 }
    func request(for read: SourceRead) -> HTTPRequest { HTTPRequest(method: "POST", path: "/shop") }
    func interpret(_ outcome: HTTPOutcome, of read: SourceRead, at now: Instant) -> SourceAnswer {
        .found([], missing: [], nextCursor: nil)
    }

    func observations(in receipt: Receipt) -> [Observation] {
        let words = String(decoding: receipt.body, as: UTF8.self).split(separator: " ").map(String.init)
        guard words[0] != "gone" else {
            return [.act(key(words[1]), Act(id: "gone/\(words[1])", kind: .deleted, at: receipt.receivedAt))]
        }
        let time = ScriptedSource.start + .seconds(Int64(words[1]) ?? 0)
        let skus = words.count > 2 ? words[2].split(separator: ",").map(String.init) : []
        let product = Product(
            id: words[0], title: "product \(words[0])", handle: words[0], status: .active,
            createdAt: ScriptedSource.start, updatedAt: time,
            variants: skus.map { .init(id: "\(words[0])-\($0)", sku: $0, title: $0, price: .zero) },
            priceCurrency: Currency("GBP"))
        return [.snapshot(key(words[0]), .product(product), sourceTime: time, eventID: nil, isPartial: false)]
    }

    private func key(_ id: String) -> EntityKey { EntityKey(connection: connection, kind: .product, id: id) }
}

/// Of several products with a SKU the one with the lowest number has its row. It is told as `SKU=ID`; that of the SKU
/// `DAILY` with the day behind it. Products are looked at each day, though nothing happens.
struct GoodsDestination: Destination {
    var connection = "crm"
    let limits = DestinationLimits(concurrentRequestsMax: 4, requestsPerMinute: 60_000)
    static let retry = TimeSpan.seconds(2)

    func sharedNames(of record: EntityRecord) -> [NameSearch] {
        (record.truth.product?.variants ?? []).compactMap(\.sku).map { NameSearch(.product, Lookup(.sku, $0)) }
    }

    func plan(_ record: EntityRecord, in context: PlanContext) -> Plan {
        var plan = Plan()
        let others = context.namesakes.map { "\($0.key.connection):\($0.key.id)" }.joined(separator: ",")
        plan.decisions = [Decision("goods", .noChange, detail: "beside \(others)")]
        let ledger = record[flow: context.flow.name]
        plan.forgotten = ledger.slots.map(\.name).filter { !skus(of: record).contains($0) }
        let busy = Set(context.namesakes.flatMap(\.ledgers).flatMap(\.deliveries).flatMap(\.slots).map(\.name))
        plan.refreshAt = context.now + .days(1)
        for sku in skus(of: record) {
            let day = sku == "DAILY" ? "@\((context.now - ScriptedSource.start).microseconds / 86_400_000_000)" : ""
            let said = record.key.id + day
            let owners = [record] + context.namesakes.filter { skus(of: $0).contains(sku) }
            guard owners.min(by: { Int($0.key.id) ?? 0 < Int($1.key.id) ?? 0 })?.key == record.key else {
                if ledger.toldSlot(sku) != nil { plan.forgotten.append(sku) }
                continue
            }
            guard !busy.contains(sku) else {
                plan.waiting = [Waiting(eventType: "goods", reason: .waitsForDependency)]
                plan.planAgainAt = context.now + Self.retry
                continue
            }
            guard ledger.slot(sku) != said else { continue }
            plan.deliveries.append(
                Delivery(
                    key: "\(record.key.id):\(sku)", kind: .present, channel: "rows", eventType: "goods", lane: .stock,
                    occurredAt: context.now, body: Array("\(sku)=\(said)".utf8), slots: [AcknowledgedValue(sku, said)]))
        }
        return plan
    }

    private func skus(of record: EntityRecord) -> [String] {
        record.truth.act(.deleted) == nil ? record.truth.product?.variants.compactMap(\.sku) ?? [] : []
    }

    func preparation(for channel: String) -> HTTPRequest? { nil }
    mutating func prepared(_ outcome: HTTPOutcome, for channel: String) -> Preparation { .ready }
    func batchMax(for channel: String) -> Int { 10 }
    func request(for batch: DeliveryBatch) -> HTTPRequest {
        let lines = batch.items.map { String(decoding: $0.delivery.body, as: UTF8.self) }
        return HTTPRequest(method: "POST", path: "/crm", body: Array(lines.joined(separator: "\n").utf8))
    }
    func interpret(_ outcome: HTTPOutcome, of batch: DeliveryBatch) -> DeliveryBatchResult {
        let isTaken = if case .answered = outcome { true } else { false }
        return DeliveryBatchResult(
            answers: batch.items.map { _ in isTaken ? .accepted : .ambiguous("lost") }, mustRest: !isTaken)
    }
    func readBackRequest(for readBack: ReadBack) -> HTTPRequest { HTTPRequest(method: "GET", path: "/crm") }
    func interpret(_ outcome: HTTPOutcome, of readBack: ReadBack) -> ReadBackResult { .found(copies: 1) }
}

/// An engine for goods, over a store that outlives it; the destination keeps the last word of each row.
struct NamesakeRig {
    var engine: Engine
    let store: MemoryStore
    let limits: EngineLimits
    let flows: [Flow]
    var now = ScriptedSource.start + .seconds(100)
    private(set) var claims: [ClaimRequest] = []
    private var commits: [Commit] = []
    private(set) var exchanges: [Exchange] = []
    private var wake: Instant?
    /// Product by SKU.
    private(set) var rows: [String: String] = [:]
    /// Every search that was made, by SKU.
    private(set) var searched: [String] = []

    static func flow(_ name: String, from source: String, brand: String = "acme", _ stage: RolloutStage = .live) -> Flow
    {
        var flow = EngineRig.flow(name, stage)
        flow.source = source
        flow.brand = brand
        return flow
    }

    init(
        store: MemoryStore = MemoryStore(), flows: [Flow] = [flow("edits", from: "shop")],
        limits: EngineLimits = EngineLimits(), at now: Instant? = nil
    ) throws {
        self.store = store
        self.limits = limits
        self.flows = flows
        engine = Engine(
            flows: flows, sources: Set(flows.map(\.source)).sorted().map(GoodsSource.init),
            destinations: Set(flows.map(\.destination)).sorted().map { GoodsDestination(connection: $0) },
            limits: limits,
            seed: 1)
        if let now { self.now = now }
        step(.started(try store.status()))
        try settleStore()
    }

    private mutating func step(_ input: Input) {
        for effect in engine.step(input, now: now) {
            switch effect {
            case .claim(let claim):
                claims.append(claim)
                searched += claim.searches.map(\.lookup.value)
            case .commit(let commit): commits.append(commit)
            case .exchange(let exchange): exchanges.append(exchange)
            case .wake(let time): wake = time
            case .measure: break
            }
        }
    }

    mutating func settleStore() throws {
        while !claims.isEmpty || !commits.isEmpty {
            try makeCommit()
            if !claims.isEmpty { step(.claimed(try store.claim(claims.removeFirst()))) }
        }
    }

    private mutating func makeCommit() throws {
        guard !commits.isEmpty else { return }
        let commit = commits.removeFirst()
        try store.commit(commit)
        step(.committed(commit.id))
    }

    /// The engine ends as soon as a product is stored in a certain state.
    /// - Returns: whether it came to that.
    mutating func hear(_ line: String, crashingWhen id: String, is wanted: (EntityRecord) -> Bool) throws -> Bool {
        try append([line], from: "shop")
        step(.receiptsDurable)
        while !claims.isEmpty || !commits.isEmpty {
            try makeCommit()
            if wanted(try record(id)) {
                try crash()
                return true
            }
            if !claims.isEmpty { step(.claimed(try store.claim(claims.removeFirst()))) }
        }
        return false
    }

    /// Webhooks of one shop in one go; nothing is answered.
    mutating func hear(_ lines: String..., from shop: String = "shop") throws {
        try append(lines, from: shop)
        step(.receiptsDurable)
        try settleStore()
    }

    private func append(_ lines: [String], from shop: String) throws {
        let position = try store.status().inboxPosition
        _ = try store.append(
            lines.enumerated().map { offset, line in
                Receipt(
                    connection: shop, topic: "products/update", deliveryID: "\(position)-\(offset)", eventID: nil,
                    triggeredAt: nil, receivedAt: now, body: Array(line.utf8))
            })
    }

    /// The destination takes what is on its way; or its answer is lost, and whether it took it nobody knows.
    mutating func answer(_ exchange: Exchange, isLost: Bool = false, isTaken: Bool = true) throws {
        exchanges.removeAll { $0.id == exchange.id }
        if isTaken {
            for line in String(decoding: exchange.request.body, as: UTF8.self).split(separator: "\n") {
                let halves = line.split(separator: "=").map(String.init)
                rows[halves[0]] = halves[1]
            }
        }
        step(.answered(exchange.id, isLost ? .unknown("lost") : .answered(HTTPResponse(status: 200))))
        try settleStore()
    }

    /// Responses and sleeps until nothing is to be done before the end of the span.
    mutating func carryOn(for span: TimeSpan = .seconds(30)) throws {
        let end = now + span
        for _ in 0..<500 {
            try settleStore()
            if let exchange = exchanges.first {
                try answer(exchange)
            } else if let wake, wake <= end {
                now = max(now, wake)
                self.wake = nil
                step(.timer)
            } else {
                return
            }
        }
        Issue.record("it never comes to rest")
    }

    mutating func hearAndCarryOn(_ line: String, from shop: String = "shop") throws {
        try hear(line, from: shop)
        try carryOn()
    }

    /// Drops the engine and starts another one over what was durable.
    mutating func crash() throws {
        let before = rows
        self = try NamesakeRig(store: store, flows: flows, limits: limits, at: now)
        rows = before
    }

    func record(_ id: String, at shop: String = "shop") throws -> EntityRecord {
        try #require(try store.records([EntityKey(connection: shop, kind: .product, id: id)]).first)
    }
    func namesakes(_ id: String, at shop: String = "shop") throws -> [String] {
        try record(id, at: shop).truth.namesakes?.keys.map { "\($0.connection):\($0.id)" } ?? []
    }
    /// Beside whom a product was planned, each time.
    func planned(_ id: String, at shop: String = "shop") throws -> [String] {
        let key = EntityKey(connection: shop, kind: .product, id: id)
        return try store.trace(TraceQuery(entities: [key])).filter { $0.kind == .decision }.map {
            String($0.detail.dropFirst("beside ".count))
        }
    }

    func expectQuiet(sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(engine.summary.isQuiet, "\(engine.summary)", sourceLocation: sourceLocation)
        #expect(engine.records.namesakes.isEmpty, sourceLocation: sourceLocation)
    }
}
