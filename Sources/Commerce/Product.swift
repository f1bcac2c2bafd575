/// A product and its sellable units.
public struct Product: Sendable, Hashable, Codable {
    /// The shop's own id, its digits as text.
    public var id: String
    public var title: String
    public var handle: String
    public var vendor: String?
    public var productType: String?
    public var status: Status
    public var tags: [String]
    /// HTML as the shop holds it.
    public var descriptionHTML: String?
    public var imageURL: String?
    /// Where a buyer finds it; `nil` where it is not published or the source does not say.
    public var url: String?
    public var publishedAt: Instant?
    public var createdAt: Instant
    public var updatedAt: Instant
    /// In the shop's order.
    public var variants: [Variant]
    /// Of all its prices: the shop's. `nil` while nothing has told it.
    public var priceCurrency: Currency?

    public enum Status: String, Sendable, Hashable, Codable, CaseIterable { case active, archived, draft, unlisted }

    /// One sellable unit. Its prices are in ``Product/priceCurrency``.
    public struct Variant: Sendable, Hashable, Codable {
        public var id: String
        public var sku: String?
        public var barcode: String?
        public var title: String
        public var price: Amount
        /// The price before a reduction.
        public var compareAtPrice: Amount?
        /// In the product's order, for example `Red`, `M`.
        public var optionValues: [String]
        /// Units that can be sold; `nil` where the shop does not count them.
        public var inventoryQuantity: Int?
        public var imageURL: String?

        public init(
            id: String, sku: String? = nil, barcode: String? = nil, title: String, price: Amount,
            compareAtPrice: Amount? = nil, optionValues: [String] = [], inventoryQuantity: Int? = nil,
            imageURL: String? = nil
        ) {
            self.id = id
            self.sku = sku
            self.barcode = barcode
            self.title = title
            self.price = price
            self.compareAtPrice = compareAtPrice
            self.optionValues = optionValues
            self.inventoryQuantity = inventoryQuantity
            self.imageURL = imageURL
        }
    }

    public init(
        id: String, title: String, handle: String, vendor: String? = nil, productType: String? = nil, status: Status,
        tags: [String] = [], descriptionHTML: String? = nil, imageURL: String? = nil, url: String? = nil,
        publishedAt: Instant? = nil,
        createdAt: Instant, updatedAt: Instant, variants: [Variant], priceCurrency: Currency? = nil
    ) {
        self.id = id
        self.title = title
        self.handle = handle
        self.vendor = vendor
        self.productType = productType
        self.status = status
        self.tags = tags
        self.descriptionHTML = descriptionHTML
        self.imageURL = imageURL
        self.url = url
        self.publishedAt = publishedAt
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.variants = variants
        self.priceCurrency = priceCurrency
    }

    /// With what an earlier state knew and this one does not tell.
    public func or(_ earlier: Product) -> Product {
        var product = self
        product.priceCurrency = priceCurrency ?? earlier.priceCurrency
        // A product is made once; a payload without the time tells that of a change instead.
        product.createdAt = min(createdAt, earlier.createdAt)
        return product
    }
}

extension Product.Variant {
    /// The merchant's article number without the white space around it; `nil` where there is none.
    public var trimmedSKU: String? {
        guard let sku else { return nil }
        var text = Substring(sku)
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text.isEmpty ? nil : String(text)
    }
}
