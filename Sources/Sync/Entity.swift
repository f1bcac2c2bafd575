public import Commerce

/// What kind of thing a source owns; a person is ours, and belongs to a brand.
public enum EntityKind: String, Sendable, Hashable, Codable, CaseIterable {
    case cart, customer, order, person, product
}

/// Names one thing of one source, for example `shop/order/5550000000000000001`.
public struct EntityKey: Sendable, Hashable, Codable, Comparable, CustomStringConvertible {
    public var connection: String
    public var kind: EntityKind
    public var id: String

    public init(connection: String, kind: EntityKind, id: String) {
        self.connection = connection
        self.kind = kind
        self.id = id
    }

    /// Reads what ``description`` writes.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let kind = EntityKind(rawValue: String(parts[1])) else { return nil }
        self.init(connection: String(parts[0]), kind: kind, id: String(parts[2]))
    }

    public var description: String { "\(connection)/\(kind.rawValue)/\(id)" }
    public static func < (left: Self, right: Self) -> Bool {
        (left.connection, left.kind.rawValue, left.id) < (right.connection, right.kind.rawValue, right.id)
    }
}

/// The state of an entity: latest wins. Indirect, because records are passed around by value much more often than their
/// state is looked into.
public indirect enum EntityState: Sendable, Hashable, Codable {
    case cart(Cart)
    case customer(Customer)
    case order(Order)
    case person(Person)
    case product(Product)
}

/// Which of two states is newer: the source's own time of the change, then the order in which we read.
public struct Version: Sendable, Hashable, Comparable, Codable {
    public var sourceTime: Instant
    /// 0 for a webhook; reads are numbered upwards from 1.
    public var readSequence: Int64

    public init(sourceTime: Instant, readSequence: Int64 = 0) {
        self.sourceTime = sourceTime
        self.readSequence = readSequence
    }
    public static func < (left: Self, right: Self) -> Bool {
        (left.sourceTime, left.readSequence) < (right.sourceTime, right.readSequence)
    }
}

/// A fact that no re-read can recover. Appended once, under the source's own id, and kept.
public struct Act: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Hashable, Codable {
        /// The source deleted the entity.
        case deleted
        /// The order was seen to become authorised, or paid, after it was known not to be.
        case authorized, paid
        /// A person opted in or out; ``Act/consent`` says how.
        case consent
        /// The shop merged this customer into another; ``Act/mergedInto`` says which.
        case merged
    }
    public var id: String
    public var kind: Kind
    public var at: Instant
    public var consent: ConsentDecision?
    /// The id of the customer that was kept.
    public var mergedInto: String?

    /// An order was paid in full, or authorised; once, whoever saw it.
    public static func paid(order id: String, at time: Instant) -> Act { Act(id: "paid/\(id)", kind: .paid, at: time) }
    public static func authorized(order id: String, at time: Instant) -> Act {
        Act(id: "authorized/\(id)", kind: .authorized, at: time)
    }

    public init(
        id: String, kind: Kind, at: Instant, consent: ConsentDecision? = nil, mergedInto: String? = nil
    ) {
        self.id = id
        self.kind = kind
        self.at = at
        self.consent = consent
        self.mergedInto = mergedInto
    }
}

/// Why an entity must be read, and from when.
public struct Dirty: Sendable, Hashable, Codable {
    public enum Reason: String, Sendable, Hashable, Codable {
        /// A thin webhook whose companion may still bring the whole entity.
        case companion
        /// A thin or redacted webhook, or a poll that saw a newer version.
        case hint
        /// Two contents with one source time: read once more when the clock second is over.
        case tie
    }
    public var reason: Reason
    public var notBefore: Instant
    /// Grows with each mark: a read clears only the mark it started from.
    public var mark: Int64
    /// The merchant's action that the hint and its companion share.
    public var eventID: String?
    /// A read whose version is older than this is stale and does not count.
    public var floor: Instant?
    public var attempts: Int

    public init(
        reason: Reason, notBefore: Instant, mark: Int64, eventID: String? = nil, floor: Instant? = nil,
        attempts: Int = 0
    ) {
        self.reason = reason
        self.notBefore = notBefore
        self.mark = mark
        self.eventID = eventID
        self.floor = floor
        self.attempts = attempts
    }
}

/// What we hold to be true of one entity: state, acts, and whether we doubt it.
public struct Truth: Sendable, Hashable, Codable {
    public var state: EntityState?
    public var version: Version?
    public var acts: [Act] = []
    public var dirty: Dirty?
    /// Whose it is: the record of a person, which may point on to another. `nil` while nobody is known.
    public var belongsTo: EntityKey?
    /// Others that share a name with it; `nil` until somebody looked for them.
    public var namesakes: Namesakes?
    /// A read has answered once, so what is still unknown stays unknown (redacted, no access).
    public var wasRead = false

    public init() {}

    public var cart: Cart? { if case .cart(let cart) = state { cart } else { nil } }
    public var customer: Customer? { if case .customer(let customer) = state { customer } else { nil } }
    public var order: Order? { if case .order(let order) = state { order } else { nil } }
    public var person: Person? { if case .person(let person) = state { person } else { nil } }
    public var product: Product? { if case .product(let product) = state { product } else { nil } }
    public func act(_ kind: Act.Kind) -> Act? { acts.first { $0.kind == kind } }

    /// When the order was paid, where it was: the act if we saw it happen, else when it was placed.
    public func paidAt(of order: Order) -> Instant? {
        act(.paid)?.at ?? (order.hasBeenPaid ? order.processedAt : nil)
    }
    /// When its payment was authorised, where it was: the act if we saw it happen, else when it was placed.
    public func authorizedAt(of order: Order) -> Instant? {
        act(.authorized)?.at ?? (order.financialStatus.hasBeenAuthorized ? order.processedAt : nil)
    }
}

/// Names whose look-up finds an entity: for `trace` by order name, e-mail, customer id or SKU.
public struct Lookup: Sendable, Hashable, Comparable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case cart, customerID = "customer_id", email, name, orderID = "order_id", person, sku
    }
    public var kind: Kind
    public var value: String
    public init(_ kind: Kind, _ value: String) {
        self.kind = kind
        self.value = kind == .email ? value.lowercased() : value
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.kind.rawValue, left.value) < (right.kind.rawValue, right.value)
    }
}

extension Truth {
    /// Sorted and without repetition.
    public var lookups: [Lookup] {
        switch state {
        case .order(let order): Self.lookups(of: order)
        case .customer(let customer): Self.lookups(of: customer)
        case .person(let person): Set(person.lookups).sorted()
        case .product(let product): Set(product.variants.compactMap(\.trimmedSKU).map { Lookup(.sku, $0) }).sorted()
        case .cart(let cart): Set([cart.id, cart.cartToken].compactMap { $0 }).sorted().map { Lookup(.cart, $0) }
        case nil: []
        }
    }

    private static func lookups(of customer: Customer) -> [Lookup] {
        var found = [Lookup(.customerID, customer.id)]
        if case .known(let email?) = customer.email { found.append(Lookup(.email, email)) }
        return found.sorted()
    }

    private static func lookups(of order: Order) -> [Lookup] {
        var found: Set<Lookup> = [Lookup(.orderID, order.id), Lookup(.name, order.name)]
        if case .known(let email?) = order.buyer.email { found.insert(Lookup(.email, email)) }
        if case .known(let id?) = order.buyer.customerID { found.insert(Lookup(.customerID, id)) }
        for line in order.lines { if let sku = line.sku { found.insert(Lookup(.sku, sku)) } }
        return found.sorted()
    }
}
