import Commerce
import JSON

/// Customers and products as `CustomersByID.graphql` and `ProductsByID.graphql` would answer them.
extension GraphQLTranscription {
    static func customer(_ rest: JSON) -> JSON {
        let email = rest["email"]?.string
        let phone = rest["phone"]?.string
        return [
            "__typename": "Customer", "id": gid("Customer", rest["id"]), "firstName": rest["first_name"] ?? nil,
            "lastName": rest["last_name"] ?? nil, "state": upper(rest["state"]),
            "tags": .array(words(rest["tags"]).reversed()), "createdAt": time(rest["created_at"]),
            "updatedAt": time(rest["updated_at"]),
            "defaultEmailAddress": email == nil
                ? nil : address("emailAddress", email, consent: rest["email_marketing_consent"]),
            "defaultPhoneNumber": phone == nil
                ? nil : address("phoneNumber", phone, consent: rest["sms_marketing_consent"]),
        ]
    }

    private static func address(_ name: String, _ value: String?, consent: JSON?) -> JSON {
        let state = consent?["state"]?.string ?? "not_subscribed"
        return JSON.object(JSONObject([(key: name, value: JSON(value))]))
            .with("marketingState", .string(state.uppercased()))
            .with("marketingOptInLevel", upper(consent?["opt_in_level"] ?? nil))
            .with("marketingUpdatedAt", time(consent?["consent_updated_at"] ?? nil))
    }

    static func product(_ rest: JSON) -> JSON {
        let images = rest["images"]?.array ?? []
        let variants = (rest["variants"]?.array ?? []).map { variant($0, images: images) }
        return [
            "__typename": "Product", "id": gid("Product", rest["id"]), "title": rest["title"] ?? nil,
            "handle": rest["handle"] ?? nil, "vendor": rest["vendor"] ?? "", "productType": rest["product_type"] ?? "",
            "status": upper(rest["status"]), "tags": .array(words(rest["tags"]).reversed()),
            "descriptionHtml": rest["body_html"] ?? "", "publishedAt": time(rest["published_at"]),
            "createdAt": time(rest["created_at"]), "updatedAt": time(rest["updated_at"]),
            "featuredMedia": media((rest["image"]?.isNull ?? true) ? images.first : rest["image"]),
            "variants": connection(variants, cursor: "v1"),
        ]
    }

    private static func variant(_ rest: JSON, images: [JSON]) -> JSON {
        let image = images.first { $0["id"] == rest["image_id"] }
        let options = ["option1", "option2", "option3"].compactMap { rest[$0]?.string }
        return [
            "id": gid("ProductVariant", rest["id"]), "title": rest["title"] ?? nil, "sku": rest["sku"] ?? nil,
            "barcode": rest["barcode"] ?? nil, "price": rest["price"] ?? nil,
            "compareAtPrice": rest["compare_at_price"] ?? nil, "inventoryQuantity": rest["inventory_quantity"] ?? nil,
            "inventoryItem": ["tracked": .bool(rest["inventory_management"] != JSON.null)],
            "selectedOptions": .array(options.map { ["value": .string($0)] }),
            "media": ["nodes": image == nil ? [] : [media(image)]],
        ]
    }

    private static func media(_ image: JSON?) -> JSON {
        guard let image, !image.isNull else { return nil }
        return ["__typename": "MediaImage", "preview": ["image": ["url": image["src"] ?? nil]]]
    }

    private static func words(_ tags: JSON?) -> [JSON] {
        (tags?.string ?? "").split(separator: ",").map {
            .string($0.hasPrefix(" ") ? String($0.dropFirst()) : String($0))
        }
        .filter { $0.string?.contains { $0 != " " } == true }
    }
}
