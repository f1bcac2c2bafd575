import JSON
import Testing
import Transport

@testable import Twins

@Suite("Shopify twin: products")
struct ShopifyProductTests {
    @Test("a product is created, gains a variant, changes and is deleted, each with its topic")
    func life() throws {
        var fixture = ShopifyFixture()
        let made = try fixture.act(
            #"{"do":"create_product","sku":"PEN-BLUE","title":"Pen","option":"Blue","price":"3.00","tags":["office"]}"#)
        let id = try #require(made.at("ids.product")?.int64)
        try fixture.act(#"{"do":"create_product","product":\#(id),"sku":"PEN-RED","option":"Red","price":"3.00"}"#)
        fixture.wait(5)
        try fixture.act(#"{"do":"update_product","product":"pen","title":"Good pen","price":"4.00","status":"draft"}"#)
        let hooks = fixture.deliver()
        #expect(hooks.map(\.topic) == ["products/create", "products/update", "products/update"])
        let product = hooks[2].json
        #expect(product["id"] == JSON(id) && product["title"] == "Good pen" && product["tags"] == "office")
        #expect(product["status"] == "draft" && product["published_at"] == .null)
        #expect(product["updated_at"] == "2026-11-21T10:00:05+00:00")
        #expect(product["variants"]?.array?.map { $0["option1"] } == ["Blue", "Red"])
        #expect(product["variants"]?.array?.map { $0["price"] } == ["4.00", "4.00"])
        #expect(product.at("options.0.values") == ["Blue", "Red"])
        #expect(product["variant_gids"]?.array?.count == 2)
        #expect(try #require(product.at("variants.0.id")?.int64) > 1 << 53)
        try fixture.act(#"{"do":"delete_product","sku":"PEN-RED"}"#)
        #expect(fixture.deliver().map(\.json) == [["id": JSON(id)]])
        for wrong in [
            #"{"do":"update_product","product":\#(id),"title":"x"}"#, #"{"do":"delete_product","sku":"PEN-RED"}"#,
            #"{"do":"update_product","sku":"MUG-WHITE","status":"gone"}"#, #"{"do":"update_product"}"#,
            #"{"do":"create_product","sku":"MUG-WHITE","price":1}"#,
            #"{"do":"create_product","product":"mug","sku":"MUG-2","option":"a / b","price":1}"#,
        ] { try fixture.refused(wrong) }
        #expect(fixture.deliver().isEmpty)
    }

    @Test("a SKU is shared where that is meant, and can be changed; an action that names it alone means the first")
    func sharedSKU() throws {
        var fixture = ShopifyFixture()
        let copy = try fixture.act(
            #"{"do":"create_product","sku":"MUG-WHITE","shares_sku":true,"title":"Mug, copy","price":"9.00"}"#)
        try fixture.act(#"{"do":"set_stock","sku":"MUG-WHITE","quantity":1}"#)
        try fixture.act(#"{"do":"update_product","product":"mug-copy","sku":"MUG-WHITE","new_sku":"MUG-COPY"}"#)
        let hooks = fixture.deliver()
        #expect(hooks.map { $0.json["title"] } == ["Mug, copy", "Mug", "Mug, copy"])
        #expect(hooks.map { $0.json.at("variants.0.sku") } == ["MUG-WHITE", "MUG-WHITE", "MUG-COPY"])
        #expect(hooks[0].json["id"] == copy.at("ids.product"))
    }

    @Test("a shop sells in another currency before its first order: prices stay the numbers they are")
    func currency() throws {
        var fixture = ShopifyFixture()
        try fixture.act(#"{"do":"set_currency","currency":"JPY"}"#)
        try fixture.act(#"{"do":"update_product","sku":"MUG-WHITE","price":"1250"}"#)
        #expect(fixture.deliver().last?.json.at("variants.0.price") == "1250", "no product names a currency")
        try fixture.act(#"{"do":"cart","lines":[{"sku":"MUG-WHITE"}]}"#)
        let line = fixture.deliver().last?.json.at("line_items.0.price_set.shop_money")
        #expect(line?["currency_code"] == "JPY" && line?["amount"] == "1250")
        try fixture.refused(#"{"do":"set_currency","currency":"yen"}"#)
        try fixture.act(#"{"do":"place_order","guest":true,"lines":[{"sku":"MUG-WHITE"}]}"#)
        #expect(fixture.deliver().last?.json["currency"] == "JPY")
        try fixture.refused(#"{"do":"set_currency","currency":"EUR"}"#)
    }

    @Test("a variant's price and stock change alone, zero takes the comparison away")
    func variant() throws {
        var fixture = ShopifyFixture()
        try fixture.act(#"{"do":"update_product","sku":"TEE-RED-M","compare_at_price":"30.00","inventory":3}"#)
        try fixture.act(#"{"do":"update_product","sku":"TEE-RED-M","compare_at_price":"0"}"#)
        let hooks = fixture.deliver()
        #expect(hooks[0].json["variants"]?.array?.map { $0["compare_at_price"] } == [.null, "30.00", .null])
        #expect(hooks[1].json["variants"]?.array?.map { $0["compare_at_price"] } == [.null, .null, .null])
        #expect(hooks[1].json["variants"]?.array?.map { $0["inventory_quantity"] } == [100, 3, 100])
    }

    @Test("lines of a deleted product keep their words and lose their ids, on both sides")
    func deleted() throws {
        var fixture = ShopifyFixture()
        let id = try #require(
            try fixture.act(#"{"do":"place_order","guest":true,"lines":[{"sku":"MUG-WHITE"}]}"#).at("ids.order")?.int64)
        try fixture.act(#"{"do":"delete_product","sku":"MUG-WHITE"}"#)
        try fixture.act(##"{"do":"update_order","order":"#1001","note":"n"}"##)
        let line = try #require(fixture.deliver().last?.json.at("line_items.0"))
        #expect(line["title"] == "Mug" && line["sku"] == "MUG-WHITE" && line["product_exists"] == false)
        #expect(line["variant_id"] == .null && line["product_id"] == .null)
        let text =
            "query($id: ID!) { order(id: $id) { lineItems(first: 1) { nodes { sku variant { id } product { id } } } } }"
        let read = try fixture.query(text, ["id": .string("gid://shopify/Order/\(id)")])
        #expect(read.at("data.order.lineItems.nodes.0") == ["sku": "MUG-WHITE", "variant": nil, "product": nil])
        try fixture.refused(#"{"do":"place_order","lines":[{"sku":"MUG-WHITE"}]}"#)
    }

    @Test("with product noise an order lowers the stock and tells of each product; without, of none")
    func noise() throws {
        let action = """
            {"do":"place_order","guest":true,
             "lines":[{"sku":"TEE-RED-M","quantity":2},{"sku":"TEE-RED-S"},{"sku":"MUG-WHITE"}]}
            """
        var fixture = ShopifyFixture { $0.productNoise = true }
        try fixture.act(action)
        let hooks = fixture.deliver().filter { $0.topic == "products/update" }
        #expect(hooks.map { $0.json["title"] } == ["Tee", "Mug"])
        #expect(hooks[0].json["variants"]?.array?.map { $0["inventory_quantity"] } == [99, 98, 100])
        var quiet = ShopifyFixture()
        try quiet.act(action)
        #expect(!quiet.deliver().contains { $0.topic == "products/update" })
    }
}
