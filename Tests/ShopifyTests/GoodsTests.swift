import Commerce
import JSON
import Sync
import Testing

@testable import Shopify

@Suite("What a webhook tells about baskets and products")
struct GoodsTests {
    let bundle = ShopBundle()

    // MARK: Baskets

    @Test(
        "a cart is a whole basket of nobody", .enabled(if: Specs.areHere), arguments: ["carts/create", "carts/update"])
    func cartSamples(topic: String) throws {
        let observation = try #require(bundle.observation(topic, try Specs.payload(topic)))
        let cart = try #require(observation.cart)
        #expect(observation.key == bundle.key(.cart, "cart-exampleCartId"))
        #expect(observation.isPartial == false)
        #expect(cart.id == "exampleCartId" && cart.stage == .cart && cart.buyer == Buyer())
        #expect(cart.total == nil && cart.completedAt == nil)
        #expect(cart.lines.map(\.quantity) == [3])
        #expect(cart.lines.map(\.unitPrice.description) == ["19.99"])
        #expect(cart.worth?.shop.description == "59.97 USD" && cart.worth?.presentment.description == "59.97 USD")
        #expect(cart.updatedAt == Instant(iso8601: "2022-01-01T00:00:00Z"))
    }

    @Test(
        "money comes as text or number, exact to the last digit",
        arguments: [
            ("0.10", "0.1"), (.number(JSONNumber(exactly: "0.1")), "0.1"),
            (.number(JSONNumber(exactly: "1234567890.123457")), "1234567890.123457"), ("19.999999", "19.999999"),
        ] as [(JSON, String)])
    func exactMoney(price: JSON, text: String) throws {
        let cart = try #require(bundle.observation("carts/update", SampleGoods.cart(price: price))?.cart)
        #expect(cart.lines.first?.unitPrice.description == text)
        let line = SampleGoods.checkoutLine(price: price)
        let checkout = bundle.observation("checkouts/update", SampleGoods.checkout(lines: [line]))?.cart
        #expect(checkout?.lines.first?.unitPrice.description == text)
        #expect(cart.lines.first?.variantID == "704912205188288575")
    }

    @Test("law 8 a cart's prices are in the two currencies that its lines name, or in none")
    func cartCurrencies() throws {
        let line = try #require(SampleGoods.cart()["line_items"]?[0])
        func cart(_ lines: [JSON]) throws -> Cart {
            let payload = SampleGoods.cart().with("line_items", .array(lines))
            return try #require(bundle.observation("carts/update", payload)?.cart)
        }
        func set(_ shop: JSON, _ buyer: JSON) -> JSON {
            [
                "shop_money": ["amount": shop, "currency_code": "JPY"],
                "presentment_money": ["amount": buyer, "currency_code": "EUR"],
            ]
        }
        let both = try cart([line.with("discounted_price_set", set("3000", "18.50"))])
        #expect(both.worth?.shop.description == "9000 JPY" && both.worth?.presentment.description == "55.5 EUR")
        #expect(try cart([line]).worth == nil, "a plain number is in no currency")
        let mixed = try cart([line, line.with("discounted_price_set", set("3000", "18.50"))])
        #expect(mixed.worth == nil && mixed.lines.map { mixed.unitPrice(of: $0) == nil } == [true, false])
        let broken = SampleGoods.cart().with(
            "line_items", [line.with("discounted_price_set", ["shop_money": ["amount": "1"]])])
        #expect(bundle.observation("carts/update", broken)?.unreadableCode == "shopify_missing_field")
    }

    @Test("a checkout knows its cart, its buyer and its total", .enabled(if: Specs.areHere))
    func checkoutSamples() throws {
        for topic in ["checkouts/create", "checkouts/update"] {
            let observation = try #require(bundle.observation(topic, try Specs.payload(topic)))
            let cart = try #require(observation.cart)
            #expect(observation.key == bundle.key(.cart, "checkout-123123123"))
            #expect(cart.stage == .checkout && cart.cartID == "eeafa272cebfd4b22385bc4b645e762c")
            #expect(cart.buyer.email == .known("example@email.com"))
            #expect(cart.buyer.phone == .unknown)
            #expect(cart.buyer.customerID == .known("603851970716743400"))
            #expect(cart.total?.description == "421.88 USD")
            #expect(cart.recoveryURL?.hasPrefix("https://checkout.local/") == true)
            #expect(cart.completedAt == nil && cart.lines.count == 2)
        }
    }

    @Test("a basket's secret is no part of its name, and a placed one says so")
    func completed() throws {
        let placed = SampleGoods.checkout().with("completed_at", "2026-11-02T10:10:00+01:00")
        let cart = try #require(bundle.observation("checkouts/update", placed)?.cart)
        #expect(cart.cartToken == "cart-token-1")
        #expect(cart.completedAt == Instant(iso8601: "2026-11-02T09:10:00Z"))
        let keyed = bundle.observation("carts/update", SampleGoods.cart(token: "abc?key=secret"))
        #expect(keyed?.key == bundle.key(.cart, "cart-abc"))
        #expect(keyed?.cart?.id == "abc")
    }

    @Test("a checkout's unit price is after what was given off its line")
    func allocations() throws {
        let line = SampleGoods.checkoutLine(
            quantity: 3, price: "10.00", allocations: [["amount": "1.00"], ["amount": "0.50"]])
        let cart = bundle.observation("checkouts/update", SampleGoods.checkout(lines: [line]))?.cart
        #expect(cart?.lines.first?.unitPrice.description == "9.5")
        let none = SampleGoods.checkoutLine(quantity: 0, allocations: [["amount": "1.00"]])
        let empty = bundle.observation("checkouts/update", SampleGoods.checkout(lines: [none]))?.cart
        #expect(empty?.lines.first?.unitPrice.description == "199")
    }

    @Test("sums that may be in either of two currencies are no total; an empty buyer proves nothing")
    func doubtfulCheckouts() throws {
        let foreign = SampleGoods.checkout().with("presentment_currency", "EUR")
        #expect(bundle.observation("checkouts/update", foreign)?.cart?.total == nil)
        let single = SampleGoods.checkout().with("presentment_currency", nil)
        #expect(bundle.observation("checkouts/update", single)?.cart?.total?.description == "421.88 USD")
        let nobody = SampleGoods.checkout().with("email", JSON.null).with("customer", JSON.null)
        #expect(bundle.observation("checkouts/update", nobody)?.cart?.buyer == Buyer())
    }

    @Test("a deleted checkout is an act where its token is told, and only counted where it is not")
    func checkoutDeletion() throws {
        let act = Act(id: "checkouts/delete/c1", kind: .deleted, at: bundle.now)
        #expect(
            bundle.observation("checkouts/delete", ["token": "c1"]) == .act(bundle.key(.cart, "checkout-c1"), act))
        #expect(
            bundle.observation("checkouts/delete", ["id": 5, "cart_token": "x"]) == .unknownTopic("checkouts/delete"))
        guard Specs.areHere else { return }
        #expect(
            bundle.observation("checkouts/delete", try Specs.payload("checkouts/delete"))
                == .unknownTopic("checkouts/delete"))
    }

    @Test("anonymised and old baskets never crash", .enabled(if: Specs.areHere))
    func otherBaskets() throws {
        for (topic, folder) in [("carts/update", "carts"), ("checkouts/update", "checkouts")] {
            let exemplar = try Specs.json("webhook-exemplars-2025-04/\(folder)/1.json")
            #expect(bundle.observation(topic, exemplar)?.unreadableCode != nil)
            let cart = try #require(bundle.observation(topic, ExemplarFilling.filled(exemplar))?.cart)
            #expect(cart.id == "exemplar-token" && cart.lines.count == 2)
        }
        for cart in try #require(try Specs.json("rest-fixtures-python/carts.json")["carts"]?.array) {
            #expect(bundle.observation("carts/update", cart)?.cart?.lines.first?.unitPrice.description == "1")
        }
        for checkout in try #require(try Specs.json("rest-fixtures-python/checkouts.json")["checkouts"]?.array) {
            #expect(bundle.observation("checkouts/update", checkout)?.cart != nil)
        }
    }

    @Test(
        "a broken basket names the basket where it can",
        arguments: [
            ("line_items", nil, "shopify_missing_field", "cart-cart-token-1"),
            ("updated_at", "soon", "shopify_bad_time", "cart-cart-token-1"),
            ("token", "two words", "shopify_bad_id", nil), ("token", 5, "shopify_bad_field", nil),
        ] as [(String, JSON, String, String?)])
    func brokenBaskets(name: String, value: JSON, code: String, id: String?) throws {
        let observation = try #require(bundle.observation("carts/update", SampleGoods.cart().with(name, value)))
        #expect(observation.unreadableCode == code)
        #expect(observation.key == id.map { bundle.key(.cart, $0) })
        let long = SampleGoods.checkout(token: String(repeating: "x", count: 257))
        #expect(bundle.observation("checkouts/update", long)?.unreadableCode == "shopify_bad_id")
    }

    // MARK: Products

    @Test(
        "a product comes whole with its variants", .enabled(if: Specs.areHere),
        arguments: ["products/create", "products/update"])
    func productSamples(topic: String) throws {
        let observation = try #require(bundle.observation(topic, try Specs.payload(topic)))
        let product = try #require(observation.product)
        #expect(observation.key == bundle.key(.product, "788032119674292900"))
        #expect(product.priceCurrency == nil && observation.isPartial == true, "a read tells what prices are in")
        #expect(product.status == .active && product.tags == ["example", "mens", "t-shirt"])
        #expect(product.variants.map(\.title) == ["Small", "Medium"])
        #expect(product.variants.map(\.price.description) == ["19.99", "19.99"])
        #expect(product.variants.map(\.compareAtPrice?.description) == ["24.99", "24.99"])
        #expect(product.variants.map(\.inventoryQuantity) == [75, 50])
        #expect(product.variants.map(\.optionValues) == [["Small"], ["Medium"]])
        #expect(product.createdAt == product.updatedAt && product.imageURL == nil)
    }

    @Test("stock that is not counted is nil, oversold stock is below zero, pictures are found by id")
    func variants() throws {
        let variants = [
            SampleGoods.variant(1, stock: nil), SampleGoods.variant(2, stock: -3),
            SampleGoods.variant(3).with("inventory_management", "shopify"),
        ]
        let product = try #require(
            bundle.observation("products/update", SampleGoods.product(variants: variants))?.product)
        #expect(product.variants.map(\.inventoryQuantity) == [nil, -3, 5])
        #expect(product.variants.map(\.imageURL) == [nil, "https://cdn.test/22.png", nil])
        #expect(product.variants.map(\.optionValues) == [["Red", "1"], ["Red", "2"], ["Red", "3"]])
        #expect(product.imageURL == "https://cdn.test/21.png" && product.id == "9007199254740993")
        #expect(product.productType == nil)
    }

    @Test("a product of which not all variants are told is read")
    func cutVariants() throws {
        let whole = SampleGoods.product(variants: (1...100).map { SampleGoods.variant($0) })
        #expect(bundle.observation("products/update", whole)?.product?.variants.count == 100)
        let more = SampleGoods.product(variants: (1...101).map { SampleGoods.variant($0) })
        let cut = more.with("variants", whole["variants"])
        #expect(
            bundle.observation("products/update", cut)
                == .hint(
                    bundle.key(.product, "9007199254740993"), sourceTime: Instant(iso8601: "2026-11-02T10:00:00Z"),
                    eventID: "e1", awaitsCompanion: false))
    }

    @Test("deleted, anonymised and old products", .enabled(if: Specs.areHere))
    func otherProducts() throws {
        let deleted = bundle.observation("products/delete", try Specs.payload("products/delete"))
        let act = Act(id: "products/delete/788032119674292900", kind: .deleted, at: bundle.now)
        #expect(deleted == .act(bundle.key(.product, "788032119674292900"), act))
        let exemplar = try Specs.json("webhook-exemplars-2025-04/products/1.json")
        #expect(bundle.observation("products/update", exemplar)?.unreadableCode == "shopify_bad_amount")
        let filled = ExemplarFilling.filled(exemplar).with("status", "draft")
        #expect(bundle.observation("products/update", filled)?.product?.variants.count == 1)
        let old = try #require(try Specs.json("rest-fixtures-python/product.json")["product"])
        #expect(bundle.observation("products/update", old)?.isHint == true)
        for product in try #require(try Specs.json("rest-fixtures-python/products.json").array) {
            #expect(bundle.observation("products/update", product)?.isHint == true)
        }
    }

    @Test("a broken variant names the product and the place")
    func brokenProducts() throws {
        let variants = [SampleGoods.variant(1), SampleGoods.variant(2).with("price", "dear")]
        let observation = try #require(
            bundle.observation("products/update", SampleGoods.product(variants: variants)))
        guard case .unreadable(let key, "shopify_bad_amount", let detail) = observation else {
            Issue.record("\(observation)")
            return
        }
        #expect(key == bundle.key(.product, "9007199254740993"))
        #expect(detail.contains("variants[1].price") && !detail.contains("dear"))
    }

    @Test("random byte flips of customers, baskets and products never crash", arguments: 0..<20)
    func byteFlips(seed: UInt64) {
        var random = SeededRandom(seed)
        let bodies = [
            SampleGoods.randomCustomer(&random), SampleGoods.cart(), SampleGoods.checkout(),
            SampleGoods.randomProduct(&random),
        ].map { $0.encoded() }
        for _ in 0..<50 {
            var bytes = bodies.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let topic = ShopifyTopic.allCases.randomElement(using: &random)?.rawValue ?? ""
            #expect(bundle.source.observations(in: bundle.receipt(topic, bytes)).count == 1)
        }
    }
}
