/// What the shop sells. Variants stand in ``ShopifyShop/variants`` and name their product.
struct ShopifyProduct: Sendable {
    var id: Int64
    var title: String
    var handle: String
    var vendor: String
    var productType: String
    /// active, archived, draft, unlisted
    var status = "active"
    var tags: [String] = []
    var descriptionHTML = ""
    var giftCard: Bool
    var mediaID: Int64
    var optionIDs: [Int64]
    var createdAt: TwinInstant
    var updatedAt: TwinInstant
    var publishedAt: TwinInstant?

    static let statuses = ["active", "archived", "draft", "unlisted"]

    var gid: String { Self.gid(id) }
    static func gid(_ id: Int64) -> String { "gid://shopify/Product/\(id)" }
    var imageURL: String { "https://cdn.example.test/products/\(handle).jpg" }

    /// What the options are called: by how many there are, as the catalogue's variants are written (`Red / M`).
    var optionNames: [String] {
        switch optionIDs.count {
        case 2: ["Colour", "Size"]
        case 3: ["Colour", "Size", "Material"]
        default: [giftCard ? "Denominations" : "Title"]
        }
    }

    /// `Mug, white` becomes `mug-white`.
    static func handle(_ title: String) -> String {
        title.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.joined(separator: "-")
    }
}

struct ShopifyVariant: Sendable, Hashable {
    var id: Int64
    var productID: Int64
    var inventoryItemID: Int64
    var sku: String
    var barcode: String?
    /// The product's, as it was when a line took it over.
    var title: String
    var option: String?
    var price: TwinAmount
    var compareAtPrice: TwinAmount?
    var inventory: Int
    var position: Int
    var giftCard: Bool
    var createdAt: TwinInstant
    var updatedAt: TwinInstant

    var gid: String { "gid://shopify/ProductVariant/\(id)" }
    /// One value for each option of the product.
    var options: [String] { Self.parts(option) }
    var optionTitle: String { option ?? "Default Title" }

    static func parts(_ option: String?) -> [String] {
        guard let option else { return ["Default Title"] }
        let words = option.split(separator: "/").map { part in
            var word = part
            while word.first == " " { word = word.dropFirst() }
            while word.last == " " { word = word.dropLast() }
            return String(word)
        }
        return words.isEmpty || words.count > 3 ? [option] : words
    }
}
