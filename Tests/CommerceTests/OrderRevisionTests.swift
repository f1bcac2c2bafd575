import Commerce
import Testing

@Suite("Order revisions")
struct OrderRevisionTests {
    /// Two lines: 2 x 10.00 and 1 x 5.00.
    private func twoLines() throws -> SampleOrder {
        var sample = try SampleOrder()
        try sample.add("1", 2, at: "10.00")
        try sample.add("2", 1, at: "5.00")
        return sample
    }

    @Test("E4 a swap is one revision")
    func swap() throws {
        let before = try twoLines()
        var after = before
        try after.remove("2", 1)
        try after.add("3", 1, at: "8.00")
        let revision = try #require(OrderRevision(from: before.state, to: after.state))
        #expect(revision.added.map(\.line.lineID) == ["3"])
        #expect(revision.removed.map(\.line.lineID) == ["2"])
        #expect(revision.added.map(\.units) == [1])
        #expect(revision.removed.map(\.units) == [1])
        #expect(revision.added.allSatisfy(\.isWholeLine) && revision.removed.allSatisfy(\.isWholeLine))
        #expect(revision.priceChanges.isEmpty)
        #expect(revision.totalDelta == (try before.bag("3.00")))
    }

    @Test("E4 a changed quantity is units of a line, not a line")
    func quantity() throws {
        let before = try twoLines()
        var after = before
        try after.remove("1", 1)
        let revision = try #require(OrderRevision(from: before.state, to: after.state))
        let change = try #require(revision.removed.first)
        #expect((change.before, change.after, change.units) == (2, 1, 1))
        #expect(!change.isWholeLine)
        #expect(revision.added.isEmpty)
        #expect(revision.totalDelta == (try before.bag("-10.00")))
    }

    @Test("E5 edits that undo each other are no revision")
    func undone() throws {
        let before = try twoLines()
        var after = before
        try after.add("3", 1, at: "8.00")
        try after.remove("3", 1)
        #expect(OrderRevision(from: before.state, to: after.state) == nil)
    }

    @Test("a return with money is no edit, also of shipping and in parts")
    func returned() throws {
        var before = try twoLines()
        before.order.totals.currentShipping = try before.bag("4.00")
        before.order.shippingLines = [ShippingLine(id: "s1", title: "Express", price: try before.bag("4.00"))]
        before.order.totals.current = before.order.totals.current + (try before.bag("4.00"))
        var after = before
        try after.giveBack("1", 1, shipping: "4.00", money: "14.00")
        #expect(OrderRevision(from: before.state, to: after.state) == nil)
        try after.giveBack("1", 1, money: "10.00")
        #expect(OrderRevision(from: before.state, to: after.state) == nil)
        #expect(after.order.lines.first?.fulfillmentStatus == .returned)
    }

    @Test("a refund record without money is the edit it belongs to")
    func restocked() throws {
        let before = try twoLines()
        var after = before
        try after.remove("2", 1)
        after.order.refunds.append(
            Refund(
                id: "r1", createdAt: Instant(seconds: 2_000),
                lines: [Refund.Line(lineID: "2", quantity: 1, value: try after.bag("5.00"))],
                shipping: try after.bag("0"),
                moneySettled: try after.bag("0"), moneyPending: try after.bag("0"), discrepancy: try after.bag("0")))
        let revision = try #require(OrderRevision(from: before.state, to: after.state))
        #expect(revision.removed.map(\.line.lineID) == ["2"])
        #expect(revision.totalDelta == (try before.bag("-5.00")))
    }

    @Test("money given back without goods is no edit")
    func appeasement() throws {
        let before = try twoLines()
        var after = before
        after.order.refunds.append(
            Refund(
                id: "r1", createdAt: Instant(seconds: 2_000), shipping: try after.bag("0"),
                moneySettled: try after.bag("3.00"), moneyPending: try after.bag("0"),
                discrepancy: try after.bag("3.00")))
        #expect(OrderRevision(from: before.state, to: after.state) == nil)
    }

    @Test("E4 a price change names the price of one unit before and after")
    func price() throws {
        let before = try twoLines()
        var after = before
        try after.discount("1", by: "4.00")
        let revision = try #require(OrderRevision(from: before.state, to: after.state))
        let change = try #require(revision.priceChanges.first)
        #expect(revision.priceChanges.count == 1)
        #expect(change.before == (try before.bag("10.00")))
        #expect(change.after == (try before.bag("8.00")))
        #expect(revision.added.isEmpty && revision.removed.isEmpty)
        #expect(revision.totalDelta == (try before.bag("-4.00")))
    }

    @Test("E1 another way of delivery is a revision of shipping alone")
    func shipping() throws {
        var before = try twoLines()
        before.order.shippingLines = [ShippingLine(id: "s1", title: "Express", price: try before.bag("4.00"))]
        var after = before
        after.order.shippingLines[0].isRemoved = true
        after.order.shippingLines.append(ShippingLine(id: "s2", title: "Post", price: try before.bag("2.50")))
        after.order.totals.current = after.order.totals.current - (try before.bag("1.50"))
        let revision = try #require(OrderRevision(from: before.state, to: after.state))
        #expect(revision.shippingChanged)
        #expect(revision.added.isEmpty && revision.removed.isEmpty && revision.priceChanges.isEmpty)
        #expect(revision.totalDelta == (try before.bag("-1.50")))
    }

    @Test("less than a minor unit is no change")
    func belowMinorUnit() throws {
        let before = try twoLines()
        var after = before
        try after.discount("1", by: "0.004")
        #expect(OrderRevision(from: before.state, to: after.state) == nil)
    }

    @Test("an address that becomes known is no change, another address is")
    func address() throws {
        let unknown = try twoLines()
        var known = unknown
        known.order.shippingAddress = .known(PostalAddress(address1: "1 High Street", city: "Leeds"))
        #expect(OrderRevision(from: unknown.state, to: known.state) == nil)
        #expect(OrderRevision(from: known.state, to: unknown.state) == nil)
        var other = known
        other.order.shippingAddress = .known(PostalAddress(address1: "2 High Street", city: "Leeds"))
        #expect(try #require(OrderRevision(from: known.state, to: other.state)).addressChanged)
        var none = known
        none.order.shippingAddress = .known(nil)
        #expect(try #require(OrderRevision(from: known.state, to: none.state)).addressChanged)
    }

    @Test("E7 a guest who gets an account stays the buyer, another e-mail does not")
    func buyer() throws {
        var guest = try twoLines()
        guest.order.buyer = Buyer(customerID: .known(nil), email: .known("Ann@example.test"), phone: .unknown)
        var account = guest
        account.order.buyer = Buyer(customerID: .known("7"), email: .known("ann@example.test"), phone: .known("+44123"))
        #expect(OrderRevision(from: guest.state, to: account.state) == nil)
        account.order.buyer.email = .known("bea@example.test")
        #expect(try #require(OrderRevision(from: guest.state, to: account.state)).buyerChanged)
        account.order.buyer.email = .unknown
        #expect(OrderRevision(from: guest.state, to: account.state) == nil)
    }

    @Test("E4 a revision exists exactly when something differs", arguments: 0..<300 as Range<UInt64>)
    func existsWhenDifferent(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let before = try random.editedState()
        let after = try random.changed(before)
        #expect((OrderRevision(from: before, to: after) == nil) == !differs(before, after))
        #expect(OrderRevision(from: before, to: before) == nil)
    }

    @Test("E6 there and back: deltas cancel, units mirror", arguments: 0..<300 as Range<UInt64>)
    func antisymmetric(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let before = try random.editedState()
        let after = try random.changed(before)
        let (there, back) = (OrderRevision(from: before, to: after), OrderRevision(from: after, to: before))
        #expect((there == nil) == (back == nil))
        guard let there, let back else { return }
        #expect(there.totalDelta == -back.totalDelta)
        #expect(units(there.added) == units(back.removed))
        #expect(units(there.removed) == units(back.added))
        #expect(Set(there.priceChanges.map(\.line.lineID)) == Set(back.priceChanges.map(\.line.lineID)))
    }

    private func units(_ changes: [OrderRevision.UnitChange]) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: changes.map { ($0.line.lineID, $0.units) })
    }

    /// The definition, written another way: line by line over the union of ids.
    private func differs(_ before: EditedState, _ after: EditedState) -> Bool {
        func pennies(_ bag: MoneyBag) -> Amount { bag.shop.amount.rounded(decimals: 2) }
        for id in Set((before.lines + after.lines).map(\.lineID)) {
            let (old, new) = (before.lines.first { $0.lineID == id }, after.lines.first { $0.lineID == id })
            guard let old, let new else { return true }
            if old.quantity != new.quantity || pennies(old.unitPrice) != pennies(new.unitPrice) { return true }
        }
        func known(_ old: String?, _ new: String?) -> Bool { old != nil && new != nil && old != new }
        return pennies(before.shipping) != pennies(after.shipping) || !pennies(after.total - before.total).isZero
            || known(before.addressDigest, after.addressDigest) || known(before.buyerDigest, after.buyerDigest)
    }
}

extension SeededRandom {
    fileprivate mutating func bag() throws -> MoneyBag {
        let currency = try #require(Currency("GBP"))
        // Thousandths, so that some differences are below a penny.
        let money = Money(Amount(millionths: Int128(below(40_000)) * 1_000), currency)
        return MoneyBag(shop: money, presentment: money)
    }

    fileprivate mutating func editedState() throws -> EditedState {
        let lines = try (0..<below(5)).map { index in
            EditedState.EditedLine(
                lineID: "\(index)", productID: nil, variantID: nil, sku: nil, title: "Shirt", quantity: below(3) + 1,
                unitPrice: try bag())
        }
        return EditedState(
            lines: lines, shipping: try bag(), total: try bag(), addressDigest: pick([nil, "a", "b"]),
            buyerDigest: pick([nil, "a", "b"]))
    }

    /// None, one or two of the things an edit can do; some of them change nothing that counts.
    fileprivate mutating func changed(_ state: EditedState) throws -> EditedState {
        var state = state
        let currency = try #require(Currency("GBP"))
        let crumb = Money(Amount(millionths: Int128(below(9_000))), currency)
        for _ in 0..<below(3) {
            switch below(8) {
            case 0: state.shipping = state.shipping + MoneyBag(shop: crumb, presentment: crumb)
            case 1: state.total = state.total + MoneyBag(shop: crumb, presentment: crumb)
            case 2: state.addressDigest = pick([nil, "a", "b"])
            case 3: state.buyerDigest = pick([nil, "a", "b"])
            case 4: state.lines = state.lines.shuffled(using: &self)
            case 5 where !state.lines.isEmpty: state.lines.remove(at: below(state.lines.count))
            case 6 where !state.lines.isEmpty: state.lines[below(state.lines.count)].quantity = below(3) + 1
            case 7 where !state.lines.isEmpty:
                let index = below(state.lines.count)
                state.lines[index].unitPrice = state.lines[index].unitPrice + MoneyBag(shop: crumb, presentment: crumb)
            default:
                state.lines.append(
                    EditedState.EditedLine(
                        lineID: "new\(state.lines.count)", productID: nil, variantID: nil, sku: nil, title: "Hat",
                        quantity: 1, unitPrice: try bag()))
            }
        }
        return state
    }
}
