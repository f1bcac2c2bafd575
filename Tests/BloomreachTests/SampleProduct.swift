import Bloomreach
import Commerce
import JSON
import Sync
import Testing

/// A product of two variants, one of them reduced, in pounds.
enum SampleProduct {
    static func tee(_ change: (inout Product) -> Void = { _ in }) -> Product {
        var product = Product(
            id: "55", title: "Tee", handle: "tee", vendor: "Acme", productType: "Shirts", status: .active,
            tags: ["new", "cotton"], descriptionHTML: "<p>Soft \"tee\"</p>", imageURL: "https://cdn.test/tee.png",
            url: "https://acme.test/products/tee", createdAt: Instant(seconds: 1_780_000_000),
            updatedAt: Instant(seconds: 1_790_000_000),
            variants: [
                .init(
                    id: "551", sku: "TEE-S", barcode: "0001", title: "Red / S", price: OrderPlanShop.amount("20"),
                    compareAtPrice: OrderPlanShop.amount("30"), optionValues: ["Red", "S"], inventoryQuantity: 4),
                .init(
                    id: "552", sku: "TEE-M", title: "Red / M", price: OrderPlanShop.amount("22"),
                    optionValues: ["Red", "M"],
                    inventoryQuantity: 2, imageURL: "https://cdn.test/m.png"),
            ], priceCurrency: OrderPlanShop.currency("GBP"))
        change(&product)
        return product
    }

    /// The record of a product in some shop of the brand.
    static func record(
        _ id: String, at connection: String = "shop", createdAt seconds: Int64 = 1_780_000_000,
        _ change: (inout Product) -> Void = { _ in }
    ) -> EntityRecord {
        var record = EntityRecord(key: EntityKey(connection: connection, kind: .product, id: id))
        record.truth.state = .product(
            tee {
                $0.id = id
                $0.createdAt = Instant(seconds: seconds)
                change(&$0)
            })
        return record
    }
}

extension Plan {
    /// What the planned rows say, by channel and item id.
    func rows() throws -> [String: JSON] {
        var rows: [String: JSON] = [:]
        for delivery in deliveries {
            let id = try #require(try delivery.json()["item_id"]?.string)
            rows["\(delivery.channel) \(id)"] = try delivery.properties()
        }
        return rows
    }
}
