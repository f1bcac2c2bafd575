/// What the evidence of a journey is taken from: facts of one order, few enough to be kept with its person.
///
/// Texts are reduced to what names an order, and a buyer and an address to digests. A digest hides nothing from an
/// attacker who can guess, so the record is a person's all the same and is kept as one (docs/architecture.md, law 9).
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
    /// Of the parcel's destination, for any recipient.
    public var addressDigest: String?
    /// The goods ever ordered, each once, sorted.
    public var skus: [String]
    /// Of the edited state.
    public var total: MoneyBag

    // What follows was added later: in records from before it is `nil`, until the order is put with its person again.

    /// Units ever ordered of each of ``skus``; `nil` where it is one of each. See ``orderedUnits``.
    public var ordered: [Int]?
    /// Units of each after edits, returned ones included; `nil` where they are the ordered ones. See ``keptUnits``.
    public var kept: [Int]?
    /// When the first parcel that was not called back was made.
    public var sentAt: Instant?
    /// When money was first given back. What settles an edit is no such refund.
    public var refundedAt: Instant?
    /// Nothing on it ever had a price, as on a free reshipment.
    public var isFree: Bool?

    // What follows depends on more than the order and is not kept: the comparison of orders supplies it.

    /// The order counts for nothing, whatever the reason.
    public var isVoid = false
    /// By the policies, whatever becomes of it.
    public var isNeverTold = false

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

    /// The shop did not cancel it, and it is not void for another reason.
    public var stands: Bool { cancelledAt == nil && !isVoid }
    /// One for each of ``skus``.
    public var orderedUnits: [Int] { Self.fitting(ordered, to: skus) }
    /// One for each of ``skus``.
    public var keptUnits: [Int] { Self.fitting(kept ?? ordered, to: skus) }

    private static func fitting(_ units: [Int]?, to skus: [String]) -> [Int] {
        guard let units, units.count == skus.count else { return skus.map { _ in 1 } }
        return units
    }

    /// Short, because told-state is many.
    private enum CodingKeys: String, CodingKey {
        case key = "k", id = "i", connection = "c", name = "n", createdAt = "at", cancelledAt = "x", cancelReason = "xr"
        case appID = "app", tags = "t", mentions = "m", originals = "o", customerID = "u", buyerDigest = "b"
        case addressDigest = "a", skus = "s", total = "v", ordered = "q", kept = "e", sentAt = "f", refundedAt = "r"
        case isFree = "z"
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
        let edited = EditedState(of: order)
        self.init(
            key: key, id: order.id, connection: connection, name: order.name, createdAt: order.createdAt,
            cancelledAt: order.cancelledAt, cancelReason: order.cancelReason, appID: order.appID,
            tags: order.tags.filter { rules.isMark(tag: $0) }.sorted(), mentions: foreign(named + found),
            originals: foreign(named), customerID: people.first { $0.kind == .customerID }?.value,
            buyerDigest: people.first { $0.kind != .customerID }.map { Self.digest("\($0.kind.rawValue) \($0.value)") },
            addressDigest: order.shippingAddress.value.flatMap { $0 }.flatMap(Self.digest),
            skus: [], total: edited.total)
        takeGoods(of: order, edited)
        sentAt = order.fulfillments.filter { $0.status == .success && !$0.lines.isEmpty }.map(\.createdAt).min()
        // A refund that only settles an edit itemises nothing, and one on its way may yet fail.
        refundedAt = order.refunds.filter { !$0.moneySettled.isZero && !$0.itemised.isZero }.map(\.createdAt).min()
        isFree = Self.isFree(order) ? true : nil
    }

    private mutating func takeGoods(of order: Order, _ edited: EditedState) {
        let left = Dictionary(
            edited.lines.map { ($0.lineID, $0.quantity) }, uniquingKeysWith: { first, _ in first })
        var units: [String: (ordered: Int, kept: Int)] = [:]
        for line in order.lines where line.orderedQuantity > 0 {
            guard let goods = Self.goods(of: line) else { continue }
            let known = units[goods] ?? (0, 0)
            units[goods] = (known.ordered + line.orderedQuantity, known.kept + (left[line.id] ?? 0))
        }
        skus = Array(units.keys.sorted().prefix(Self.skusMax))
        let all = skus.compactMap { units[$0] }
        ordered = all.allSatisfy { $0.ordered == 1 } ? nil : all.map(\.ordered)
        kept = all.allSatisfy { $0.kept == $0.ordered } ? nil : all.map(\.kept)
    }

    /// Where a shop keeps no SKUs, the variant stands for them.
    private static func goods(of line: OrderLine) -> String? {
        if let sku = line.sku, !sku.isEmpty { return sku }
        return (line.variantID ?? line.productID).map { "id:\($0)" }
    }

    private static func isFree(_ order: Order) -> Bool {
        !order.lines.isEmpty && order.lines.allSatisfy { $0.discountedUnitPrice.isZero }
            && order.shippingLines.allSatisfy(\.price.isZero)
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
