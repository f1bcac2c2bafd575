import Foundation
import JSON
import Testing

/// Rows of goods: what their prices are in, and whose they are.
@Suite("Goods", .timeLimit(.minutes(10)))
struct GoodsTests {
    /// A row of the catalogue `variants`.
    private static func row(_ sku: String, _ installation: TestInstallation) async throws -> JSON? {
        let catalogs = try await installation.crm.state()["catalogs"]?.array ?? []
        let items = catalogs.first { $0["name"] == "variants" }?["items"]?.array ?? []
        return items.first { $0["item_id"]?.string == sku }?["properties"]
    }

    /// Reads of whole products, by how often the shop was asked.
    private static func productReads(_ shop: Twin) async throws -> Int {
        try await shop.calls().calls.count { $0.text().contains("query ProductsByID") }
    }

    private static func carts(_ installation: TestInstallation, _ token: String) async throws -> [DestinationSnapshot
        .Event]
    {
        try await installation.snapshot().events.filter { $0.type == "cart_update" && $0["cart_id"]?.string == token }
    }

    @Test("law 8 E10 a yen shop in a pound brand: no price is told without a rate, and with one it is pounds")
    func yen() async throws {
        // Without polls: a list of changes that is faster than a webhook has its products read.
        try await TestInstallation.with(["poll_interval": "1h"], serving: false, hasOutlet: true) { installation in
            let outlet = try #require(installation.outlet)
            try await outlet.act(["do": "set_currency", "currency": "JPY"])
            try installation.edit { $0.replacing("master: shop", with: "master: outlet") }
            try await installation.serve()
            try await outlet.act(["do": "update_product", "sku": "MUG-WHITE", "price": "2500", "inventory": 7])
            try await outlet.act(["do": "cart", "token": "c1", "lines": [["sku": "MUG-WHITE", "quantity": 2]]])
            try await installation.settled()
            var mug = try #require(try await Self.row("MUG-WHITE", installation))
            #expect(mug["title"] == "Mug" && mug["stock_level"] == 7)
            for name in ["price", "original_price", "discount_value"] { #expect(mug[name] == nil, "\(name)") }
            let basket = try #require(try await Self.carts(installation, "c1").first)
            #expect(basket["total_price"] == nil && basket["product_list"]?[0]?["price"] == nil)
            #expect(money(basket["total_price_local_currency"]) == 5_000 && basket["local_currency"] == "JPY")
            let exceptions = try await installation.exceptions(of: "rate_missing")
            #expect(exceptions.map { $0["entity"] } == ["outlet prices"])
            #expect(exceptions.first?["cause"]?.string?.contains("JPY") == true)
            let retried = try await installation.command("exceptions", "retry", exceptions.first?["id"]?.string ?? "")
            #expect(retried.status == 1 && retried.errors.contains("resolves itself"), "\(retried.errors)")

            // Its currency is known by now: sales ask the shop for nothing. Two within one second would have to.
            let reads = try await Self.productReads(outlet)
            for stock in 1...4 {
                try await pass(.milliseconds(1_100))
                try await outlet.act(["do": "set_stock", "sku": "MUG-WHITE", "quantity": JSON(stock)])
            }
            try await installation.settled()
            #expect(try await Self.row("MUG-WHITE", installation)?["stock_level"] == 4)
            #expect(try await Self.productReads(outlet) == reads)

            #expect(try await installation.stop() == 0)
            let today = Date.now.ISO8601Format(.iso8601.year().month().day())
            try Data("date,from,to,rate\n\(today),JPY,GBP,0.005\n".utf8)
                .write(to: installation.folder.appending(path: "rates.csv"))
            try installation.edit { $0.replacing("store: ", with: "rates: ./rates.csv\nstore: ") }
            try await installation.serve()
            try await outlet.act([
                "do": "update_product", "sku": "MUG-WHITE", "price": "2000", "compare_at_price": "2500",
            ])
            try await outlet.act(["do": "cart", "token": "c2", "lines": [["sku": "MUG-WHITE", "quantity": 3]]])
            try await installation.settled()
            mug = try #require(try await Self.row("MUG-WHITE", installation))
            #expect(money(mug["price"]) == 10 && money(mug["original_price"]) == Decimal(string: "12.5"))
            #expect(money(mug["discount_value"]) == Decimal(string: "2.5") && mug["discount_percentage"] == 20)
            let converted = try #require(try await Self.carts(installation, "c2").first)
            #expect(money(converted["total_price"]) == 30)
            #expect(money(converted["total_price_local_currency"]) == 6_000)
            #expect(try await installation.exceptions(of: "rate_missing").isEmpty)
        }
    }

    @Test("E10 one SKU in two products: the older has the row, whoever was heard of first, also after a crash")
    func sharedSKU() async throws {
        try await TestInstallation.with(hasOutlet: true) { installation in
            let copy = try await installation.shop.act([
                "do": "create_product", "sku": "MUG-WHITE", "shares_sku": true, "title": "Mug, copy", "price": "9.00",
            ])["product"]
            try await installation.settled()
            // The mug was there before the connector, and nobody has told of it yet.
            #expect(try await Self.row("MUG-WHITE", installation)?["title"] == "Mug, copy")
            try await installation.crash()
            try await installation.serve()
            try await installation.shop.act(["do": "update_product", "product": "mug", "tags": ["kitchen"]])
            try await installation.settled()
            #expect(try await Self.row("MUG-WHITE", installation)?["title"] == "Mug")
            let open = try await installation.exceptions()
            #expect(open.map { $0["kind"] } == ["product_unknown"] && open.first?["owner"] == "operations")
            #expect(open.first?["entity"]?.string == "shop/product/\(copy?.decimalText ?? "?")")
            let cause = open.first?["cause"]?.string ?? ""
            for part in ["MUG-WHITE", "\"Mug, copy\"", "\"Mug\"", "another SKU"] {
                #expect(cause.contains(part), "\(cause)")
            }
            let story = try await installation.trace("MUG-WHITE")
            #expect(story.entities.count == 2)
            #expect(!story.items("decision", reason: "exception_open", type: "variant_row").isEmpty)

            // The younger one's changes do not show; the older one's do.
            try await installation.shop.act([
                "do": "update_product", "product": "mug-copy", "title": "Mug, better copy",
            ])
            try await installation.shop.act(["do": "update_product", "product": "mug", "title": "Mug, white"])
            try await installation.settled()
            #expect(try await Self.row("MUG-WHITE", installation)?["title"] == "Mug, white")

            try await installation.shop.act([
                "do": "update_product", "product": "mug-copy", "sku": "MUG-WHITE", "new_sku": "MUG-COPY",
            ])
            try await installation.settled()
            #expect(try await Self.row("MUG-COPY", installation)?["title"] == "Mug, better copy")
            #expect(try await Self.row("MUG-WHITE", installation)?["active"] == true)
            #expect(try await installation.exceptions().isEmpty)

            // Back again; and the older one is taken out of the shop.
            try await installation.shop.act([
                "do": "update_product", "product": "mug-copy", "sku": "MUG-COPY", "new_sku": "MUG-WHITE",
            ])
            try await installation.settled()
            #expect(try await installation.exceptions().count == 1)
            #expect(try await Self.row("MUG-COPY", installation)?["active"] == false)
            try await installation.shop.act(["do": "update_product", "product": "mug", "status": "archived"])
            try await installation.settled()
            let row = try await Self.row("MUG-WHITE", installation)
            #expect(row?["title"] == "Mug, better copy" && row?["active"] == true)
            #expect(try await installation.exceptions().isEmpty)
        }
    }

    @Test("E10 one SKU in two shops of a brand without a master is one row, and one open question")
    func twoShops() async throws {
        try await TestInstallation.with(serving: false, hasOutlet: true) { installation in
            let outlet = try #require(installation.outlet)
            try installation.edit { $0.replacing(", master: shop", with: "") }
            let check = try await installation.command("check")
            #expect(check.status == 0 && check.output.contains("older product has the row"), "\(check.output)")
            try await installation.serve()
            // The twins made both caps in the same second and gave them the same number: the name of the shop decides.
            for price in ["17.00", "16.00"] {
                try await installation.shop.act(["do": "update_product", "sku": "CAP-BLACK", "price": .string(price)])
                try await outlet.act(["do": "update_product", "sku": "CAP-BLACK", "price": .string("1" + price)])
                try await installation.settled()
                #expect(money(try await Self.row("CAP-BLACK", installation)?["price"]) == Decimal(string: "1" + price))
            }
            let open = try await installation.exceptions(of: "product_unknown")
            #expect(open.count == 1 && open.first?["entity"]?.string?.hasPrefix("shop/product/") == true)
            #expect(open.first?["cause"]?.string?.contains("of outlet") == true)
            try await outlet.act(["do": "delete_product", "sku": "CAP-BLACK"])
            try await installation.settled()
            #expect(money(try await Self.row("CAP-BLACK", installation)?["price"]) == 16)
            #expect(try await installation.exceptions(of: "product_unknown").isEmpty)
        }
    }
}
