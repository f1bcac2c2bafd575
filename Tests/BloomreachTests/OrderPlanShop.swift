import Commerce

/// A small shop with one order and its books: what Shopify does to an order when people edit, return, settle, cancel.
///
/// Worth = current total less what was given beyond what was owed; the buyer owes worth less net payment.
struct OrderPlanShop {
    var order: Order
    /// Paid less given back, in the shop's currency.
    private(set) var net = Amount.zero
    private var clock = Instant(seconds: 1_790_000_100)
    private var lastLine = 0

    static let placedAt = Instant(seconds: 1_790_000_100)

    init(id: String = "1001", shop: String = "GBP", buyer: String = "GBP") {
        let zero = MoneyBag.zero(shop: Self.currency(shop), presentment: Self.currency(buyer))
        order = Order(
            id: id, name: "#\(id)", sourceName: "web", createdAt: Self.placedAt, processedAt: Self.placedAt,
            updatedAt: Self.placedAt, financialStatus: .pending,
            buyer: Buyer(
                customerID: .known("7700000000000777"), email: .known("Ada@Example.test"),
                phone: .known("+44 20 7946 0000")),
            shippingAddress: .known(
                PostalAddress(
                    name: "Ada Lovelace", address1: "12 Analytical Row", city: "Marylebone", zip: "W1U 8ED",
                    countryCode: "GB")),
            lines: [],
            totals: OrderTotals(current: zero, currentTax: zero, currentDiscounts: zero, currentShipping: zero))
    }

    /// One tee at 25.00, one cap at 18.00, paid: worth 43.00.
    static func teeAndCap(shop: String = "GBP", buyer: String = "GBP") -> OrderPlanShop {
        var shop = OrderPlanShop(shop: shop, buyer: buyer)
        shop.add("TEE", 1, at: "25.00", isEdit: false)
        shop.add("CAP", 1, at: "18.00", isEdit: false)
        shop.pay()
        return shop
    }

    static func currency(_ code: String) -> Currency {
        guard let currency = Currency(code) else { preconditionFailure("\(code) is no currency") }
        return currency
    }

    static func amount(_ text: String) -> Amount {
        guard let amount = Amount(text) else { preconditionFailure("\(text) is no amount") }
        return amount
    }

    /// Two of the buyer's units are one of the shop's: exact to the minor unit.
    func bag(_ amount: Amount) -> MoneyBag {
        let isSame = order.totals.shopCurrency == order.totals.presentmentCurrency
        return MoneyBag(
            shop: Money(amount, order.totals.shopCurrency),
            presentment: Money(isSame ? amount : amount * 2, order.totals.presentmentCurrency))
    }
    func bag(_ text: String) -> MoneyBag { bag(Self.amount(text)) }

    var worth: Amount {
        order.refunds.reduce(order.totals.current.shop.amount) { $0 - $1.discrepancy.shop.amount }
    }
    var outstanding: Amount { worth - net }
    var openLines: [OrderLine] { order.lines.filter { $0.currentQuantity > 0 } }

    /// A second later something has changed.
    mutating func tick(_ seconds: Int64 = 1) {
        clock = clock + .seconds(seconds)
        order.updatedAt = clock
    }

    // MARK: Payment

    mutating func pay() {
        tick()
        if outstanding > .zero { net = worth }
        noteStatus()
    }

    private mutating func noteStatus() {
        order.totals.outstanding = Money(outstanding, order.totals.shopCurrency)
        let refunded = order.refunds.contains(where: \.movesMoney)
        let wasPaid = order.financialStatus != .pending || net > .zero
        if !wasPaid { return }
        if outstanding > .zero {
            order.financialStatus = .partiallyPaid
        } else {
            order.financialStatus = refunded ? (net.isZero ? .refunded : .partiallyRefunded) : .paid
        }
    }

    // MARK: Edits

    mutating func add(_ sku: String, _ quantity: Int, at price: String, isEdit: Bool = true) {
        lastLine += 1
        order.lines.append(
            OrderLine(
                id: "L\(lastLine)", productID: "P-\(sku)", variantID: "V-\(sku)", sku: sku, title: "A \(sku)",
                vendor: "Plumb", orderedQuantity: quantity, currentQuantity: quantity, unitPrice: bag(price),
                allocatedDiscount: bag(.zero)))
        change(by: Self.amount(price) * quantity)
        if isEdit { tick() }
        noteStatus()
    }

    /// Takes units off; Shopify leaves a refund record that moves no money.
    mutating func remove(_ lineID: String, _ quantity: Int = 1) {
        guard let index = order.lines.firstIndex(where: { $0.id == lineID }) else { return }
        let units = min(quantity, order.lines[index].currentQuantity)
        guard units > 0 else { return }
        tick()
        let value = order.lines[index].discountedUnitPrice * units
        order.lines[index].currentQuantity -= units
        change(by: -value.shop.amount)
        addRefund(lines: [Refund.Line(lineID: lineID, quantity: units, value: value)])
        noteStatus()
    }

    mutating func swap(_ lineID: String, for sku: String, at price: String) {
        remove(lineID, .max)
        add(sku, 1, at: price)
    }

    /// An edit app gives a discount on one line that nothing was returned of yet.
    mutating func discount(_ lineID: String, by amount: String) {
        guard let index = order.lines.firstIndex(where: { $0.id == lineID }) else { return }
        tick()
        order.lines[index].allocatedDiscount = order.lines[index].allocatedDiscount + bag(amount)
        order.totals.currentDiscounts = order.totals.currentDiscounts + bag(amount)
        change(by: -Self.amount(amount))
        noteStatus()
    }

    mutating func ship(_ title: String, at price: String) {
        order.shippingLines.append(
            ShippingLine(id: "S\(order.shippingLines.count + 1)", title: title, price: bag(price)))
        order.totals.currentShipping = order.totals.currentShipping + bag(price)
        change(by: Self.amount(price))
        tick()
        noteStatus()
    }

    private mutating func change(by amount: Amount) { order.totals.current = order.totals.current + bag(amount) }

    // MARK: Money back

    /// Units come back, and what is owed for them is given back.
    mutating func giveBack(_ lineID: String, _ quantity: Int = 1, beyond: String = "0", isPending: Bool = false) {
        guard let index = order.lines.firstIndex(where: { $0.id == lineID }),
            order.lines[index].currentQuantity >= quantity
        else { return }
        let value = order.lines[index].discountedUnitPrice * quantity
        let owed = value.shop.amount - outstanding
        // Without money the record would be an edit's. What a gateway has not paid is booked against goods alone.
        guard owed > .zero, !isPending || outstanding.isZero else { return }
        tick()
        order.lines[index].currentQuantity -= quantity
        order.lines[index].refundedQuantity += quantity
        change(by: -value.shop.amount)
        let extra = Self.amount(beyond)
        addRefund(
            lines: [Refund.Line(lineID: lineID, quantity: quantity, value: value)], money: owed + extra,
            discrepancy: extra, isPending: isPending)
        noteStatus()
    }

    /// Units come back with more money (or, for a fee that is kept, with less) than the record itemises; the order's
    /// total falls by all of it.
    mutating func giveBack(_ lineID: String, unitemised: String) {
        guard let index = order.lines.firstIndex(where: { $0.id == lineID }), outstanding.isZero,
            order.lines[index].currentQuantity > 0
        else { return }
        let value = order.lines[index].discountedUnitPrice
        let money = value.shop.amount + Self.amount(unitemised)
        guard money > .zero, worth > money else { return }
        tick()
        order.lines[index].currentQuantity -= 1
        order.lines[index].refundedQuantity += 1
        change(by: -money)
        addRefund(lines: [Refund.Line(lineID: lineID, quantity: 1, value: value)], money: money)
        noteStatus()
    }

    /// Units come back and their money stays: the shop books all of it as kept.
    mutating func keepMoney(of lineID: String) {
        guard let index = order.lines.firstIndex(where: { $0.id == lineID }), outstanding.isZero,
            order.lines[index].currentQuantity > 0
        else { return }
        let value = order.lines[index].discountedUnitPrice
        tick()
        order.lines[index].currentQuantity -= 1
        order.lines[index].refundedQuantity += 1
        change(by: -value.shop.amount)
        addRefund(
            lines: [Refund.Line(lineID: lineID, quantity: 1, value: value)], discrepancy: -value.shop.amount)
        noteStatus()
    }

    /// What was kept is given back after all, in a record of its own.
    mutating func giveKeptMoney() {
        let kept = order.refunds.reduce(Amount.zero) { $0 - $1.discrepancy.shop.amount }
        guard kept > .zero else { return }
        appease("\(kept)")
    }

    /// The gateway answers about the money that is on its way.
    mutating func answer(isSuccess: Bool) {
        guard let index = order.refunds.firstIndex(where: { !$0.moneyPending.isZero }) else { return }
        tick()
        let money = order.refunds[index].moneyPending
        order.refunds[index].moneyPending = money.zeroed
        if isSuccess {
            order.refunds[index].moneySettled = money
            order.refunds[index].discrepancy = order.refunds[index].discrepancy + money
            net = net - money.shop.amount
        }
        noteStatus()
    }

    /// Gives back what an edit took off.
    mutating func settle() {
        guard outstanding < .zero else { return }
        tick()
        addRefund(money: -outstanding)
        noteStatus()
    }

    /// Money without goods; what an edit still leaves owed goes first.
    mutating func appease(_ amount: String) {
        let money = Self.amount(amount)
        guard net > money, worth > money else { return }
        tick()
        let owed = outstanding < .zero ? -outstanding : .zero
        addRefund(money: money, discrepancy: money > owed ? money - owed : .zero)
        noteStatus()
    }

    private mutating func addRefund(
        lines: [Refund.Line] = [], money: Amount = .zero, discrepancy: Amount = .zero, isPending: Bool = false
    ) {
        if !isPending { net = net - money }
        order.refunds.append(
            Refund(
                id: "R\(order.refunds.count + 1)", createdAt: clock, lines: lines, shipping: bag(.zero),
                moneySettled: bag(isPending ? .zero : money), moneyPending: bag(isPending ? money : .zero),
                // What a gateway has not answered for is booked as kept until it has.
                discrepancy: bag(isPending ? discrepancy - money : discrepancy)))
    }

    // MARK: The rest of an order's life

    mutating func fulfil(_ lineID: String, tracking: String) {
        guard let index = order.lines.firstIndex(where: { $0.id == lineID }) else { return }
        let units = order.lines[index].currentQuantity - order.lines[index].fulfilledQuantity
        guard units > 0 else { return }
        tick()
        order.lines[index].fulfilledQuantity += units
        let number = order.fulfillments.count + 1
        order.fulfillments.append(
            Fulfillment(
                id: "F\(number)", name: "\(order.name).\(number)", status: .success, shipmentStatus: "in_transit",
                createdAt: clock, updatedAt: clock, trackingCompany: "Post", trackingNumbers: [tracking],
                trackingURLs: ["https://post.example.test/\(tracking)"],
                lines: [Fulfillment.Line(lineID: lineID, quantity: units)]))
    }

    mutating func cancel(_ reason: String = "customer") {
        tick()
        order.cancelledAt = clock
        order.cancelReason = reason
        if net > .zero { addRefund(money: net) }
        order.financialStatus = order.refunds.contains(where: \.movesMoney) ? .refunded : .voided
        // Nobody owes anything for a cancelled order.
        order.totals.outstanding = .zero(order.totals.shopCurrency)
    }
}
