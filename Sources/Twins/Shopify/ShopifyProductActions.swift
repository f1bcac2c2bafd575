import JSON

/// Actions about what is sold (docs/vendors/shopify.md, Products).
extension ShopifyShop {
    /// A SKU is a word like any other to Shopify: several variants may have it. `shares_sku` says that it is meant.
    mutating func createProduct(_ arguments: ShopifyArguments, now: TwinInstant) throws(TwinProblem)
        -> ShopifyActionResult
    {
        guard let sku = try arguments.string("sku"), let price = try arguments.amount("price"),
            try arguments.bool("shares_sku", default: false) || !variants.contains(where: { $0.sku == sku })
        else { throw TwinProblem("create_product needs a new sku and a price", []) }
        let option = try arguments.string("option")
        let giftCard = try arguments.bool("gift_card", default: false)
        let isNew = !arguments.has("product")
        var product: ShopifyProduct
        if isNew {
            product = newProduct(
                try arguments.string("title") ?? sku, options: ShopifyVariant.parts(option).count, giftCard: giftCard,
                now: now.wholeSecond)
            product.publishedAt = now.wholeSecond
        } else {
            product = try namedProduct(arguments)
            guard product.optionIDs.count == ShopifyVariant.parts(option).count else {
                throw TwinProblem("create_product: option needs a value for each of the product's", product.optionNames)
            }
        }
        try take(arguments, &product, now: now)
        let inventory = try arguments.count("inventory", least: 0, default: ShopifyTwinAssumptions.stock)
        let compared = try arguments.amount("compare_at_price")
        let barcode = try arguments.string("barcode")
        store(product, now: now)
        let variant = addVariant(
            to: product, sku: sku, option: option, price: price, inventory: inventory, now: now.wholeSecond)
        change(variant.id, now: now) { variant in
            variant.compareAtPrice = compared
            variant.barcode = barcode
        }
        return productResult(product.id, isNew ? "products/create" : "products/update", variant: variant.id)
    }

    /// `sku` changes one variant's price and stock, `product` every variant's; the rest is the product's.
    mutating func updateProduct(_ arguments: ShopifyArguments, now: TwinInstant) throws(TwinProblem)
        -> ShopifyActionResult
    {
        var product = try namedProduct(arguments)
        try take(arguments, &product, now: now)
        let price = try arguments.amount("price")
        let compared = try arguments.amount("compare_at_price")
        let inventory = arguments.has("inventory") ? try arguments.count("inventory", least: 0) : nil
        let barcode = try arguments.string("barcode")
        let sku = try arguments.string("sku")
        let newSKU = try arguments.string("new_sku")
        for variant in variants where variant.productID == product.id && (sku == nil || variant.sku == sku) {
            guard price != nil || compared != nil || inventory != nil || barcode != nil || newSKU != nil else { break }
            change(variant.id, now: now) { variant in
                variant.sku = newSKU ?? variant.sku
                variant.price = price ?? variant.price
                // Zero takes it away.
                if let compared { variant.compareAtPrice = compared == .zero ? nil : compared }
                variant.inventory = inventory ?? variant.inventory
                variant.barcode = barcode ?? variant.barcode
            }
        }
        store(product, now: now)
        return productResult(product.id, "products/update")
    }

    /// How many units of one article there are.
    mutating func setStock(_ arguments: ShopifyArguments, now: TwinInstant) throws(TwinProblem) -> ShopifyActionResult {
        let article = try variant(sku: try arguments.string("sku"))
        guard arguments.has("quantity") else { throw TwinProblem("set_stock needs a sku and a quantity", []) }
        let quantity = try arguments.count("quantity", least: 0)
        change(article.id, now: now) { $0.inventory = quantity }
        if let product = products.first(where: { $0.id == article.productID }) { store(product, now: now) }
        return productResult(article.productID, "products/update")
    }

    /// Lines of old orders keep its words and lose its ids.
    mutating func deleteProduct(_ arguments: ShopifyArguments) throws(TwinProblem) -> ShopifyActionResult {
        let product = try namedProduct(arguments)
        remove(product)
        return ShopifyActionResult(
            ids: [("product", JSON(product.id))], hooks: [("products/delete", ["id": JSON(product.id)])])
    }

    /// An order takes from the stock, and Shopify tells of each product (docs/vendors/shopify.md, Products); only with
    /// `productNoise`.
    mutating func sell(_ lines: [ShopifyLine], now: TwinInstant) -> ShopifyActionResult.Hooks {
        guard settings.productNoise else { return [] }
        var sold: [Int64] = []
        for line in lines {
            guard let variant = line.variant, product(id: variant.productID) != nil else { continue }
            change(variant.id, now: now) { $0.inventory -= line.quantity }
            if !sold.contains(variant.productID) { sold.append(variant.productID) }
        }
        for id in sold { if let product = product(id: id) { store(product, now: now) } }
        return sold.flatMap { productResult($0, "products/update").hooks }
    }

    private func productResult(_ id: Int64, _ topic: String, variant: Int64? = nil) -> ShopifyActionResult {
        guard let product = product(id: id) else { return ShopifyActionResult() }
        var ids: [(name: String, id: JSON)] = [("product", JSON(id))]
        if let variant { ids.append(("variant", JSON(variant))) }
        return ShopifyActionResult(ids: ids, hooks: [(topic, ShopifyPayload(shop: self).product(product))])
    }

    private func namedProduct(_ arguments: ShopifyArguments) throws(TwinProblem) -> ShopifyProduct {
        var id: Int64?
        if let reference = arguments["product"] {
            id = reference.int64 ?? reference.string.flatMap { Int64($0.split(separator: "/").last ?? "") }
            if id == nil { id = products.first { $0.handle == reference.string }?.id }
        } else if arguments.has("sku") {
            id = try variant(sku: try arguments.string("sku")).productID
        }
        guard let found = product(id: id) else {
            throw TwinProblem(
                "\(arguments.place): no such product; give an id, a GID, a handle or a sku", products.map(\.handle))
        }
        return found
    }

    private mutating func take(
        _ arguments: ShopifyArguments, _ product: inout ShopifyProduct, now: TwinInstant
    ) throws(TwinProblem) {
        if let title = try arguments.string("title") { product.title = title }
        if let tags = try arguments.words("tags") { product.tags = tags }
        if let vendor = try arguments.string("vendor") { product.vendor = vendor }
        if let type = try arguments.string("product_type") { product.productType = type }
        if let text = try arguments.string("description") { product.descriptionHTML = text }
        guard let status = try arguments.string("status") else { return }
        guard ShopifyProduct.statuses.contains(status) else {
            throw TwinProblem("\(arguments.place): unknown status", ShopifyProduct.statuses)
        }
        product.status = status
        if status == "draft" { product.publishedAt = nil }
        if status == "active" { product.publishedAt = product.publishedAt ?? now.wholeSecond }
    }
}

// MARK: - The catalogue

extension ShopifyShop {
    func product(id: Int64?) -> ShopifyProduct? { id.flatMap { id in products.first { $0.id == id } } }
    /// As it is now; `nil` when it was deleted.
    func variant(id: Int64?) -> ShopifyVariant? { id.flatMap { id in variants.first { $0.id == id } } }
    func variants(of product: ShopifyProduct) -> [ShopifyVariant] { variants.filter { $0.productID == product.id } }

    /// Products of one title are one product with several variants.
    mutating func stock(_ catalogue: [(sku: String, title: String, option: String?, price: String, giftCard: Bool)]) {
        let since = ShopifyTwinAssumptions.catalogueSince
        for item in catalogue {
            let known = products.first { $0.title == item.title }
            var product =
                known
                ?? newProduct(
                    item.title, options: ShopifyVariant.parts(item.option).count, giftCard: item.giftCard, now: since)
            product.publishedAt = since
            store(product, now: since)
            addVariant(
                to: product, sku: item.sku, option: item.option, price: TwinAmount(item.price) ?? .zero,
                inventory: ShopifyTwinAssumptions.stock, now: since)
        }
    }

    private mutating func newProduct(_ title: String, options: Int, giftCard: Bool, now: TwinInstant) -> ShopifyProduct
    {
        let id = newID()
        var handle = ShopifyProduct.handle(title)
        if handle.isEmpty || products.contains(where: { $0.handle == handle }) { handle += "-\(id)" }
        return ShopifyProduct(
            id: id, title: title, handle: handle, vendor: settings.name, productType: giftCard ? "Gift card" : "",
            giftCard: giftCard, mediaID: newID(), optionIDs: (0..<options).map { _ in newID() }, createdAt: now,
            updatedAt: now, publishedAt: nil)
    }

    @discardableResult
    private mutating func addVariant(
        to product: ShopifyProduct, sku: String, option: String?, price: TwinAmount, inventory: Int, now: TwinInstant
    ) -> ShopifyVariant {
        let variant = ShopifyVariant(
            id: newID(), productID: product.id, inventoryItemID: newID(), sku: sku, title: product.title,
            option: option, price: price, inventory: inventory, position: variants(of: product).count + 1,
            giftCard: product.giftCard, createdAt: now, updatedAt: now)
        variants.append(variant)
        return variant
    }

    private mutating func store(_ changed: ShopifyProduct, now: TwinInstant) {
        var product = changed
        product.updatedAt = now.wholeSecond
        if let position = products.firstIndex(where: { $0.id == product.id }) {
            products[position] = product
        } else {
            products.append(product)
        }
        for index in variants.indices where variants[index].productID == product.id {
            variants[index].title = product.title
        }
    }

    private mutating func change(_ id: Int64, now: TwinInstant, _ body: (inout ShopifyVariant) -> Void) {
        guard let position = variants.firstIndex(where: { $0.id == id }) else { return }
        body(&variants[position])
        variants[position].updatedAt = now.wholeSecond
    }

    private mutating func remove(_ product: ShopifyProduct) {
        products.removeAll { $0.id == product.id }
        variants.removeAll { $0.productID == product.id }
    }
}
