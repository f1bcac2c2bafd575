/// What the evidence of a journey is taken from: facts of one order, few enough to be kept with its person.
///
/// Texts are reduced to what names an order, and a buyer and an address to digests. A digest hides nothing from
/// somebody who can guess, so the record is a person's all the same and is kept as one (DESIGN law 9).
public struct JourneyOrder: Sendable, Hashable, Codable {
    /// Unique within the brand, for example `shop/order/555`.
    public var key: String
    /// The shop's own id.
    public var id: String
    public var connection: String
    /// What people call it, `#1031A`.
    public var name: String
    public var createdAt: Instant
    public var cancelledAt: Instant?
    public var cancelReason: String?
    /// The app that created it.
    public var appID: String?
    /// Only the tags that the rules know.
    public var tags: [String]
    /// Orders that the note, the tags and the attributes name, by name or id.
    public var mentions: [String]
    /// Orders that an attribute names *as the one this replaces*; an app wrote it, no shopper did.
    public var originals: [String]
    public var customerID: String?
    /// Of the e-mail, else of the phone.
    public var buyerDigest: String?
    /// Of where the parcel goes, whoever it is for.
    public var addressDigest: String?
    /// The goods ever ordered, each once, sorted.
    public var skus: [String]
    /// Of the edited state.
    public var total: MoneyBag

    /// Goods that are kept: enough to compare, and a wholesale order does not outgrow its person's record.
    public static let skusMax = 40
    /// References that are kept, of each kind.
    public static let mentionsMax = 8

    public init(
        key: String, id: String, connection: String, name: String, createdAt: Instant, cancelledAt: Instant? = nil,
        cancelReason: String? = nil, appID: String? = nil, tags: [String] = [], mentions: [String] = [],
        originals: [String] = [], customerID: String? = nil, buyerDigest: String? = nil, addressDigest: String? = nil,
        skus: [String] = [], total: MoneyBag
    ) {
        self.key = key
        self.id = id
        self.connection = connection
        self.name = name
        self.createdAt = createdAt
        self.cancelledAt = cancelledAt
        self.cancelReason = cancelReason
        self.appID = appID
        self.tags = tags
        self.mentions = mentions
        self.originals = originals
        self.customerID = customerID
        self.buyerDigest = buyerDigest
        self.addressDigest = addressDigest
        self.skus = skus
        self.total = total
    }

    /// Short, because told-state is many.
    private enum CodingKeys: String, CodingKey {
        case key = "k", id = "i", connection = "c", name = "n", createdAt = "at", cancelledAt = "x", cancelReason = "xr"
        case appID = "app", tags = "t", mentions = "m", originals = "o", customerID = "u", buyerDigest = "b"
        case addressDigest = "a", skus = "s", total = "v"
    }
}

extension JourneyOrder {
    /// - Parameters:
    ///   - key: unique within the brand.
    ///   - connection: whose order it is; names and customer numbers mean something within it only.
    ///   - rules: they say which tags and attributes are marks. Other marks need the order to be taken again.
    public init(_ order: Order, key: String, connection: String, rules: JourneyRules) {
        let own = [order.name, order.id].map(JourneyReference.normalized)
        func foreign(_ references: [String]) -> [String] {
            var seen = Set(own)
            return Array(references.filter { seen.insert($0).inserted }.prefix(Self.mentionsMax))
        }
        let named = order.attributes.filter { rules.namesOriginal($0.name) }.flatMap {
            JourneyReference.named(by: $0.value)
        }
        let texts = [order.note ?? ""] + order.tags + order.attributes.map(\.value)
        let found = texts.flatMap { JourneyReference.found(in: $0, shapedLike: order.name) }
        let people = order.buyer.identifiers(connection: connection)
        self.init(
            key: key, id: order.id, connection: connection, name: order.name, createdAt: order.createdAt,
            cancelledAt: order.cancelledAt, cancelReason: order.cancelReason, appID: order.appID,
            tags: order.tags.filter { rules.isMark(tag: $0) }.sorted(), mentions: foreign(named + found),
            originals: foreign(named), customerID: people.first { $0.kind == .customerID }?.value,
            buyerDigest: people.first { $0.kind != .customerID }.map { Self.digest("\($0.kind.rawValue) \($0.value)") },
            addressDigest: order.shippingAddress.value.flatMap { $0 }.flatMap(Self.digest),
            skus: Self.skus(of: order), total: EditedState(of: order).total)
    }

    /// Where a shop keeps no SKUs, the variant stands for them.
    private static func skus(of order: Order) -> [String] {
        let all = order.lines.filter { $0.orderedQuantity > 0 }.compactMap { line -> String? in
            if let sku = line.sku, !sku.isEmpty { return sku }
            return (line.variantID ?? line.productID).map { "id:\($0)" }
        }
        return Array(Set(all).sorted().prefix(skusMax))
    }

    /// The place alone, without case and punctuation: apps copy an address, people retype it.
    private static func digest(of address: PostalAddress) -> String? {
        let parts = [address.address1, address.address2, address.city, address.zip, address.countryCode]
        let text = parts.map { ($0 ?? "").lowercased().filter { $0.isLetter || $0.isNumber } }
        return text.allSatisfy(\.isEmpty) ? nil : digest(text.joined(separator: "\u{1F}"))
    }

    /// Half a digest: it is compared with few others.
    private static func digest(_ text: String) -> String { String(StableDigest.of(text).prefix(16)) }
}
