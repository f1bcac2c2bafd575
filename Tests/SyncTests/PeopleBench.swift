import Commerce
import Testing
import Transport

@testable import Sync

/// What a shop answers when it is asked, and what it does not.
struct ScriptedShop {
    /// By what a read asks for: `1` for an order, `customer 5` for a customer.
    var states: [String: String] = [:]
    /// Orders of a buyer by how they are asked for, `number=7`: hints, a page each.
    var histories: [String: [[Int]]] = [:]
    var isSilentAboutHistories = false
    /// Kinds of reads that it refuses: `orders`, `customer`.
    var denied: Set<String> = []
}

extension EngineRig {
    /// Started, polled once, quiet.
    static func quiet(
        store: MemoryStore = MemoryStore(), limits: EngineLimits = EngineLimits(), at now: Instant? = nil,
        readsAtOnce: Int = 1, stage: RolloutStage = .live
    ) throws -> EngineRig {
        var rig = try EngineRig(store: store, limits: limits, at: now, readsAtOnce: readsAtOnce, stage: stage)
        try rig.carryOn(for: .zero)
        return rig
    }

    /// Responses everything and sleeps as the engine wishes, until nothing is to be done before the end of the span.
    /// - Parameter budget: answers and wakes, before it stops where it is.
    /// - Returns: the lines that reached the destination.
    @discardableResult
    mutating func carryOn(
        _ shop: ScriptedShop = ScriptedShop(), for span: TimeSpan = .seconds(5), budget: Int = 2_000
    ) throws -> [String] {
        let end = now + span
        var told: [String] = []
        for _ in 0..<budget {
            try settleStore()
            if let exchange = exchanges.first(where: { !isLeftAlone($0, shop) }) {
                if exchange.request.path == "/crm" { told += lines(exchange) }
                reply(exchange, shop)
                continue
            }
            guard let wake, wake <= end else { return told }
            now = max(now, wake)
            self.wake = nil
            step(.timer)
        }
        try settleStore()
        return told
    }

    private func isLeftAlone(_ exchange: Exchange, _ shop: ScriptedShop) -> Bool {
        shop.isSilentAboutHistories && words(exchange).first == "orders"
    }

    private func words(_ exchange: Exchange) -> [String] {
        String(decoding: exchange.request.body, as: UTF8.self).split(separator: " ").map(String.init)
    }

    private mutating func reply(_ exchange: Exchange, _ shop: ScriptedShop) {
        let words = words(exchange)
        guard exchange.request.path == "/shop", let what = words.first else { return answer(exchange) }
        if shop.denied.contains(what) || words.count > 1 && shop.denied.contains(words[1]) {
            return answer(exchange, status: 403)
        }
        switch what {
        case "entities":
            let isCustomer = words[1] == "customer"
            let ids = words[isCustomer ? 2 : 1].split(separator: ",").map { (isCustomer ? "customer " : "") + $0 }
            answer(exchange, ids.compactMap { shop.states[$0] }.joined(separator: "\n"))
        case "orders":
            let pages = shop.histories[words[1]] ?? []
            let index = Int(words[2].dropFirst()) ?? 0
            let page = index < pages.count ? pages[index] : []
            answer(
                exchange, page.map { "hint \($0) 1" }.joined(separator: "\n"),
                next: index + 1 < pages.count ? "p\(index + 1)" : nil)
        default: answer(exchange)
        }
    }

    /// Drops the engine and starts another one over what was durable.
    mutating func crash(limits: EngineLimits = EngineLimits()) throws {
        self = try EngineRig(store: store, limits: limits, at: now, seed: 2)
    }

    // MARK: What is known

    /// Requests that ask for something in the shop and are not yet answered.
    func asked(_ prefix: String) -> [String] {
        exchanges.filter { $0.request.path == "/shop" }.map { String(decoding: $0.request.body, as: UTF8.self) }
            .filter { $0.hasPrefix(prefix) }
    }

    func batch(ofPeople: Bool) throws -> Exchange {
        try #require(
            batches.first { (lines($0).first?.hasPrefix("p-") ?? false) == ofPeople },
            "no such batch: \(batches.flatMap(lines))")
    }

    /// Every person known by it who is not merged away.
    func people(_ identifier: PersonIdentifier?) throws -> [EntityRecord] {
        let lookup = try #require(identifier).lookup(brand: "acme")
        let keys = try store.entities(named: [lookup]).filter { $0.kind == .person }
        return try store.records(keys)
    }
    func people(email: String) throws -> [EntityRecord] { try people(.email("\(email)@example.test")) }
    func people(number: String) throws -> [EntityRecord] { try people(.customerID(number, connection: "shop")) }

    func person(email: String) throws -> Person { try only(people(email: email)) }
    func person(number: String) throws -> Person { try only(people(number: number)) }
    private func only(_ records: [EntityRecord]) throws -> Person {
        #expect(records.count == 1, "\(records.map(\.key))")
        return try #require(records.first?.truth.person)
    }

    /// Open exceptions as `kind subject`.
    func exceptions(_ kind: ExceptionKind) throws -> [OpenException] {
        try store.exceptions(includingResolved: false, limit: 100).filter { $0.kind == kind }
    }

    /// Nothing is left in memory, and nobody waits.
    func expectQuiet(_ what: String = "", sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(engine.summary.recordsHeld == 0, "\(what)", sourceLocation: sourceLocation)
        #expect(engine.records.hasPins == false, "\(what)", sourceLocation: sourceLocation)
        #expect(engine.records.knowsNobody, "\(what)", sourceLocation: sourceLocation)
        #expect(engine.records.namesakes.isEmpty, "\(what)", sourceLocation: sourceLocation)
        #expect(engine.dependents.isEmpty, "\(what)", sourceLocation: sourceLocation)
    }
}

extension Person {
    var orderIDs: [String] { orders.map(\.key.id) }
}
