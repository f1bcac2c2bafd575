import JSON
import Sync

/// How one kind of thing is asked for. Baskets come as webhooks only, and persons are no thing of a shop's.
enum ReadableKind: CaseIterable {
    case customer, order, product

    init?(_ kind: EntityKind) {
        switch kind {
        case .customer: self = .customer
        case .order: self = .order
        case .product: self = .product
        case .cart, .person: return nil
        }
    }

    var kind: EntityKind {
        switch self {
        case .customer: .customer
        case .order: .order
        case .product: .product
        }
    }

    /// As in `gid://shopify/TYPE/1`.
    var type: String { ShopifyID.type(of: kind) }

    /// One id that is none of Shopify's would fail the whole query.
    func isID(_ id: String) -> Bool { ShopifyID.digits(.string(id), kind: type) == id }

    var byID: GraphQLDocument {
        switch self {
        case .customer: .customersByID
        case .order: .ordersByID
        case .product: .productsByID
        }
    }

    var changed: GraphQLDocument {
        switch self {
        case .customer: .customersChanged
        case .order: .ordersChanged
        case .product: .productsChanged
        }
    }

    /// The list of the schema's root, and in the plural how the kind is called.
    var root: String {
        switch self {
        case .customer: "customers"
        case .order: "orders"
        case .product: "products"
        }
    }

    /// What the app needs to be allowed (docs/vendors/shopify.md, Access and scopes).
    var scope: String { "read_\(root)" }

    /// The list within it that is read page by page, and how many items of it at most.
    var paged: (list: String, itemsMax: Int)? {
        switch self {
        case .customer: nil
        case .order: ("lineItems", ShopifyLimits.linesMax)
        case .product: ("variants", ShopifyLimits.variantsMax)
        }
    }

    /// How those items are called.
    var pagedWord: String {
        switch self {
        case .customer, .order: "lines"
        case .product: "variants"
        }
    }

    var setSizes: ReadSizes {
        switch self {
        case .customer, .order: .set
        case .product: .products
        }
    }

    var tooLarge: ShopifyError.Code {
        switch self {
        case .customer, .order: .tooLarge
        case .product: .productTooLarge
        }
    }
}
