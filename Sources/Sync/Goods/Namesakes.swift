/// Finds records of one kind that carry a name, for example products with a SKU.
public struct NameSearch: Sendable, Hashable, Comparable {
    public var kind: EntityKind
    public var lookup: Lookup

    public init(_ kind: EntityKind, _ lookup: Lookup) {
        self.kind = kind
        self.lookup = lookup
    }

    public static func < (left: Self, right: Self) -> Bool {
        left.kind == right.kind ? left.lookup < right.lookup : left.kind.rawValue < right.kind.rawValue
    }
}

/// The other records of a brand that share a name with a record: of a product, the products that carry one of its SKUs.
/// What is told of one depends on the others, so they are planned together.
public struct Namesakes: Sendable, Hashable, Codable {
    /// Sorted. Those who share no name any more stay until nothing is on its way that was planned while they did.
    public var keys: [EntityKey] = []
    /// Names that more records carry than are kept here: this record has no say in them. Sorted.
    public var crowded: [String] = []
    /// The store was searched for all of its names; else these are only the ones that found it.
    public var wasSearched = false

    public init(keys: [EntityKey] = [], crowded: [String] = [], wasSearched: Bool = false) {
        self.keys = keys
        self.crowded = crowded
        self.wasSearched = wasSearched
    }
}
