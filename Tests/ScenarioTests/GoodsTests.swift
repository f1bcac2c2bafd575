import Foundation
import JSON
import Testing

/// Rows of goods: what their prices are in, and whose they are.
@Suite("Goods", .timeLimit(.minutes(10)))
struct GoodsTests {
    /// A row of the catalogue `variants`.
    private static func row(_ sku: String, _ stage: Stage) async throws -> JSON? {
        let catalogs = try await stage.crm.state()["catalogs"]?.array ?? []
        let items = catalogs.first { $0["name"] == "variants" }?["items"]?.array ?? []
        return items.first { $0["item_id"]?.string == sku }?["properties"]
    }

    /// Reads of whole products, by how often the shop was asked.
    private static func productReads(_ shop: Twin) async throws -> Int {
        try await shop.calls().calls.count { $0.text().contains("query ProductsByID") }
    }

    private static func carts(_ stage: Stage, _ token: String) async throws -> [Belief.Event] {
        try await stage.belief().events.filter { $0.type == "cart_update" && $0["cart_id"]?.string == token }
    }

    @Test("law 8 E10 a yen shop in a pound brand: no price is told without a rate, and with one it is pounds")
    func yen() async throws {
        // Without polls: a list of changes that is faster than a web hook has its products read.
        try await Stage.with(["poll_interval": "1h"], serving: false, hasOutlet: true) { stage in
            let outlet = try #require(stage.outlet)
            try await outlet.act(["do": "set_currency", "currency": "JPY"])
            try stage.edit { $0.replacing("master: shop", with: "master: outlet") }
            try await stage.serve()
            try await outlet.act(["do": "update_product", "sku": "MUG-WHITE", "price": "2500", "inventory": 7])
            try await outlet.act(["do": "cart", "token": "c1", "lines": [["sku": "MUG-WHITE", "quantity": 2]]])
            try await stage.settled()
            var mug = try #require(try await Self.row("MUG-WHITE", stage))
            #expect(mug["title"] == "Mug" && mug["stock_level"] == 7)
            for name in ["price", "original_price", "discount_value"] { #expect(mug[name] == nil, "\(name)") }
            let basket = try #require(try await Self.carts(stage, "c1").first)
            #expect(basket["total_price"] == nil && basket["product_list"]?[0]?["price"] == nil)
            #expect(money(basket["total_price_local_currency"]) == 5_000 && basket["local_currency"] == "JPY")
            let exceptions = try await stage.exceptions(of: "rate_missing")
            #expect(exceptions.map { $0["entity"] } == ["outlet prices"])
            #expect(exceptions.first?["cause"]?.string?.contains("JPY") == true)
            let retried = try await stage.command("exceptions", "retry", exceptions.first?["id"]?.string ?? "")
            #expect(retried.status == 1 && retried.errors.contains("closes itself"), "\(retried.errors)")

            // Its currency is known by now: sales ask the shop for nothing. Two within one second would have to.
            let reads = try await Self.productReads(outlet)
            for stock in 1...4 {
                try await pass(.milliseconds(1_100))
                try await outlet.act(["do": "set_stock", "sku": "MUG-WHITE", "quantity": JSON(stock)])
            }
            try await stage.settled()
            #expect(try await Self.row("MUG-WHITE", stage)?["stock_level"] == 4)
            #expect(try await Self.productReads(outlet) == reads)

            #expect(try await stage.stop() == 0)
            let today = Date.now.ISO8601Format(.iso8601.year().month().day())
            try Data("date,from,to,rate\n\(today),JPY,GBP,0.005\n".utf8)
                .write(to: stage.folder.appending(path: "rates.csv"))
            try stage.edit { $0.replacing("store: ", with: "rates: ./rates.csv\nstore: ") }
            try await stage.serve()
            try await outlet.act([
                "do": "update_product", "sku": "MUG-WHITE", "price": "2000", "compare_at_price": "2500",
            ])
            try await outlet.act(["do": "cart", "token": "c2", "lines": [["sku": "MUG-WHITE", "quantity": 3]]])
            try await stage.settled()
            mug = try #require(try await Self.row("MUG-WHITE", stage))
            #expect(money(mug["price"]) == 10 && money(mug["original_price"]) == Decimal(string: "12.5"))
            #expect(money(mug["discount_value"]) == Decimal(string: "2.5") && mug["discount_percentage"] == 20)
            let converted = try #require(try await Self.carts(stage, "c2").first)
            #expect(money(converted["total_price"]) == 30)
            #expect(money(converted["total_price_local_currency"]) == 6_000)
            #expect(try await stage.exceptions(of: "rate_missing").isEmpty)
        }
    }

    @Test("E10 one SKU in two products: the older has the row, whoever was heard of first, also after a crash")
    func sharedSKU() async throws {
        try await Stage.with(hasOutlet: true) { stage in
            let copy = try await stage.shop.act([
                "do": "create_product", "sku": "MUG-WHITE", "shares_sku": true, "title": "Mug, copy", "price": "9.00",
            ])["product"]
            try await stage.settled()
            // The mug was there before the connector, and nobody has told of it yet.
            #expect(try await Self.row("MUG-WHITE", stage)?["title"] == "Mug, copy")
            try await stage.crash()
            try await stage.serve()
            try await stage.shop.act(["do": "update_product", "product": "mug", "tags": ["kitchen"]])
            try await stage.settled()
            #expect(try await Self.row("MUG-WHITE", stage)?["title"] == "Mug")
            let open = try await stage.exceptions()
            #expect(open.map { $0["kind"] } == ["product_unknown"] && open.first?["owner"] == "operations")
            #expect(open.first?["entity"]?.string == "shop/product/\(copy?.decimalText ?? "?")")
            let cause = open.first?["cause"]?.string ?? ""
            for part in ["MUG-WHITE", "\"Mug, copy\"", "\"Mug\"", "another SKU"] {
                #expect(cause.contains(part), "\(cause)")
            }
            let story = try await stage.trace("MUG-WHITE")
            #expect(story.entities.count == 2)
            #expect(!story.items("decision", reason: "exception_open", type: "variant_row").isEmpty)

            // The younger one's changes do not show; the older one's do.
            try await stage.shop.act(["do": "update_product", "product": "mug-copy", "title": "Mug, better copy"])
            try await stage.shop.act(["do": "update_product", "product": "mug", "title": "Mug, white"])
            try await stage.settled()
            #expect(try await Self.row("MUG-WHITE", stage)?["title"] == "Mug, white")

            try await stage.shop.act([
                "do": "update_product", "product": "mug-copy", "sku": "MUG-WHITE", "new_sku": "MUG-COPY",
            ])
            try await stage.settled()
            #expect(try await Self.row("MUG-COPY", stage)?["title"] == "Mug, better copy")
            #expect(try await Self.row("MUG-WHITE", stage)?["active"] == true)
            #expect(try await stage.exceptions().isEmpty)

            // Back again; and the older one is taken out of the shop.
            try await stage.shop.act([
                "do": "update_product", "product": "mug-copy", "sku": "MUG-COPY", "new_sku": "MUG-WHITE",
            ])
            try await stage.settled()
            #expect(try await stage.exceptions().count == 1)
            #expect(try await Self.row("MUG-COPY", stage)?["active"] == false)
            try await stage.shop.act(["do": "update_product", "product": "mug", "status": "archived"])
            try await stage.settled()
            let row = try await Self.row("MUG-WHITE", stage)
            #expect(row?["title"] == "Mug, better copy" && row?["active"] == true)
            #expect(try await stage.exceptions().isEmpty)
        }
    }

    @Test("E10 one SKU in two shops of a brand without a master is one row, and one open question")
    func twoShops() async throws {
        try await Stage.with(serving: false, hasOutlet: true) { stage in
            let outlet = try #require(stage.outlet)
            try stage.edit { $0.replacing(", master: shop", with: "") }
            let check = try await stage.command("check")
            #expect(check.status == 0 && check.output.contains("older product has the row"), "\(check.output)")
            try await stage.serve()
            // The twins made both caps in the same second and gave them the same number: the name of the shop decides.
            for price in ["17.00", "16.00"] {
                try await stage.shop.act(["do": "update_product", "sku": "CAP-BLACK", "price": .string(price)])
                try await outlet.act(["do": "update_product", "sku": "CAP-BLACK", "price": .string("1" + price)])
                try await stage.settled()
                #expect(money(try await Self.row("CAP-BLACK", stage)?["price"]) == Decimal(string: "1" + price))
            }
            let open = try await stage.exceptions(of: "product_unknown")
            #expect(open.count == 1 && open.first?["entity"]?.string?.hasPrefix("shop/product/") == true)
            #expect(open.first?["cause"]?.string?.contains("of outlet") == true)
            try await outlet.act(["do": "delete_product", "sku": "CAP-BLACK"])
            try await stage.settled()
            #expect(money(try await Self.row("CAP-BLACK", stage)?["price"]) == 16)
            #expect(try await stage.exceptions(of: "product_unknown").isEmpty)
        }
    }
}
