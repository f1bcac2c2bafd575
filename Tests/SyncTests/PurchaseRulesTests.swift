import Commerce
import Sync
import Testing

/// Which rules count for an order, when the file changed them.
@Suite("Purchase rules over time")
struct PurchaseRulesTests {
    private static let start = Instant(seconds: 1_790_000_000)
    private static func at(_ seconds: Int64) -> Instant { start + .seconds(seconds) }

    private static func rules(_ gate: Policies.PurchaseGate, tags: [String] = []) -> PurchaseRules {
        var policies = Policies()
        policies.purchaseWhen = gate
        policies.migratedTags = tags
        return PurchaseRules(policies)
    }

    @Test("A21 a history is stored and read back; the same rules again change nothing")
    func stored() throws {
        var history = PurchaseRulesHistory(Self.rules(.paid, tags: ["b", "a"]), at: Self.at(0))
        history.note(Self.rules(.paid, tags: ["a", "b"]), at: Self.at(5))
        #expect(history.changes.count == 1)
        history.note(Self.rules(.placed), at: Self.at(10))
        #expect(history.rules(at: Self.at(9)).purchaseWhen == .paid)
        #expect(history.rules(at: Self.at(10)).purchaseWhen == .placed)
        #expect(PurchaseRulesHistory(text: history.text) == history)
        #expect(PurchaseRulesHistory(text: "[]") == nil)
        #expect(PurchaseRulesHistory(text: "live@1") == nil)
    }

    @Test("A21 a file that changes again and again is kept within a limit")
    func bounded() {
        var history = PurchaseRulesHistory(Self.rules(.paid), at: Self.at(0))
        for index in 1...500 { history.note(Self.rules(.paid, tags: ["\(index)"]), at: Self.at(Int64(index))) }
        #expect(history.changes.count == 100)
        #expect(history.current.migratedTags == ["500"])
    }

    @Test("A21 an order opens by the rules of its placing, or by a fact under later ones; never by a change alone")
    func property() {
        var random = SeededRandom(seed: 11)
        let gates = Policies.PurchaseGate.allCases
        for _ in 0..<2_000 {
            var history = PurchaseRulesHistory(Self.rules(gates[Int(random.below(3))]), at: Self.at(0))
            for change in 1...Int(1 + random.below(3)) {
                history.note(Self.rules(gates[Int(random.below(3))]), at: Self.at(Int64(change) * 100))
            }
            let placed = Self.at(random.below(400))
            let authorised = random.below(2) == 0 ? nil : placed + .seconds(random.below(200))
            let paid = random.below(2) == 0 ? nil : (authorised ?? placed) + .seconds(random.below(200))
            func times(_ gate: Policies.PurchaseGate) -> Instant? {
                switch gate {
                case .placed: placed
                case .authorised: authorised ?? paid
                case .paid: paid
                }
            }
            let opening = history.opening(placedAt: placed, times)
            let first = times(history.rules(at: placed).purchaseWhen)
            if let first { #expect(opening.map { $0 <= first } == true) }
            guard let opening, opening != first else { continue }
            // Something happened at that time under rules that made a purchase of it.
            #expect(times(history.rules(at: opening).purchaseWhen) == opening)
        }
    }

    @Test("A21 a start writes the rules once, and a changed file with the time of the change")
    func starts() throws {
        let store = MemoryStore()
        func rig(_ gate: Policies.PurchaseGate, at now: Instant) throws -> EngineRig {
            var flow = EngineRig.flow("edits", .live)
            flow.policies.purchaseWhen = gate
            return try EngineRig(store: store, at: now, flows: [flow])
        }
        func settle(_ rig: EngineRig) throws -> PurchaseRulesHistory {
            var rig = rig
            try rig.settleStore()
            let text = try rig.store.status().setting(PurchaseRulesHistory.settingName("edits"))
            return try #require(text.flatMap(PurchaseRulesHistory.init(text:)))
        }
        #expect(try settle(rig(.paid, at: Self.at(0))).changes.count == 1)
        #expect(try settle(rig(.paid, at: Self.at(50))).changes.count == 1)
        let changed = try settle(rig(.placed, at: Self.at(100)))
        #expect(changed.changes.map(\.at) == [Self.at(0), Self.at(100)])
        #expect(changed.current.purchaseWhen == .placed)
    }
}
