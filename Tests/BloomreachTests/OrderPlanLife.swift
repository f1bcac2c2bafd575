import Commerce
import Sync

/// A random but plausible life of one order, made from a seed.
struct OrderPlanLife {
    private var random: SeededGenerator
    private(set) var shop: OrderPlanShop
    let isForeign: Bool
    let isPlacedGate: Bool

    /// Everything a row must never say.
    static let personal = ["7700000000000777", "ada@", "7946 0000", "Lovelace", "Analytical", "Marylebone", "W1U 8ED"]

    private static let goods = [("TEE", "25"), ("CAP", "18"), ("MUG", "12.5"), ("SOCKS", "9.99"), ("POSTER", "14.95")]

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        isForeign = seed % 3 == 0
        isPlacedGate = seed % 4 == 0
        shop = OrderPlanShop(shop: isForeign ? "USD" : "GBP", buyer: isForeign || seed % 5 == 0 ? "GBP" : "EUR")
        for _ in 0...below(2) {
            let goods = pick(Self.goods)
            shop.add(goods.0, 1 + below(3), at: goods.1, isEdit: false)
        }
        if below(2) == 0 { shop.ship("Standard", at: "4.95") }
        if below(3) == 0 { shop.order.discountCodes = [DiscountCode(code: "WELCOME")] }
        if below(5) == 0 { shop.order.shippingAddress = .unknown }
        if below(5) == 0 { shop.order.buyer = Buyer(customerID: .known(nil), email: .known("ada@example.test")) }
        if below(6) == 0 { shop.order.sourceName = "pos" }
        if below(4) == 0 { forgetArticle() }
        if isPlacedGate ? below(2) == 0 : below(5) > 0 { shop.pay() }
    }

    var fixture: OrderPlanFixture { OrderPlanFixture(shop, purchaseWhen: isPlacedGate ? .placed : .paid) }

    mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
    mutating func pick<Element>(_ values: [Element]) -> Element { values[below(values.count)] }

    /// A custom item has neither product nor SKU.
    private mutating func forgetArticle() {
        guard let index = shop.order.lines.indices.last else { return }
        shop.order.lines[index].productID = nil
        shop.order.lines[index].variantID = nil
        shop.order.lines[index].sku = nil
        shop.order.lines[index].vendor = nil
    }

    /// Money goes back, or is found not to; nobody edits anything.
    mutating func refund() {
        guard shop.order.cancelledAt == nil, let line = shop.openLines.isEmpty ? nil : pick(shop.openLines) else {
            return
        }
        switch below(9) {
        case 0, 1: shop.giveBack(line.id)
        case 2: shop.giveBack(line.id, beyond: "1.5")
        case 3: shop.appease("\(1 + below(3)).5")
        case 4: shop.giveBack(line.id, unitemised: pick(["2.25", "-1.5"]))
        case 5: shop.keepMoney(of: line.id)
        case 6: shop.giveKeptMoney()
        case 7: shop.giveBack(line.id, isPending: true)
        default: shop.answer(isSuccess: below(3) > 0)
        }
    }

    /// Every gateway has answered in the end.
    mutating func answerAll() {
        while shop.order.refunds.contains(where: { !$0.moneyPending.isZero }) { shop.answer(isSuccess: below(3) > 0) }
    }

    /// One more thing happens.
    mutating func step() {
        guard shop.order.cancelledAt == nil else { return }
        let line = shop.openLines.isEmpty ? nil : pick(shop.openLines)
        let goods = pick(Self.goods)
        switch below(17) {
        case 15, 16: refund()
        case 0: shop.add(goods.0, 1 + below(2), at: goods.1)
        case 1, 2: if let line { shop.remove(line.id) }
        case 3: if let line { shop.swap(line.id, for: goods.0, at: goods.1) }
        case 4:
            if let line, line.currentQuantity == line.orderedQuantity, line.unitPrice.shop.amount > Amount(units: 5) {
                shop.discount(line.id, by: "\(line.orderedQuantity)")
            }
        case 5, 6: if let line { shop.giveBack(line.id) }
        case 7: if let line { shop.giveBack(line.id, beyond: "1.5") }
        case 8, 9: shop.settle()
        case 10: shop.appease("\(1 + below(3)).5")
        case 11: if let line { shop.fulfil(line.id, tracking: "TRACK\(below(1_000))") }
        case 12: shop.pay()
        case 13:
            shop.tick()
            shop.order.note = "please ring \(below(9)) times"
        default: if below(3) == 0 { shop.cancel() } else { shop.pay() }
        }
    }
}
