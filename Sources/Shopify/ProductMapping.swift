import Commerce
import JSON

/// Turns Shopify's product into the language of shops, from a webhook (docs/vendors/shopify.md, Products) or from
/// `ProductsByID.graphql`.
enum ProductMapping {
    /// Prices come as plain numbers in the shop's currency, which no webhook names.
    /// - Throws: ``ShopifyError``; one that ``ShopifyError/asksForRead`` where not all variants are told whole.
    static func rest(_ product: Payload) throws(ShopifyError) -> Product {
        // Payloads from before 2020 lack it.
        guard product.value("status") != nil else { throw ShopifyError(.oldShape, at: product.place("status")) }
        let items = try product.requiredItems("variants")
        // Only the first 100 come whole; the rest only by their ids (docs/vendors/shopify.md, Products).
        guard (product.value("variant_gids")?.array?.count ?? 0) <= items.count else {
            throw ShopifyError(.cutVariants, at: product.place("variants"))
        }
        let images = try restImages(product)
        var variants: [Product.Variant] = []
        for item in items { variants.append(try restVariant(item, images: images)) }
        let updatedAt = try product.requiredTime("updated_at")
        let featured = try product.child("image")?.text("src")
        return Product(
            id: try product.requiredID("id", kind: "Product"), title: try product.requiredText("title"),
            handle: try product.requiredText("handle"), vendor: try product.text("vendor"),
            productType: try product.text("product_type"), status: try status(product),
            tags: OrderMapping.tags((try product.text("tags") ?? "").split(separator: ",").map(String.init)),
            descriptionHTML: try product.text("body_html"), imageURL: featured ?? images.first?.url,
            publishedAt: try product.time("published_at"), createdAt: try product.time("created_at") ?? updatedAt,
            updatedAt: updatedAt, variants: variants)
    }

    private static func restVariant(
        _ variant: Payload, images: [(id: String, url: String)]
    ) throws(ShopifyError) -> Product.Variant {
        var options: [String] = []
        for name in ["option1", "option2", "option3"] {
            if let value = try variant.text(name) { options.append(value) }
        }
        let imageID = try variant.id("image_id", kind: "ProductImage")
        let isUncounted = variant.has("inventory_management") && variant.value("inventory_management") == nil
        return Product.Variant(
            id: try variant.requiredID("id", kind: "ProductVariant"), sku: try variant.text("sku"),
            barcode: try variant.text("barcode"), title: try variant.requiredText("title"),
            price: try variant.requiredAmount("price"), compareAtPrice: try variant.amount("compare_at_price"),
            optionValues: options, inventoryQuantity: isUncounted ? nil : try variant.count("inventory_quantity"),
            imageURL: images.first { $0.id == imageID }?.url)
    }

    private static func restImages(_ product: Payload) throws(ShopifyError) -> [(id: String, url: String)] {
        var images: [(id: String, url: String)] = []
        for image in try product.items("images") ?? [] {
            guard let url = try image.text("src") else { continue }
            images.append((id: try image.requiredID("id", kind: "ProductImage"), url: url))
        }
        return images
    }

    /// Where ``ShopifySource`` puts the shop of a read beside what it read of the product.
    static let shopKey = "shop"

    static func graphQL(_ product: Payload) throws(ShopifyError) -> Product {
        var variants: [Product.Variant] = []
        for variant in try product.requiredChild("variants").requiredItems("nodes") {
            variants.append(try graphQLVariant(variant))
        }
        return Product(
            id: try product.requiredID("id", kind: "Product"), title: try product.requiredText("title"),
            handle: try product.requiredText("handle"), vendor: try product.text("vendor"),
            productType: try product.text("productType"), status: try status(product),
            tags: OrderMapping.tags(try product.texts("tags")), descriptionHTML: try product.text("descriptionHtml"),
            imageURL: try product.child("featuredMedia").flatMap(previewURL),
            publishedAt: try product.time("publishedAt"), createdAt: try product.requiredTime("createdAt"),
            updatedAt: try product.requiredTime("updatedAt"), variants: variants,
            priceCurrency: try OrderMoney.currency("currencyCode", of: product.requiredChild(shopKey)))
    }

    private static func graphQLVariant(_ variant: Payload) throws(ShopifyError) -> Product.Variant {
        var options: [String] = []
        for option in try variant.requiredItems("selectedOptions") { options.append(try option.requiredText("value")) }
        let isCounted = try variant.requiredChild("inventoryItem").flag("tracked")
        return Product.Variant(
            id: try variant.requiredID("id", kind: "ProductVariant"), sku: try variant.text("sku"),
            barcode: try variant.text("barcode"), title: try variant.requiredText("title"),
            price: try variant.requiredAmount("price"), compareAtPrice: try variant.amount("compareAtPrice"),
            optionValues: options, inventoryQuantity: isCounted ? try variant.count("inventoryQuantity") : nil,
            imageURL: try variant.requiredChild("media").requiredItems("nodes").first.flatMap(previewURL))
    }

    /// A video or a model shows its first picture.
    private static func previewURL(_ media: Payload) throws(ShopifyError) -> String? {
        try media.child("preview")?.child("image")?.text("url")
    }

    /// Both wires use the same words, GraphQL in upper case.
    private static func status(_ product: Payload) throws(ShopifyError) -> Product.Status {
        guard let status = Product.Status(rawValue: try product.requiredText("status").lowercased()) else {
            throw ShopifyError(.unknownValue, at: product.place("status"))
        }
        return status
    }
}
