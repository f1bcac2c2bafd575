import JSON

/// Everything the simulated shop holds. Actions change a copy of one order and put it back at the end, so a refused
/// action leaves nothing behind.
struct ShopifyShop: Sendable {
    private(set) var settings: ShopifyTwinSettings
    private(set) var carts: [ShopifyCart] = []
    private(set) var checkouts: [ShopifyCheckout] = []
    /// Where a token's cart and checkout are; only ever looked up, never iterated.
    private var cartPositions: [String: Int] = [:]
    private var checkoutPositions: [String: Int] = [:]
    var products: [ShopifyProduct] = []
    var variants: [ShopifyVariant] = []
    private(set) var customers: [ShopifyCustomer] = []
    /// Where a customer is in `customers`, and who has an e-mail or a phone; only ever looked up, never iterated.
    private var customerPositions: [Int64: Int] = [:]
    private var customerIDs: [String: Int64] = [:]
    /// Deleted or merged away: unknown from then on.
    private(set) var goneCustomers: Set<Int64> = []
    private(set) var merges: [ShopifyMerge] = []
    /// Customers ever made; numbers the shoppers that an action did not describe.
    var customersMade = 0
    private(set) var orders: [ShopifyOrder] = []
    /// Where an order is in `orders`; only ever looked up, never iterated.
    private var positions: [Int64: Int] = [:]
    /// Each order as it was before its last action (`nil`: it did not exist), for the `stale` fault.
    private var previous: [Int64: ShopifyOrder] = [:]
    private var lastID = ShopifyTwinAssumptions.firstID
    private var lastNumber: Int64 = 1_000

    init(_ settings: ShopifyTwinSettings) {
        self.settings = settings
        stock(ShopifyTwinSettings.catalogue)
    }

    /// What the shop sells in, as long as it has sold nothing. Prices stay the numbers that they are.
    mutating func setCurrency(_ arguments: ShopifyArguments) throws(TwinProblem) -> ShopifyActionResult {
        guard let code = try arguments.string("currency"), code.utf8.count == 3, code == code.uppercased(),
            orders.isEmpty
        else { throw TwinProblem("set_currency needs a code such as JPY, and a shop that has sold nothing yet", []) }
        settings.currency = code
        return ShopifyActionResult()
    }

    mutating func newID() -> Int64 {
        lastID += 1
        return lastID
    }

    mutating func newNumber() -> Int64 {
        lastNumber += 1
        return lastNumber
    }

    /// Puts an order back after an action at `now`.
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

    /// The order that an action names: numeric id, GID or name; the newest of that name.
    func order(_ reference: JSON?) -> ShopifyOrder? {
        if let id = reference?.int64 { return order(id: id) }
        guard let text = reference?.string else { return nil }
        if let id = Int64(text.split(separator: "/").last ?? ""), let found = order(id: id) { return found }
        return orders.last { $0.name == text }
    }

    /// The order as a reader sees it: `stale` readers see it as it was before its last action.
    func visible(_ order: ShopifyOrder, stale: Bool, now: TwinInstant) -> ShopifyOrder? {
        let seen = stale ? previous[order.id] : order
        guard let seen, !seen.deleted else { return nil }
        let oldest = now.advanced(seconds: -ShopifyTwinAssumptions.visibleDays * 86_400)
        if !settings.accessScopes.contains("read_all_orders"), seen.createdAt < oldest { return nil }
        return seen
    }
}

/// Two customers that became one: the orders of `removed` are `kept`'s.
struct ShopifyMerge: Sendable, Hashable {
    var at: TwinInstant
    var kept: Int64
    var removed: Int64
}

// MARK: - Customers

extension ShopifyShop {
    func customer(id: Int64?) -> ShopifyCustomer? { id.flatMap { customerPositions[$0] }.map { customers[$0] } }

    /// An e-mail is unique per shop, whatever its case, and so is a phone (docs/vendors/shopify.md, Customers).
    func customer(email: String) -> ShopifyCustomer? { customer(id: customerIDs[email.lowercased()]) }
    func customer(phone: String) -> ShopifyCustomer? { customer(id: customerIDs[phone]) }

    /// The customer that an action names: a number, a GID, an e-mail or a phone; or an object with one of them.
    func customer(named reference: JSON?) -> ShopifyCustomer? {
        guard let reference else { return nil }
        if reference.object != nil {
            return ["id", "email", "phone"].lazy.compactMap { customer(named: reference[$0]) }.first
        }
        if let id = reference.int64 { return customer(id: id) }
        guard let text = reference.string else { return nil }
        let id = Int64(text.split(separator: "/").last ?? "")
        return customer(id: id) ?? customer(email: text) ?? customer(phone: text)
    }

    mutating func store(_ customer: ShopifyCustomer) {
        if let position = customerPositions[customer.id] {
            for address in Self.addresses(of: customers[position]) { customerIDs[address] = nil }
            customers[position] = customer
        } else {
            customerPositions[customer.id] = customers.count
            customers.append(customer)
        }
        for address in Self.addresses(of: customer) { customerIDs[address] = customer.id }
    }

    mutating func remove(_ customer: ShopifyCustomer) {
        for address in Self.addresses(of: customer) { customerIDs[address] = nil }
        customers.removeAll { $0.id == customer.id }
        customerPositions = [:]
        for (position, other) in customers.enumerated() { customerPositions[other.id] = position }
        for position in checkouts.indices where checkouts[position].customerID == customer.id {
            checkouts[position].customerID = nil
        }
        goneCustomers.insert(customer.id)
    }

    /// Hands the orders of one customer to another. No order is updated by it: no topic tells of it but
    /// `customers/merge` (docs/vendors/shopify.md, Customers).
    mutating func merge(_ removed: ShopifyCustomer, into kept: ShopifyCustomer, now: TwinInstant) {
        for position in orders.indices where orders[position].customerID == removed.id {
            previous[orders[position].id] = orders[position]
            orders[position].customerID = kept.id
        }
        for position in checkouts.indices where checkouts[position].customerID == removed.id {
            checkouts[position].customerID = kept.id
        }
        remove(removed)
        store(kept)
        merges.append(ShopifyMerge(at: now.wholeSecond, kept: kept.id, removed: removed.id))
    }

    private static func addresses(of customer: ShopifyCustomer) -> [String] {
        [customer.email?.lowercased(), customer.phone].compactMap(\.self)
    }
}

// MARK: - Carts and checkouts

extension ShopifyShop {
    func cart(token: String?) -> ShopifyCart? { token.flatMap { cartPositions[$0] }.map { carts[$0] } }
    func checkout(token: String?) -> ShopifyCheckout? {
        token.flatMap { checkoutPositions[$0] }.map { checkouts[$0] }
    }

    mutating func store(_ cart: ShopifyCart) {
        if let position = cartPositions[cart.token] {
            carts[position] = cart
        } else {
            cartPositions[cart.token] = carts.count
            carts.append(cart)
        }
    }

    mutating func store(_ checkout: ShopifyCheckout) {
        if let position = checkoutPositions[checkout.token] {
            checkouts[position] = checkout
        } else {
            checkoutPositions[checkout.token] = checkouts.count
            checkouts.append(checkout)
        }
    }
}
