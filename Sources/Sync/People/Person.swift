public import Commerce

/// Who somebody is: everything that the shops of one brand know of one person, in one record.
///
/// A person is found by identifiers and named after the entity that mentioned them first, so that the name tells
/// nothing. Orders and customers belong to one person at a time; what follows from *all* of them (totals, journeys,
/// the address at a destination) is decided here.
public struct Person: Sendable, Hashable, Codable {
    public var brand: String
    /// Sorted by rank. Each belongs to one person of the brand.
    public var identifiers: [PersonIdentifier] = []
    /// Numbers of customers that a shop merged into another: they find this person, and no destination is told of
    /// them before those that are in use. Sorted.
    public var retiredNumbers: [PersonIdentifier] = []
    /// Who uses their contacts; `nil` in records from before this was counted.
    public var contactUses: [ContactUse]?
    /// Sorted by the time they were placed, then by key. At most ``ordersMax``, the newest.
    public var orders: [OrderSummary] = [] { didSet { journeyMemo = JourneyMemo() } }
    /// There were more: their totals cannot be known.
    public var isTooLarge = false
    /// Sorted by key.
    public var customers: [CustomerSummary] = []
    /// What stewards decided; kept for ever.
    public var identityDecisions: [IdentityDecision] = []
    public var journeyDecisions: [JourneyDecision] = [] { didSet { journeyMemo = JourneyMemo() } }
    var journeyMemo = JourneyMemo()
    /// Whether every order of theirs is known, by connection; sorted.
    public var histories: [BuyerHistory] = []
    /// Everything of this person moved there.
    public var mergedInto: EntityKey?

    /// Records to plan again because something here changed that they depend on. Sorted.
    public var toPlan: [EntityKey] = []
    /// Records that wait until a destination has acknowledged who this is. Sorted.
    public var awaitingAddress: [EntityKey] = []

    /// Orders of one person; beyond it nobody shops, and a shared address is likely.
    public static let ordersMax = 500

    public init(brand: String) { self.brand = brand }

    private enum CodingKeys: String, CodingKey {
        case brand, identifiers, retiredNumbers, contactUses, orders, isTooLarge, customers, identityDecisions
        case journeyDecisions, histories, mergedInto, toPlan, awaitingAddress
    }

    /// What they may be called by: those in use before those that a shop gave up, each by rank, without those that do
    /// not say who they are.
    public var identifiersInUseFirst: [PersonIdentifier] {
        let evidence = identifiers.filter(isEvidence)
        return evidence.filter { !retiredNumbers.contains($0) } + evidence.filter(retiredNumbers.contains)
    }

    /// Every shop where they bought has listed all their orders, and all of them were read. Of somebody known by a
    /// phone alone no shop can list them.
    public var isHistoryKnown: Bool {
        let listed = Set(histories.filter(\.isComplete).map(\.connection))
        return histories.allSatisfy(\.isComplete) && orders.allSatisfy { listed.contains($0.key.connection) }
    }
}

/// What is kept of an order with its buyer.
public struct OrderSummary: Sendable, Hashable, Codable {
    public var key: EntityKey
    public var name: String
    public var email: String?
    public var phone: String?
    public var processedAt: Instant
    public var updatedAt: Instant
    /// When it was seen to be paid, or authorised; `nil` while it is not.
    public var paidAt: Instant?
    public var authorizedAt: Instant?
    public var voidedAt: Instant?
    public var tags: [String]
    public var appID: String?
    public var isTest: Bool
    public var isGiftCardOnly: Bool
    /// The edited state's total.
    public var editedTotal: MoneyBag
    /// What came back for money, appeasements included; positive.
    public var returned: MoneyBag
    public var unitsEdited: Int
    public var unitsReturned: Int
    /// Products with at least one unit that the buyer keeps; distinct, in the order's order.
    public var keptProductIDs: [String]
    /// A refund is on its way, or a parcel failed.
    public var hasOpenServiceIssue: Bool
    /// `open`, `cancelled`, `deleted`.
    public var status: String
    /// The evidence for journeys.
    public var journey: JourneyOrder
}

/// What is kept of a customer record with the person.
public struct CustomerSummary: Sendable, Hashable, Codable {
    public var key: EntityKey
    public var email: String?
    public var phone: String?
    public var firstName: String?
    public var lastName: String?
    public var hasAccount: Bool
    public var updatedAt: Instant
    public var isDeleted: Bool
}

/// A steward's answer about an identifier that two persons claim; remembered, so that it is asked once.
public struct IdentityDecision: Sendable, Hashable, Codable {
    /// The other person.
    public var other: EntityKey
    /// They are one; else they are kept apart.
    public var isMerged: Bool
    public init(other: EntityKey, isMerged: Bool) {
        self.other = other
        self.isMerged = isMerged
    }
}

/// Whether all orders of one buyer at one connection are known (E6).
public struct BuyerHistory: Sendable, Hashable, Codable {
    public var connection: String
    /// `false` until the source has listed them.
    public var isListed = false
    /// Listed, but not yet read. Sorted.
    public var pending: [EntityKey] = []
    /// Not to be asked for before.
    public var notBefore: Instant
    public var attempts = 0

    public init(connection: String, notBefore: Instant) {
        self.connection = connection
        self.notBefore = notBefore
    }

    public var isComplete: Bool { isListed && pending.isEmpty }
}

extension PersonIdentifier {
    /// Finds the person of a brand.
    public func lookup(brand: String) -> Lookup {
        Lookup(.person, "\(brand)\u{1F}\(kind.rawValue)\u{1F}\(connection ?? "")\u{1F}\(value)")
    }
}

extension Person {
    /// For `trace` by e-mail, phone and customer number too.
    var lookups: [Lookup] {
        identifiers.flatMap { identifier -> [Lookup] in
            let own = identifier.lookup(brand: brand)
            switch identifier.kind {
            case .customerID: return [own, Lookup(.customerID, identifier.value)]
            case .email: return [own, Lookup(.email, identifier.value)]
            case .phone, .cookie: return [own]
            }
        }
    }
}
