import JSON

/// Everything the simulated shop holds. Deeds change a copy of one order and put it back at the end, so a refused deed
/// leaves nothing behind.
struct ShopifyShop: Sendable {
    let settings: ShopifyTwinSettings
    var variants: [ShopifyVariant] = []
    var customers: [ShopifyCustomer] = []
    private(set) var orders: [ShopifyOrder] = []
    /// Where an order is in `orders`; only ever looked up, never iterated.
    private var positions: [Int64: Int] = [:]
    /// Each order as it was before its last deed (`nil`: it did not exist), for the `stale` fault.
    private var previous: [Int64: ShopifyOrder] = [:]
    private var lastID = ShopifyTwinAssumptions.firstID
    private var lastNumber: Int64 = 1_000

    init(_ settings: ShopifyTwinSettings) {
        self.settings = settings
        for item in ShopifyTwinSettings.catalogue {
            addVariant(
                sku: item.sku, title: item.title, option: item.option, price: TwinAmount(item.price) ?? .zero,
                giftCard: item.giftCard)
        }
    }

    mutating func newID() -> Int64 {
        lastID += 1
        return lastID
    }

    mutating func newNumber() -> Int64 {
        lastNumber += 1
        return lastNumber
    }

    @discardableResult
    mutating func addVariant(
        sku: String, title: String, option: String?, price: TwinAmount, giftCard: Bool
    ) -> ShopifyVariant {
        let variant = ShopifyVariant(
            id: newID(), productID: newID(), sku: sku, title: title, option: option, price: price, giftCard: giftCard)
        variants.append(variant)
        return variant
    }

    /// Puts an order back after a deed at `now`.
    mutating func store(_ changed: ShopifyOrder, now: TwinInstant) {
        var order = changed
        order.updatedAt = now.wholeSecond
        order.noteMilestones()
        if let position = positions[order.id] {
            previous[order.id] = orders[position]
            orders[position] = order
        } else {
            positions[order.id] = orders.count
            orders.append(order)
        }
    }

    func order(id: Int64) -> ShopifyOrder? { positions[id].map { orders[$0] } }

    /// The order that a deed names: numeric id, GID or name; the newest of that name.
    func order(_ reference: JSON?) -> ShopifyOrder? {
        if let id = reference?.int64 { return order(id: id) }
        guard let text = reference?.string else { return nil }
        if let id = Int64(text.split(separator: "/").last ?? ""), let found = order(id: id) { return found }
        return orders.last { $0.name == text }
    }

    /// The order as a reader sees it: `stale` readers see it as it was before its last deed.
    func visible(_ order: ShopifyOrder, stale: Bool, now: TwinInstant) -> ShopifyOrder? {
        let seen = stale ? previous[order.id] : order
        guard let seen, !seen.deleted else { return nil }
        let oldest = now.advanced(seconds: -ShopifyTwinAssumptions.visibleDays * 86_400)
        if !settings.accessScopes.contains("read_all_orders"), seen.createdAt < oldest { return nil }
        return seen
    }

    func customer(id: Int64?) -> ShopifyCustomer? { id.flatMap { id in customers.first { $0.id == id } } }

    mutating func store(_ customer: ShopifyCustomer) {
        if let position = customers.firstIndex(where: { $0.id == customer.id }) {
            customers[position] = customer
        } else {
            customers.append(customer)
        }
    }
}
