import Commerce
import JSON
import Sync

/// What the rows say. Names, types and units are declared in ``ProductsCatalog`` and ``VariantsCatalog``.
extension ProductDraft {
    private var productKey: EventKey { "\(context.flow.idPrefix)-product:\(product.id)" }
    func variantKey(_ itemID: String) -> EventKey { "\(productKey):variant:\(itemID)" }

    func productRow() -> CatalogRow {
        var attributes = sharedAttributes()
        attributes["active"] = .bool(isActive)
        attributes["handle"] = .string(product.handle)
        attributes["variants_count"] = JSON(product.variants.count)
        if let image = product.imageURL { attributes["image"] = .string(image) }
        if let description = product.descriptionHTML,
            description.utf8.count <= ProductsCatalog.descriptionBytesMax
        {
            attributes["description"] = .string(description)
        }
        let cheapest = product.variants.min { $0.price < $1.price }
        var stock = cheapest.map(prices) ?? [:]
        let counted = product.variants.compactMap(\.inventoryQuantity)
        if !counted.isEmpty { stock["stock_level"] = JSON(counted.reduce(0, +)) }
        return CatalogRow(
            catalog: .products, eventType: Self.productType, key: productKey, itemID: product.id,
            slotName: Self.productSlot, attributes: attributes, stock: stock, faults: faults.digest)
    }

    func variantRow(_ unit: SellableUnits.Named) -> CatalogRow {
        let variant = unit.variant
        var attributes = sharedAttributes()
        attributes["active"] = .bool(isActive)
        attributes["options"] = .array(variant.optionValues.map(JSON.string))
        attributes["shop_variant_id"] = .string(variant.id)
        attributes["variant_title"] = .string(variant.title)
        if let sku = variant.sku { attributes["sku"] = .string(sku) }
        if let barcode = variant.barcode { attributes["barcode"] = .string(barcode) }
        if let image = variant.imageURL ?? product.imageURL { attributes["image"] = .string(image) }
        var stock = prices(of: variant)
        if let quantity = variant.inventoryQuantity { stock["stock_level"] = JSON(quantity) }
        return CatalogRow(
            catalog: .variants, eventType: Self.variantType, key: variantKey(unit.itemID), itemID: unit.itemID,
            slotName: Self.variantSlotPrefix + unit.itemID, attributes: attributes, stock: stock)
    }

    private func sharedAttributes() -> JSONObject {
        var attributes: JSONObject = [
            "date_added": JSON(product.createdAt.wholeSeconds), "product_id": .string(product.id),
            "tags": .array(product.tags.map(JSON.string)), "title": .string(product.title),
        ]
        if let brand = product.vendor { attributes["brand"] = .string(brand) }
        if let type = product.productType, !type.isEmpty { attributes["category_level_1"] = .string(type) }
        if let url = product.url { attributes["url"] = .string(url) }
        return attributes
    }

    /// A row replaces the one before, so a price that is left out is blank, whatever stood there.
    private func prices(of variant: Product.Variant) -> JSONObject {
        let reduction = PriceReduction(of: variant)
        var prices: JSONObject = [
            "discount_percentage": OrderDraft.number(reduction.percentage), "on_sale": .bool(!reduction.value.isZero),
        ]
        guard let rate else { return prices }
        func money(_ amount: Amount) -> Money { rate.convert(Money(amount, rate.from)) }
        let (original, price) = (money(reduction.original), money(variant.price))
        prices["discount_value"] = OrderDraft.number((original - price).amount)
        prices["original_price"] = OrderDraft.number(original.amount)
        prices["price"] = OrderDraft.number(price.amount)
        return prices
    }
}

/// What a price is below the one before.
struct PriceReduction: Hashable {
    var original: Amount
    var value: Amount
    /// Of the original price, to the second decimal, half-even and rounded once.
    var percentage: Amount

    init(of variant: Product.Variant) {
        guard let before = variant.compareAtPrice, before > variant.price, !variant.price.isNegative else {
            original = variant.price
            value = .zero
            percentage = .zero
            return
        }
        original = before
        value = before - variant.price
        // In hundredths of a percent first, so that nothing is rounded twice.
        let hundredths = Amount(millionths: value.millionths * 10_000).divided(by: Int(before.millionths))
        percentage = Amount(millionths: hundredths.millionths * 10_000)
    }
}

/// One row in the making: what seldom changes, and price and stock, which change with every sale.
struct CatalogRow: Hashable {
    let catalog: BloomreachCatalog
    let eventType: String
    /// The beginning of its deliveries' keys.
    let key: EventKey
    let itemID: String
    let attributes: JSONObject
    let stock: JSONObject
    /// Remembers of the content two digests, and of a product which faults were said: `attributes:stock[:faults]`.
    let slot: AcknowledgedValue

    init(
        catalog: BloomreachCatalog, eventType: String, key: EventKey, itemID: String, slotName: String,
        attributes: JSONObject, stock: JSONObject, faults: String? = nil
    ) {
        self.catalog = catalog
        self.eventType = eventType
        self.key = key
        self.itemID = itemID
        self.attributes = attributes
        self.stock = stock
        let parts = [Self.digest(attributes), Self.digest(stock)] + (faults.map { [$0] } ?? [])
        slot = AcknowledgedValue(slotName, parts.joined(separator: ":"))
    }

    var digest: String { StableDigest.of(slot.text) }
    var attributesDigest: String { Self.attributes(ofSlot: slot.text) }

    static func attributes(ofSlot text: String) -> String { String(text.prefix { $0 != ":" }) }
    static func faults(ofSlot text: String) -> String? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 3 ? String(parts[2]) : nil
    }

    /// 64 bits: a product of two thousand variants keeps as many of these.
    private static func digest(_ content: JSONObject) -> String {
        String(StableDigest.of(JSON.object(content).encoded(sortingKeys: true)).prefix(16))
    }
}
