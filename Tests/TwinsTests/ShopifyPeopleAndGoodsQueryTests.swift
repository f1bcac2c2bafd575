import JSON
import Testing
import Transport

@testable import Twins

@Suite("Shopify twin: customers and products over GraphQL")
struct ShopifyPeopleAndGoodsQueryTests {
    static let customers = """
        query($first: Int!, $after: String, $q: String) {
          customers(first: $first, after: $after, sortKey: UPDATED_AT, query: $q) {
            nodes { id legacyResourceId firstName lastName state tags createdAt updatedAt numberOfOrders
              amountSpent { amount currencyCode }
              defaultEmailAddress { emailAddress marketingState marketingOptInLevel marketingUpdatedAt }
              defaultPhoneNumber { phoneNumber marketingState marketingOptInLevel marketingUpdatedAt } }
            pageInfo { hasNextPage endCursor } } }
        """

    static func names(_ answer: JSON, _ root: String, _ field: String) -> [String] {
        answer.at("data.\(root).nodes")?.array?.compactMap { $0.at(field)?.string } ?? []
    }

    @Test("a customer has consent, counters and what was spent on orders that are not void")
    func customer() throws {
        var fixture = ShopifyFixture()
        let id = try #require(
            try fixture.act(
                #"{"do":"create_account","email":"jo@example.com","phone":"+441","first_name":"Jo","last_name":"Doe"}"#
            ).at("ids.customer")?.int64)
        for _ in 0..<3 {
            try fixture.act(#"{"do":"place_order","email":"jo@example.com","lines":[{"sku":"MUG-WHITE"}]}"#)
        }
        try fixture.act(##"{"do":"refund","order":"#1001","amount":"2.50"}"##)
        try fixture.act(##"{"do":"recreate_order","order":"#1002","style":"letter_and_tags"}"##)
        try fixture.act(
            #"""
            {"do":"set_consent","customer":"jo@example.com","channel":"email","state":"subscribed",
             "at":"2026-11-20T08:00:00+01:00"}
            """#)
        try fixture.act(#"{"do":"update_customer","customer":"jo@example.com","tags":["a","b c"]}"#)
        let answer = try fixture.query(Self.customers, ["first": 5])
        let customer = try #require(answer.at("data.customers.nodes.0"))
        #expect(customer["id"]?.string == "gid://shopify/Customer/\(id)")
        #expect(customer["legacyResourceId"]?.string == String(id))
        #expect(customer["state"] == "ENABLED" && customer["tags"] == ["a", "b c"])
        #expect(customer["numberOfOrders"] == "4")
        #expect(customer["amountSpent"] == ["amount": "35.0", "currencyCode": "GBP"])
        #expect(
            customer["defaultEmailAddress"]
                == [
                    "emailAddress": "jo@example.com", "marketingState": "SUBSCRIBED",
                    "marketingOptInLevel": "SINGLE_OPT_IN", "marketingUpdatedAt": "2026-11-20T07:00:00Z",
                ])
        #expect(customer.at("defaultPhoneNumber.marketingState") == "NOT_SUBSCRIBED")
        #expect(customer.at("defaultPhoneNumber.marketingUpdatedAt") == .null)
        let gid = JSON.string("gid://shopify/Customer/\(id)")
        let node = try fixture.query("query($id: ID!) { node(id: $id) { ... on Customer { firstName } } }", ["id": gid])
        #expect(node.at("data.node.firstName") == "Jo")
        try fixture.act(#"{"do":"create_account","email":"al@example.com"}"#)
        try fixture.act(#"{"do":"merge_customers","keep":"al@example.com","remove":"jo@example.com"}"#)
        let gone = try fixture.query("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ["ids": [gid]])
        #expect(gone.at("data.nodes") == [nil], "a merged id is unknown")
        #expect(try fixture.query(Self.customers, ["first": 5]).at("data.customers.nodes.0.numberOfOrders") == "4")
    }

    @Test("customers are paged in update order, and their updated_at matches whole days")
    func customerSearch() throws {
        var fixture = ShopifyFixture()
        for name in ["a", "b", "c"] {
            try fixture.act(#"{"do":"create_account","email":"\#(name)@example.com","last_name":"\#(name)"}"#)
            fixture.wait(43_200)
        }
        try fixture.act(#"{"do":"update_customer","customer":"a@example.com","note":"n"}"#)
        var found: [String] = []
        var after: JSON = .null
        repeat {
            let answer = try fixture.query(Self.customers, ["first": 2, "after": after])
            found += Self.names(answer, "customers", "lastName")
            let info = answer.at("data.customers.pageInfo")
            after = info?["hasNextPage"] == true ? info?["endCursor"] ?? .null : .null
        } while !after.isNull
        #expect(found == ["b", "c", "a"])
        func search(_ query: String) throws -> [String] {
            Self.names(try fixture.query(Self.customers, ["first": 5, "q": .string(query)]), "customers", "lastName")
        }
        // b changed on the 21st at 22:00, c and a on the 22nd at 10:00 and 22:00.
        #expect(try search("updated_at:>'2026-11-22T01:00:00Z'") == [], "later on the same day is not after it")
        #expect(try search("updated_at:>='2026-11-22T23:00:00Z'") == ["c", "a"])
        #expect(try search("updated_at:<'2026-11-22T23:00:00Z'") == ["b"])
        #expect(try search(#"email:"A@example.com""#) == ["a"])
        #expect(try search(#"email:'b@example.com' AND updated_at:>='2026-11-22'"#) == [])
        #expect(try search("NOT last_name:b AND state:enabled") == ["c", "a"])
        let loose = try fixture.query(Self.customers, ["first": 5, "q": "email:a@example.com"])
        #expect(loose.at("errors.0.extensions.code") == "BAD_REQUEST", "Shopify would match its parts")
    }

    @Test("orders are found by customer, by quoted e-mail and by time, also together")
    func orderSearch() throws {
        var fixture = ShopifyFixture()
        let id = try #require(
            try fixture.act(#"{"do":"place_order","email":"jo@example.com","lines":[{"sku":"MUG-WHITE"}]}"#).at(
                "ids.customer")?.int64)
        fixture.wait(60)
        try fixture.act(#"{"do":"place_order","email":"al@example.com","lines":[{"sku":"MUG-WHITE"}]}"#)
        fixture.wait(60)
        try fixture.act(#"{"do":"place_order","email":"jo@example.com","lines":[{"sku":"MUG-WHITE"}]}"#)
        func search(_ query: String) throws -> [String] {
            let text = "query($q: String) { orders(first: 9, sortKey: UPDATED_AT, query: $q) { nodes { name } } }"
            return Self.names(try fixture.query(text, ["q": .string(query)]), "orders", "name")
        }
        #expect(try search("customer_id:\(id)") == ["#1001", "#1003"])
        #expect(try search(#"email:"al@example.com""#) == ["#1002"])
        #expect(try search("customer_id:\(id) AND updated_at:>'2026-11-21T10:00:30Z'") == ["#1003"])
        #expect(try search(#"email:"jo@example.com" AND updated_at:<='2026-11-21T10:00:30Z'"#) == ["#1001"])
        let loose = try fixture.query(#"{orders(first:1,query:"email:jo@example.com"){nodes{name}}}"#)
        #expect(loose.at("errors.0.extensions.code") == "BAD_REQUEST")
    }

    @Test("a scope that the app lacks is ACCESS_DENIED", arguments: ["customers(first: 1)", "products(first: 1)"])
    func scopes(field: String) throws {
        var fixture = ShopifyFixture { $0.accessScopes = ["read_orders"] }
        let answer = try fixture.query("{ \(field) { nodes { id } } }")
        #expect(answer.at("errors.0.extensions.code") == "ACCESS_DENIED")
        #expect(answer["data"] == nil)
        var granted = ShopifyFixture()
        #expect(try granted.query("{ \(field) { nodes { id } } }")["errors"] == nil)
        let scopes = try granted.query("{ currentAppInstallation { accessScopes { handle } } }").text()
        for scope in ["read_customers", "read_customer_merge", "read_products", "read_all_orders"] {
            #expect(scopes.contains("\"\(scope)\""))
        }
    }

    @Test("without read_all_orders an older order reads as null, by its id too")
    func window() throws {
        var fixture = ShopifyFixture { $0.accessScopes = ["read_orders", "read_customers"] }
        let id = try #require(
            try fixture.act(#"{"do":"place_order","lines":[{"sku":"MUG-WHITE"}]}"#).at("ids.order")?.int64)
        fixture.wait(61 * 86_400)
        let gid = JSON.string("gid://shopify/Order/\(id)")
        let text = "query($id: ID!, $ids: [ID!]!) { order(id: $id) { id } nodes(ids: $ids) { id } }"
        #expect(try fixture.query(text, ["id": gid, "ids": [gid]])["data"] == ["order": nil, "nodes": [nil]])
    }

    @Test("E10 products have their variants, options, prices and picture; variants are paged")
    func products() throws {
        var fixture = ShopifyFixture()
        try fixture.act(
            #"""
            {"do":"update_product","sku":"TEE-RED-M","price":"20.00","compare_at_price":"25.00","inventory":7,
             "barcode":"4006381333931","tags":["new","summer"]}
            """#)
        let text = """
            query($q: String, $after: String) { products(first: 20, sortKey: UPDATED_AT, query: $q) {
              nodes { id title handle vendor productType status tags descriptionHtml createdAt updatedAt publishedAt
                featuredMedia { preview { image { url } } ... on MediaImage { image { url } } }
                variants(first: 2, after: $after, sortKey: POSITION) {
                  nodes { id sku media(first: 1) { nodes { alt } } barcode title price compareAtPrice
                  selectedOptions { name value } inventoryQuantity inventoryItem { tracked } }
                  pageInfo { hasNextPage endCursor } } } } }
            """
        let answer = try fixture.query(text, ["q": "sku:TEE-RED-M"])
        let tee = try #require(answer.at("data.products.nodes.0"))
        #expect(tee["title"] == "Tee" && tee["handle"] == "tee" && tee["status"] == "ACTIVE")
        #expect(tee["tags"] == ["new", "summer"] && tee["updatedAt"] == "2026-11-21T10:00:00Z")
        #expect(tee["publishedAt"] == "2025-01-01T00:00:00Z")
        #expect(tee.at("featuredMedia.preview.image.url") == tee.at("featuredMedia.image.url"))
        let variants = try #require(tee.at("variants.nodes")?.array)
        #expect(variants.map { $0["sku"] } == ["TEE-RED-S", "TEE-RED-M"])
        #expect(variants[0].at("media.nodes") == [])
        #expect(variants[0]["price"] == "25.00" && variants[0]["compareAtPrice"] == .null)
        #expect(variants[1]["price"] == "20.00" && variants[1]["compareAtPrice"] == "25.00")
        #expect(variants[1]["title"] == "Red / M" && variants[1]["barcode"] == "4006381333931")
        #expect(
            variants[1]["selectedOptions"]
                == [["name": "Colour", "value": "Red"], ["name": "Size", "value": "M"]])
        #expect(variants[1]["inventoryQuantity"] == 7 && variants[1].at("inventoryItem.tracked") == true)
        let end = try #require(tee.at("variants.pageInfo.endCursor"))
        #expect(tee.at("variants.pageInfo.hasNextPage") == true)
        let rest = try fixture.query(text, ["q": "sku:TEE-RED-M", "after": end])
        #expect(rest.at("data.products.nodes.0.variants.nodes.0.sku") == "TEE-BLUE-M")
        let changed = try fixture.query(text, ["q": "updated_at:>'2026-11-20T00:00:00Z'"])
        #expect(Self.names(changed, "products", "title") == ["Tee"])
        let all = try fixture.query("{ products(first: 50) { nodes { title } } }")
        #expect(Self.names(all, "products", "title").count == 8)
        let node = try fixture.query(
            "query($id: ID!) { node(id: $id) { ... on Product { title } } product(id: $id) { totalInventory } }",
            ["id": tee["id"] ?? .null])
        #expect(node.at("data.node.title") == "Tee" && node.at("data.product.totalInventory") == 207)
    }
}
