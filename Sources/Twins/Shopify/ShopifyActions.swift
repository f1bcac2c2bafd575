import JSON

/// What an action did: ids for the caller, and the webhooks of one merchant action, in the order they are fired.
struct ShopifyActionResult {
    typealias Hooks = [(topic: String, body: JSON)]

    var ids: [(name: String, id: JSON)] = []
    var hooks: Hooks = []
    /// What further calls of the same actor fire, each with an Event-Id of its own: an app that cancels and creates
    /// calls twice.
    var further: [Hooks] = []
}

/// `POST /_twin/act`: the table of actions. Everything one action fires shares one Event-Id (docs/vendors/shopify.md,
/// Webhooks: delivery and retries).
extension ShopifyShop {
    /// ShopAction names and the arguments of each.
    static let actions: [(name: String, arguments: [String])] = [
        (
            "place_order",
            [
                "customer", "guest", "email", "phone", "lines", "shipping", "shipping_title", "discount", "fees", "tip",
                "currency", "presentment", "paid", "deposit", "authorised", "test", "tags", "note", "note_attributes",
                "name", "source_name",
                "app_id", "gift_card", "shipping_address", "taxes_included", "buyer_accepts_marketing",
                "buyer_accepts_sms_marketing", "cart_token", "checkout_token",
            ]
        ),
        ("pay", ["order", "amount"]),
        ("edit_order", ["order", "changes", "notify", "restock", "app_id", "staff_note", "tags"]),
        ("swap_line", ["order", "remove_sku", "line", "add_sku", "quantity", "notify", "restock", "app_id", "tags"]),
        (
            "recreate_order",
            [
                "order", "style", "changes", "close_original", "closed_before", "create_first", "paid", "app_id",
                "reason", "restock", "tags",
            ]
        ),
        ("reship_order", ["order", "lines", "mark", "app_id", "tags"]),
        ("exchange_order", ["order", "back", "lines", "refund", "mark", "paid", "app_id", "tags"]),
        ("split_order", ["order", "lines", "close_original", "mark", "app_id", "tags"]),
        ("cancel", ["order", "reason", "refund", "restock", "pending", "tags", "note"]),
        (
            "refund",
            ["order", "lines", "amount", "money", "restock", "pending", "shipping", "duties", "fees", "note"]
        ),
        ("settle_refund", ["order", "refund", "status"]),
        ("pay_refund", ["order", "refund", "amount", "pending"]),
        ("fulfil", ["order", "lines", "tracking", "company"]),
        ("update_fulfilment", ["order", "fulfilment", "status", "shipment_status", "tracking", "company"]),
        ("update_order", ["order", "note", "tags", "email", "phone", "shipping_address", "note_attributes"]),
        ("capture", ["order", "amount"]),
        ("delete_order", ["order"]),
        ("cart", ["token", "lines", "note", "email"]),
        (
            "checkout",
            [
                "token", "cart_token", "email", "phone", "customer", "guest", "lines", "shipping", "shipping_title",
                "shipping_address", "note", "note_attributes", "buyer_accepts_marketing",
                "buyer_accepts_sms_marketing", "completed",
            ]
        ),
        ("update_customer", ["customer", "email", "phone", "first_name", "last_name", "tags", "note"]),
        ("create_account", ["customer", "email", "phone", "first_name", "last_name"]),
        ("merge_customers", ["keep", "remove"]),
        ("set_consent", ["customer", "channel", "state", "opt_in_level", "at"]),
        ("delete_customer", ["customer"]),
        ("privacy_request", ["kind", "customer"]),
        (
            "create_product",
            [
                "product", "sku", "title", "option", "price", "compare_at_price", "gift_card", "status", "inventory",
                "tags", "barcode", "vendor", "product_type", "description", "shares_sku",
            ]
        ),
        (
            "update_product",
            [
                "product", "sku", "title", "price", "compare_at_price", "status", "inventory", "tags", "barcode",
                "vendor", "product_type", "description", "new_sku",
            ]
        ),
        ("delete_product", ["product", "sku"]),
        ("set_stock", ["sku", "quantity"]),
        ("set_currency", ["currency"]),
        ("subscribe", ["address", "topics"]),
        ("expire_tokens", []),
    ]

    /// Does one action; `subscribe` belongs to the sender, `expire_tokens` to the grant: ``ShopifyTwin`` does them.
    mutating func act(_ json: JSON, now: TwinInstant) throws(TwinProblem) -> ShopifyActionResult {
        let arguments = try Self.arguments(json)
        return switch arguments.place {
        case "place_order": try placeOrder(arguments, now: now)
        case "pay": try pay(arguments, now: now)
        case "edit_order": try editOrder(arguments, now: now)
        case "swap_line": try swapLine(arguments, now: now)
        case "recreate_order": try recreateOrder(arguments, now: now)
        case "reship_order": try reshipOrder(arguments, now: now)
        case "exchange_order": try exchangeOrder(arguments, now: now)
        case "split_order": try splitOrder(arguments, now: now)
        case "cancel": try cancel(arguments, now: now)
        case "refund": try refund(arguments, now: now)
        case "settle_refund": try settleRefund(arguments, now: now)
        case "pay_refund": try payRefund(arguments, now: now)
        case "fulfil": try fulfil(arguments, now: now)
        case "update_fulfilment": try updateFulfilment(arguments, now: now)
        case "update_order": try updateOrder(arguments, now: now)
        case "capture": try capture(arguments, now: now)
        case "delete_order": try deleteOrder(arguments, now: now)
        case "update_customer": try updateCustomer(arguments, now: now)
        case "create_account": try createAccount(arguments, now: now)
        case "cart": try cart(arguments, now: now)
        case "checkout": try checkout(arguments, now: now)
        case "merge_customers": try mergeCustomers(arguments, now: now)
        case "set_consent": try setConsent(arguments, now: now)
        case "delete_customer": try deleteCustomer(arguments)
        case "privacy_request": try privacyRequest(arguments)
        case "update_product": try updateProduct(arguments, now: now)
        case "delete_product": try deleteProduct(arguments)
        case "set_stock": try setStock(arguments, now: now)
        case "set_currency": try setCurrency(arguments)
        default: try createProduct(arguments, now: now)
        }
    }

    static func arguments(_ json: JSON) throws(TwinProblem) -> ShopifyArguments {
        guard let name = json["do"]?.string, let action = actions.first(where: { $0.name == name }) else {
            throw TwinProblem("`do` must name an action", actions.map(\.name))
        }
        return try ShopifyArguments(json, place: name, known: ["do"] + action.arguments)
    }

    /// The order an action is about; deleted ones are gone.
    func named(_ arguments: ShopifyArguments) throws(TwinProblem) -> ShopifyOrder {
        guard let order = order(arguments["order"]), !order.deleted else {
            throw TwinProblem(
                "\(arguments.place): no such order; give its id, GID or name", orders.suffix(5).map(\.name))
        }
        return order
    }

    /// The line that `{line}` (id or GID) or `{sku}` names; by SKU the newest that still has units.
    func line(_ arguments: ShopifyArguments, of order: ShopifyOrder) throws(TwinProblem) -> Int {
        let reference = arguments["line"]
        let id = reference?.int64 ?? reference?.string.flatMap { Int64($0.split(separator: "/").last ?? "") }
        let found: Int?
        if let id {
            found = order.lines.firstIndex { $0.id == id }
        } else {
            guard let sku = try arguments.string("sku") else {
                throw TwinProblem("\(arguments.place) needs line or sku", order.lines.compactMap(\.sku))
            }
            found =
                order.lines.lastIndex { $0.sku == sku && $0.current > 0 } ?? order.lines.lastIndex { $0.sku == sku }
        }
        guard let found else {
            throw TwinProblem("\(arguments.place): no such line on the order", order.lines.compactMap(\.sku))
        }
        return found
    }

    func variant(sku: String?) throws(TwinProblem) -> ShopifyVariant {
        guard let found = variants.first(where: { $0.sku == sku }) else {
            throw TwinProblem("unknown SKU", variants.map(\.sku))
        }
        return found
    }
}
