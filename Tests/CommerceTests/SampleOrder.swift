import Commerce
import Testing

/// A small order in pounds, and the things that happen to orders.
struct SampleOrder {
    var order: Order
    let currency: Currency

    init() throws {
        let currency = try #require(Currency("GBP"))
        self.currency = currency
        let zero = MoneyBag.zero(shop: currency, presentment: currency)
        order = Order(
            id: "1001", name: "#1001", createdAt: Instant(seconds: 1_000), processedAt: Instant(seconds: 1_000),
            updatedAt: Instant(seconds: 1_000), financialStatus: .paid, lines: [],
            totals: OrderTotals(current: zero, currentTax: zero, currentDiscounts: zero, currentShipping: zero))
    }

    func bag(_ text: String) throws -> MoneyBag {
        let money = Money(try #require(Amount(text)), currency)
        return MoneyBag(shop: money, presentment: money)
    }

    /// An edit adds a line.
    mutating func add(_ id: String, _ quantity: Int, at price: String) throws {
        order.lines.append(
            OrderLine(
                id: id, sku: "SKU-\(id)", title: "Shirt \(id)", orderedQuantity: quantity, currentQuantity: quantity,
                unitPrice: try bag(price), allocatedDiscount: try bag("0")))
        order.totals.current = order.totals.current + (try bag(price) * quantity)
    }

    /// An edit takes units off; the line stays.
    mutating func remove(_ id: String, _ quantity: Int) throws {
        let index = try #require(order.lines.firstIndex { $0.id == id })
        order.lines[index].currentQuantity -= quantity
        order.totals.current = order.totals.current - order.lines[index].discountedUnitPrice * quantity
    }

    /// The edit app gives a discount on all ordered units of a line.
    mutating func discount(_ id: String, by amount: String) throws {
        let index = try #require(order.lines.firstIndex { $0.id == id })
        order.lines[index].allocatedDiscount = order.lines[index].allocatedDiscount + (try bag(amount))
        order.totals.current = order.totals.current - (try bag(amount))
    }

    /// Units come back and money is given for them.
    mutating func giveBack(_ id: String, _ quantity: Int, shipping: String = "0", money: String) throws {
        let index = try #require(order.lines.firstIndex { $0.id == id })
        let value = order.lines[index].discountedUnitPrice * quantity
        try remove(id, quantity)
        order.lines[index].refundedQuantity += quantity
        order.totals.current = order.totals.current - (try bag(shipping))
        order.totals.currentShipping = order.totals.currentShipping - (try bag(shipping))
        order.refunds.append(
            Refund(
                id: "r\(order.refunds.count + 1)", createdAt: Instant(seconds: 2_000),
                lines: [Refund.Line(lineID: id, quantity: quantity, value: value)], shipping: try bag(shipping),
                moneySettled: try bag(money), moneyPending: try bag("0"), discrepancy: try bag("0")))
    }

    var state: EditedState { EditedState(of: order) }
}
