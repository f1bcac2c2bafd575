import JSON

/// `Product`, `ProductVariant` and `products(…)` (docs/vendors/shopify.md, Products).
extension ShopifyGraph {
    func products(_ arguments: JSONObject) throws(GraphQLProblem) -> GraphQLResult {
        try require("read_products", for: "products")
        let search = try ShopifySearch(arguments["query"]?.string ?? "", fields: ShopifySearch.productFields)
        let key = arguments["sortKey"]?.string ?? "ID"
        var found: [(cursor: String, product: ShopifyProduct)] = []
        for product in shop.products where search.matches(product, shop.variants(of: product)) {
            let rank =
                switch key {
                case "CREATED_AT": product.createdAt.seconds
                case "UPDATED_AT": product.updatedAt.seconds
                default: product.id
                }
            found.append((padded(rank, 20) + padded(product.id, 20), product))
        }
        found.sort { $0.cursor < $1.cursor }
        return try connection("Product", found.map { ($0.cursor, product($0.product)) }, arguments)
    }

    func product(_ product: ShopifyProduct) -> GraphQLObject {
        let variants = shop.variants(of: product)
        return GraphQLObject("Product") { field, arguments throws(GraphQLProblem) in
            switch field {
            case "id": return .leaf(.string(product.gid))
            case "legacyResourceId": return .leaf(.string(String(product.id)))
            case "title": return .leaf(.string(product.title))
            case "handle": return .leaf(.string(product.handle))
            case "vendor": return .leaf(.string(product.vendor))
            case "productType": return .leaf(.string(product.productType))
            case "status": return .leaf(.string(product.status.uppercased()))
            case "tags": return .leaf(.array(product.tags.map { .string($0) }))
            case "descriptionHtml": return .leaf(.string(product.descriptionHTML))
            case "createdAt": return time(product.createdAt)
            case "updatedAt": return time(product.updatedAt)
            case "publishedAt": return time(product.publishedAt)
            case "onlineStoreUrl":
                let url = "https://\(shop.settings.domain)/products/\(product.handle)"
                return .leaf(product.publishedAt == nil ? .null : .string(url))
            case "isGiftCard": return .leaf(.bool(product.giftCard))
            case "totalInventory": return .leaf(JSON(variants.reduce(0) { $0 + $1.inventory }))
            case "tracksInventory": return .leaf(true)
            case "variantsCount": return .object(count(variants.count))
            case "featuredMedia": return .object(media(product))
            default: return try children("ProductVariant", variants.map(variant), arguments)
            }
        }
    }

    private func media(_ product: ShopifyProduct) -> GraphQLObject {
        let image = leaves(
            "Image",
            [
                "id": .string("gid://shopify/ImageSource/\(product.mediaID)"), "url": .string(product.imageURL),
                "width": 800, "height": 800,
            ])
        return GraphQLObject("MediaImage") { field, _ in
            switch field {
            case "id": .leaf(.string("gid://shopify/MediaImage/\(product.mediaID)"))
            case "alt": .leaf(.null)
            case "mediaContentType": .leaf("IMAGE")
            case "status": .leaf("READY")
            case "image": .object(image)
            default:
                .object(
                    GraphQLObject("MediaPreviewImage") { field, _ in
                        field == "image" ? .object(image) : .leaf("READY")
                    })
            }
        }
    }

    func variant(_ variant: ShopifyVariant) -> GraphQLObject {
        let digits = currencyDigits(shop.settings.currency)
        return GraphQLObject("ProductVariant") { field, arguments throws(GraphQLProblem) in
            // No variant has a picture of its own; the webhook says so with `image_id`.
            if field == "media" { return try children("Media", [], arguments) }
            return switch field {
            case "id": .leaf(.string(variant.gid))
            case "legacyResourceId": .leaf(.string(String(variant.id)))
            case "sku": .leaf(.string(variant.sku))
            case "barcode": .leaf(JSON(variant.barcode))
            case "title": .leaf(.string(variant.optionTitle))
            case "displayName": .leaf(.string("\(variant.title) - \(variant.optionTitle)"))
            case "price": .leaf(.string(variant.price.text(digits: digits)))
            case "compareAtPrice": .leaf(JSON(variant.compareAtPrice?.text(digits: digits)))
            case "inventoryQuantity": .leaf(JSON(variant.inventory))
            case "position": .leaf(JSON(variant.position))
            case "taxable": .leaf(.bool(!variant.giftCard))
            case "createdAt": time(variant.createdAt)
            case "updatedAt": time(variant.updatedAt)
            case "selectedOptions": .list(selectedOptions(variant))
            case "product": .object(shop.product(id: variant.productID).map(product))
            default:
                .object(
                    leaves(
                        "InventoryItem",
                        [
                            "id": .string("gid://shopify/InventoryItem/\(variant.inventoryItemID)"),
                            "sku": .string(variant.sku), "tracked": true,
                        ]))
            }
        }
    }

    private func selectedOptions(_ variant: ShopifyVariant) -> [GraphQLObject] {
        let names = shop.product(id: variant.productID)?.optionNames ?? []
        return zip(names, variant.options).map { name, value in
            leaves("SelectedOption", ["name": .string(name), "value": .string(value)])
        }
    }
}
