import Bloomreach
import Commerce
import JSON
import Sync
import Testing

/// Any acts in any order, with any luck on the way: whoever opted out last is not written to.
@Suite("Consent plan: any order")
struct ConsentPropertyTests {
    private static let base: Int64 = 1_790_000_000

    private func act(_ number: Int, _ luck: inout SeededGenerator) -> Act {
        let decided = Instant(seconds: Self.base + Int64(luck.next() % 6))
        let isTimed = luck.next() % 5 != 0
        return Act(
            id: "a\(number)", kind: .consent, at: decided + .seconds(Int64(luck.next() % 3)),
            consent: ConsentDecision(
                channel: .email, isGranted: luck.next() % 2 == 0, decidedAt: isTimed ? decided : nil))
    }

    private func fixture() -> PlanFixture {
        var fixture = PlanFixture(.customer, id: "777")
        fixture.configuration.consentCategories = .init(email: "newsletter")
        fixture.know(#"{"shopify_id":"777"}"#)
        return fixture
    }

    /// What Bloomreach believes: of the events it holds, the one with the latest timestamp, whatever the order of
    /// arrival. Two of different meaning at one time would be a matter of luck there.
    private func believed(_ events: [JSON], _ seed: UInt64) -> Bool? {
        func time(_ event: JSON) -> Amount { event["timestamp"]?.decimalText.flatMap { Amount($0) } ?? .zero }
        guard let latest = events.map(time).max() else { return nil }
        let actions = Set(events.filter { time($0) == latest }.compactMap { $0["action"]?.string })
        #expect(actions.count == 1, "seed \(seed): two meanings at \(latest)")
        return actions == ["accept"]
    }

    /// The rule in other words: a grant stands only if it is later than everything that an opt-out can be.
    private func isGranted(_ acts: [Act]) -> Bool? {
        let optOuts = acts.compactMap { act in act.consent.flatMap { $0.isGranted ? nil : $0.decidedAt ?? act.at } }
        let grants = acts.compactMap { act in act.consent.flatMap { $0.isGranted ? $0.decidedAt : nil } }
        guard let optOut = optOuts.max() else { return grants.isEmpty ? nil : true }
        return grants.contains { $0 > optOut }
    }

    @Test(
        "B5 B7 all permutations of the same acts end in the same snapshot, and no later opt-out is lost",
        arguments: UInt64(1)...150)
    func permutations(seed: UInt64) throws {
        var luck = SeededGenerator(seed: seed)
        let acts = (0..<4).map { act($0, &luck) }
        let expected = isGranted(acts)
        for order in Self.permutations(of: acts) {
            var fixture = fixture()
            var events: [JSON] = []
            for act in order {
                fixture.record.truth.acts.append(act)
                events += try fixture.tell().deliveries.map { try $0.properties() }
                #expect(
                    believed(events, seed) == isGranted(fixture.record.truth.acts),
                    "seed \(seed), order \(order.map(\.id))")
            }
            #expect(believed(events, seed) == expected, "seed \(seed), order \(order.map(\.id))")
        }
    }

    @Test(
        "B5 acts may have been forgotten since they were told: what was told still stands", arguments: UInt64(1)...150)
    func forgotten(seed: UInt64) throws {
        var luck = SeededGenerator(seed: seed)
        let acts = (0..<6).map { act($0, &luck) }
        var fixture = fixture()
        var events: [JSON] = []
        for (index, act) in acts.enumerated() {
            fixture.record.truth.acts = [act]
            events += try fixture.tell().deliveries.map { try $0.properties() }
            let optOuts = acts[...index].compactMap { act in
                act.consent.flatMap { $0.isGranted ? nil : $0.decidedAt ?? act.at }
            }
            let grants = acts[...index].compactMap { act in act.consent.flatMap { $0.isGranted ? $0.decidedAt : nil } }
            if believed(events, seed) == true, let optOut = optOuts.max() {
                #expect(grants.contains { $0 > optOut }, "seed \(seed): granted after an opt-out at \(optOut)")
            }
        }
    }

    private static func permutations(of acts: [Act]) -> [[Act]] {
        guard acts.count > 1 else { return [acts] }
        return acts.indices.flatMap { index -> [[Act]] in
            var rest = acts
            let first = rest.remove(at: index)
            return permutations(of: rest).map { [first] + $0 }
        }
    }
}
