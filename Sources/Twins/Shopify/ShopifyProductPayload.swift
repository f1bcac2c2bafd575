import JSON

/// products/create, update (docs/vendors/shopify.md, Products).
extension ShopifyPayload {
    /// Variants beyond these stand in `variant_gids` alone (docs/vendors/shopify.md, Products).
    private static let fullVariantsMost = 100

    func product(_ product: ShopifyProduct) -> JSON {
        let variants = shop.variants(of: product)
        let image = image(of: product)
        return [
            "id": JSON(product.id), "admin_graphql_api_id": .string(product.gid), "title": .string(product.title),
            "body_html": .string(product.descriptionHTML), "handle": .string(product.handle),
            "product_type": .string(product.productType), "vendor": .string(product.vendor),
            "status": .string(product.status), "tags": .string(product.tags.joined(separator: ", ")),
            "published_scope": "web", "template_suffix": .null, "created_at": time(product.createdAt),
            "updated_at": time(product.updatedAt), "published_at": time(product.publishedAt),
            "variants": .array(variants.prefix(Self.fullVariantsMost).map(variant)),
            "options": .array(options(of: product, variants)), "images": [image], "image": image,
            "media": [media(of: product)],
            "variant_gids": .array(
                variants.map { variant in
                    [
                        "admin_graphql_api_id": .string(variant.gid),
                        "updated_at": .string(variant.updatedAt.iso8601(fractionDigits: 3)),
                    ]
                }),
            "has_variants_that_requires_components": false, "category": .null,
        ]
    }

    private func variant(_ variant: ShopifyVariant) -> JSON {
        let digits = currencyDigits(shop.settings.currency)
        let options = variant.options
        func option(_ place: Int) -> JSON { place < options.count ? .string(options[place]) : .null }
        return [
            "id": JSON(variant.id), "admin_graphql_api_id": .string(variant.gid),
            "product_id": JSON(variant.productID), "inventory_item_id": JSON(variant.inventoryItemID),
            "sku": .string(variant.sku), "barcode": JSON(variant.barcode), "title": .string(variant.optionTitle),
            "option1": option(0), "option2": option(1), "option3": option(2), "position": JSON(variant.position),
            "price": .string(variant.price.text(digits: digits)),
            "compare_at_price": JSON(variant.compareAtPrice?.text(digits: digits)), "inventory_policy": "deny",
            "inventory_quantity": JSON(variant.inventory), "old_inventory_quantity": JSON(variant.inventory),
            "taxable": .bool(!variant.giftCard), "image_id": .null, "created_at": time(variant.createdAt),
            "updated_at": time(variant.updatedAt),
        ]
    }

    private func options(of product: ShopifyProduct, _ variants: [ShopifyVariant]) -> [JSON] {
        zip(product.optionIDs, product.optionNames).enumerated().map { place, option in
            var values: [String] = []
            for variant in variants where place < variant.options.count {
                if !values.contains(variant.options[place]) { values.append(variant.options[place]) }
            }
            return [
                "id": JSON(option.0), "product_id": JSON(product.id), "name": .string(option.1),
                "position": JSON(place + 1), "values": .array(values.map { .string($0) }),
            ]
        }
    }

    private func image(of product: ShopifyProduct) -> JSON {
        [
            "id": JSON(product.mediaID),
            "admin_graphql_api_id": .string("gid://shopify/ProductImage/\(product.mediaID)"),
            "product_id": JSON(product.id), "position": 1, "alt": .null, "width": 800, "height": 800,
            "src": .string(product.imageURL), "variant_ids": [], "created_at": time(product.createdAt),
            "updated_at": time(product.createdAt),
        ]
    }

    private func media(of product: ShopifyProduct) -> JSON {
        [
            "id": JSON(product.mediaID),
            "admin_graphql_api_id": .string("gid://shopify/MediaImage/\(product.mediaID)"),
            "product_id": JSON(product.id), "position": 1, "alt": .null, "media_content_type": "IMAGE",
            "status": "READY", "variant_ids": [], "created_at": time(product.createdAt),
            "updated_at": time(product.createdAt),
            "preview_image": [
                "width": 800, "height": 800, "src": .string(product.imageURL), "status": "READY",
            ],
        ]
    }
}
