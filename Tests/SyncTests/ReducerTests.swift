import Commerce
import Sync
import Testing

/// Receipts in any order, with copies, end in one truth.
@Suite("Reducer")
struct ReducerTests {
    private static let key = EntityKey(connection: "shop", kind: .order, id: "1")
    private static let start = Instant(seconds: 1_790_000_000)
    private let reducer = Reducer(policies: Policies())

    private static func at(_ seconds: Int64) -> Instant { start + .seconds(seconds) }

    private static func order(
        _ note: String, at seconds: Int64, status: Order.FinancialStatus = .pending,
        email: Known<String?> = .known("a@e.test")
    ) -> Order {
        guard let pounds = Currency("GBP") else { preconditionFailure("GBP is a currency code") }
        let zero = MoneyBag.zero(shop: pounds, presentment: pounds)
        return Order(
            id: "1", name: "#1", createdAt: start, processedAt: start, updatedAt: at(seconds), financialStatus: status,
            note: note, buyer: Buyer(customerID: .known(nil), email: email, phone: .known(nil)), lines: [],
            totals: OrderTotals(current: zero, currentTax: zero, currentDiscounts: zero, currentShipping: zero))
    }

    private static func snapshot(_ order: Order, event: String? = nil, isPartial: Bool = false) -> Observation {
        .snapshot(key, .order(order), sourceTime: order.updatedAt, eventID: event, isPartial: isPartial)
    }
    private static func hint(_ seconds: Int64, event: String? = nil, companion: Bool = false) -> Observation {
        .hint(key, sourceTime: at(seconds), eventID: event, awaitsCompanion: companion)
    }

    /// What the shop did, told in several ways; the last content is what a read brings.
    struct Story: Sendable, CustomTestStringConvertible {
        var name: String
        var observations: [Observation]
        var end: Order
        var testDescription: String { name }
    }

    static let stories: [Story] = {
        let placed = order("placed", at: 1)
        let paid = order("paid", at: 2, status: .paid)
        let edited = order("edited", at: 3, status: .paid)
        let tied = order("edited twice in a second", at: 3, status: .paid)
        let redacted = order("paid", at: 2, status: .paid, email: .unknown)
        let deleted = Observation.act(key, Act(id: "orders/delete/1", kind: .deleted, at: at(9)))
        return [
            Story(name: "snapshots", observations: [placed, paid, edited].map { snapshot($0) }, end: edited),
            Story(
                name: "an edit and its companion",
                observations: [
                    snapshot(placed), snapshot(paid), hint(3, event: "e", companion: true),
                    snapshot(edited, event: "e"),
                ],
                end: edited),
            Story(
                name: "an edit whose companion is lost",
                observations: [snapshot(placed), snapshot(paid), hint(3, event: "e", companion: true)], end: edited),
            Story(
                name: "two contents in one second",
                observations: [snapshot(placed), snapshot(paid), snapshot(edited), snapshot(tied), hint(3)], end: tied),
            Story(
                name: "a redacted copy and an act",
                observations: [
                    snapshot(placed), snapshot(redacted, isPartial: true), deleted, hint(3), snapshot(edited),
                ],
                end: edited),
        ]
    }()

    @Test(
        "A2 A3 any order of arrival, with any one repeated, ends in one truth once the demanded reads are answered",
        arguments: stories)
    func permutations(_ story: Story) {
        var expected: Truth?
        for repeated in [nil] + story.observations.indices.map(Optional.some) {
            let observations = story.observations + (repeated.map { [story.observations[$0]] } ?? [])
            for permutation in Self.permutations(of: observations) {
                var truth = Truth()
                var now = Self.at(10)
                for observation in permutation {
                    _ = reducer.apply(observation, from: .webhook, to: &truth, now: now)
                    now = now + .milliseconds(700)
                }
                read(story.end, into: &truth, from: now)
                var seen = truth
                seen.acts = truth.acts.map { Act(id: $0.id, kind: $0.kind, at: Self.start) }.sorted { $0.id < $1.id }
                seen.version?.readSequence = 0
                seen.wasRead = true
                #expect(seen == expected ?? seen, "\(permutation)")
                expected = expected ?? seen
            }
        }
        #expect(expected?.order == story.end)
        #expect(expected?.dirty == nil)
    }

    /// Responses reads until none is demanded any more.
    private func read(_ end: Order, into truth: inout Truth, from start: Instant) {
        var now = start
        for sequence in Int64(1)...9 {
            guard let dirty = truth.dirty else { return }
            now = max(now, dirty.notBefore)
            _ = reducer.apply(
                Self.snapshot(end), from: .read(sequence: sequence, startedAt: now, mark: dirty.mark), to: &truth,
                now: now + .milliseconds(80))
        }
        Issue.record("reads are demanded for ever: \(String(describing: truth.dirty))")
    }

    private static func permutations<Element>(of elements: [Element]) -> [[Element]] {
        guard elements.count > 1 else { return [elements] }
        return elements.indices.flatMap { index -> [[Element]] in
            var rest = elements
            let first = rest.remove(at: index)
            return permutations(of: rest).map { [first] + $0 }
        }
    }

    // MARK: One rule each

    private func truth(after observations: [Observation], now: Instant = at(10)) -> Truth {
        var truth = Truth()
        for observation in observations { _ = reducer.apply(observation, from: .webhook, to: &truth, now: now) }
        return truth
    }

    @Test("A3 an older version never overwrites a newer one")
    func olderVersion() {
        var truth = truth(after: [Self.snapshot(Self.order("new", at: 5))])
        let change = reducer.apply(
            Self.snapshot(Self.order("old", at: 4)), from: .webhook, to: &truth, now: Self.at(10))
        #expect(change.reason == .olderVersion && !change.changedTruth)
        #expect(truth.order?.note == "new")
    }

    @Test("A3 an older version still proves that the order was paid")
    func olderProof() {
        var truth = truth(after: [Self.snapshot(Self.order("new", at: 5, status: .partiallyPaid))])
        let change = reducer.apply(
            Self.snapshot(Self.order("old", at: 4, status: .paid)), from: .webhook, to: &truth, now: Self.at(10))
        #expect(change.changedTruth)
        #expect(truth.act(.paid) != nil)
        #expect(truth.order?.note == "new")
    }

    @Test("A3 two contents with one time: a read after that second decides, a webhook does not")
    func tie() throws {
        var truth = truth(
            after: [Self.snapshot(Self.order("first", at: 5)), Self.snapshot(Self.order("second", at: 5))],
            now: Self.at(5))
        let dirty = try #require(truth.dirty)
        #expect(dirty.reason == .tie && truth.order?.note == "first")
        #expect(dirty.notBefore > Self.at(6), "the clock second must be over")
        let early = Self.at(5) + .milliseconds(400)
        _ = reducer.apply(
            Self.snapshot(Self.order("second", at: 5)), from: .read(sequence: 1, startedAt: early, mark: dirty.mark),
            to: &truth, now: early)
        #expect(truth.order?.note == "second")
        let again = try #require(truth.dirty, "what is read within the second may change within it")
        _ = reducer.apply(
            Self.snapshot(Self.order("third", at: 5)),
            from: .read(sequence: 2, startedAt: again.notBefore, mark: again.mark), to: &truth, now: again.notBefore)
        #expect(truth.order?.note == "third" && truth.dirty == nil)
        let late = reducer.apply(
            Self.snapshot(Self.order("second", at: 5)), from: .read(sequence: 1, startedAt: early, mark: nil),
            to: &truth, now: Self.at(20))
        #expect(late.reason == .olderVersion, "an earlier read never undoes a later one")
        #expect(truth.order?.note == "third")
    }

    @Test("a hint that awaits its companion is cleared by that snapshot, and by no other of an older time")
    func companion() {
        let before = [Self.snapshot(Self.order("placed", at: 1)), Self.hint(5, event: "e", companion: true)]
        let waiting = truth(after: before)
        #expect(waiting.dirty?.reason == .companion)
        #expect(waiting.dirty?.notBefore == Self.at(10) + Policies().editCompanionWait)
        #expect(truth(after: before + [Self.snapshot(Self.order("edited", at: 5), event: "e")]).dirty == nil)
        #expect(truth(after: before + [Self.snapshot(Self.order("noise", at: 4), event: "f")]).dirty != nil)
        #expect(truth(after: before + [Self.snapshot(Self.order("newer", at: 6), event: "f")]).dirty == nil)
    }

    @Test("a read that is older than what was announced is asked again, later each time, and believed in the end")
    func staleReads() throws {
        var truth = truth(after: [Self.snapshot(Self.order("placed", at: 1)), Self.hint(60)])
        var now = Self.at(70)
        var waits: [TimeSpan] = []
        for sequence in Int64(1)...9 {
            guard let dirty = truth.dirty else { break }
            now = max(now, dirty.notBefore)
            waits.append(dirty.notBefore - now)
            _ = reducer.apply(
                Self.snapshot(Self.order("placed", at: 1)),
                from: .read(sequence: sequence, startedAt: now, mark: dirty.mark), to: &truth, now: now)
            if let next = truth.dirty { waits.append(next.notBefore - now) }
        }
        #expect(truth.dirty == nil && truth.wasRead)
        let later = waits.filter { $0 > .zero }
        #expect(later.count == 3 && later == later.sorted() && Set(later).count == 3)
    }

    @Test("a slow read does not clear a mark that came after it started")
    func slowRead() throws {
        var truth = truth(after: [Self.snapshot(Self.order("placed", at: 1)), Self.hint(5)])
        let mark = try #require(truth.dirty?.mark)
        _ = reducer.apply(Self.hint(7), from: .webhook, to: &truth, now: Self.at(11))
        _ = reducer.apply(
            Self.snapshot(Self.order("five", at: 5)), from: .read(sequence: 1, startedAt: Self.at(10), mark: mark),
            to: &truth, now: Self.at(12))
        #expect(truth.order?.note == "five")
        #expect(truth.dirty?.floor == Self.at(7))
    }

    @Test("B2 what a payload lacks never overwrites what is known; what is known to be gone does")
    func redacted() {
        let known = Self.snapshot(Self.order("placed", at: 1))
        let redacted = truth(after: [
            known, Self.snapshot(Self.order("edited", at: 2, email: .unknown), isPartial: true),
        ])
        #expect(redacted.order?.note == "edited")
        #expect(redacted.order?.buyer.email == .known("a@e.test"))
        #expect(redacted.dirty?.reason == .hint, "a read may bring it")
        let erased = truth(after: [known, Self.snapshot(Self.order("erased", at: 2, email: .known(nil)))])
        #expect(erased.order?.buyer.email == .known(nil))
    }

    @Test("an act is kept once, under its own id")
    func acts() {
        let deleted = Observation.act(Self.key, Act(id: "d", kind: .deleted, at: Self.at(3)))
        #expect(
            truth(after: [deleted, deleted, Self.snapshot(Self.order("late", at: 1)), deleted]).acts.map(\.id) == ["d"])
    }

    @Test("a poll that repeats what is known asks for nothing")
    func pollRepeats() {
        var truth = truth(after: [Self.snapshot(Self.order("placed", at: 5))])
        #expect(reducer.apply(Self.hint(5), from: .poll, to: &truth, now: Self.at(10)).reason == .olderVersion)
        #expect(truth.dirty == nil)
        _ = reducer.apply(Self.hint(6), from: .poll, to: &truth, now: Self.at(10))
        let dirty = truth.dirty
        #expect(dirty != nil)
        #expect(reducer.apply(Self.hint(6), from: .poll, to: &truth, now: Self.at(70)).reason == .duplicate)
        #expect(truth.dirty == dirty, "a mark is not pushed on by every poll")
    }

    @Test("A3 what is known of a line is never overwritten by null: a shop that deletes a product forgets its ids")
    func deletedProduct() throws {
        func line(_ product: String?, _ variant: String?, sku: String?, units: Int) throws -> OrderLine {
            let pounds = try #require(Currency("GBP"))
            let zero = MoneyBag.zero(shop: pounds, presentment: pounds)
            return OrderLine(
                id: "L1", productID: product, variantID: variant, sku: sku, title: "Mug", vendor: product,
                orderedQuantity: 2, currentQuantity: units, unitPrice: zero, allocatedDiscount: zero)
        }
        var before = Self.order("placed", at: 1)
        before.lines = [try line("7", "8", sku: "MUG", units: 2)]
        var after = Self.order("refunded", at: 2)
        after.lines = [try line(nil, nil, sku: nil, units: 1)]
        let kept = try line("7", "8", sku: "MUG", units: 1)
        for observations in [[before, after], [after, before]] {
            var truth = truth(after: observations.map { Self.snapshot($0) })
            if observations[0] == before { #expect(truth.order?.lines == [kept]) }
            // A read tells the same nothing.
            let read = Observation.snapshot(
                Self.key, .order(after), sourceTime: Self.at(3), eventID: nil, isPartial: false)
            _ = reducer.apply(
                read, from: .read(sequence: 1, startedAt: Self.at(9), mark: nil), to: &truth, now: Self.at(10))
            if observations[0] == before { #expect(truth.order?.lines == [kept]) }
            #expect(truth.order?.lines.first?.currentQuantity == 1)
        }
    }

    @Test("E4 the price of a line of which nothing is left stays what it was told as")
    func priceOfNothing() throws {
        let pounds = try #require(Currency("GBP"))
        func line(_ units: Int, discount: Int64) -> OrderLine {
            func bag(_ units: Int64) -> MoneyBag {
                MoneyBag(shop: Money(Amount(units: units), pounds), presentment: Money(Amount(units: units), pounds))
            }
            return OrderLine(
                id: "L1", title: "Mug", orderedQuantity: 2, currentQuantity: units, unitPrice: bag(10),
                allocatedDiscount: bag(discount))
        }
        #expect(
            line(0, discount: 1).or(line(1, discount: 2)).allocatedDiscount == line(1, discount: 2).allocatedDiscount)
        #expect(
            line(1, discount: 1).or(line(1, discount: 2)).allocatedDiscount == line(1, discount: 1).allocatedDiscount)
    }
}
