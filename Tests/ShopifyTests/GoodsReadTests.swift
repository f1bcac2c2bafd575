import Commerce
import JSON
import Sync
import Testing
import Transport

@testable import Shopify

@Suite("Reads of customers and products")
struct GoodsReadTests {
    let bundle = ShopBundle()

    private func variables(_ wanted: SourceRead.Wanted) throws -> JSON {
        let body = try JSON.parse(bundle.source.request(for: bundle.read(wanted)).body)
        return (body["variables"] ?? nil).with("operation", body["operationName"])
    }
    private func read(_ node: JSON, _ kind: EntityKind, _ id: String) -> Observation? {
        let wanted: SourceRead.Wanted = .entities([bundle.key(kind, id)])
        guard case .found(let found, [], nil) = bundle.interpret(GraphQLTranscription.answer([node]), of: wanted) else {
            return nil
        }
        return found.first
    }

    @Test("a read asks for one kind by its global ids")
    func requests() throws {
        #expect(
            try variables(.entities([bundle.key(.customer, "9007199254740993"), bundle.key(.customer, "x")]))
                == ["ids": ["gid://shopify/Customer/9007199254740993"], "operation": "CustomersByID"])
        #expect(
            try variables(.entities([bundle.key(.product, "7")]))
                == ["ids": ["gid://shopify/Product/7"], "variants": 100, "after": nil, "operation": "ProductsByID"])
    }

    @Test("found, unknown and broken customers of one read are told apart, under keys of their kind")
    func customers() {
        let keys = ["1", "2", "3", "x"].map { bundle.key(.customer, $0) }
        let node = GraphQLTranscription.customer(SampleGoods.customer(id: 1))
        let broken = GraphQLTranscription.customer(SampleGoods.customer(id: 3)).with("state", "HAPPY")
        let answer = bundle.interpret(GraphQLTranscription.answer([node, nil, broken]), of: .entities(keys))
        guard case .found(let found, let missing, nil) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(missing == [keys[1], keys[3]])
        #expect(found.map(\.key) == [keys[0], keys[2]])
        #expect(found.first?.customer?.id == "1" && found.last?.unreadableCode == "shopify_unknown_value")
        let other = GraphQLTranscription.answer([node.with("id", "gid://shopify/Order/1")])
        guard case .unreadable = bundle.interpret(other, of: .entities([keys[0]])) else {
            Issue.record("believed an order to be a customer")
            return
        }
    }

    @Test("a customer read and a customer received are one value where both tell it", arguments: 0..<40)
    func equalCustomers(seed: UInt64) throws {
        var random = SeededRandom(seed)
        let rest = SampleGoods.randomCustomer(&random)
        let id = try #require(rest["id"]?.decimalText)
        let old = try #require(bundle.observation("customers/update", rest)?.customer)
        let node = GraphQLTranscription.customer(rest)
        let told = try #require(read(node, .customer, id)?.customer)
        #expect(told == old)
        var thin = rest
        for name in ["tags", "email_marketing_consent", "sms_marketing_consent"] { thin = thin.with(name, nil) }
        let new = try #require(bundle.observation("customers/update", thin)?.customer)
        #expect(new.or(told) == told)
    }

    @Test(
        "a product read and a product received are one value, but for the currency that only a read tells",
        arguments: 0..<40)
    func equalProducts(seed: UInt64) throws {
        var random = SeededRandom(seed)
        let rest = SampleGoods.randomProduct(&random)
        let received = try #require(bundle.observation("products/update", rest)?.product)
        let told = try #require(read(GraphQLTranscription.product(rest), .product, received.id)?.product)
        #expect(told.priceCurrency == Currency("USD") && received.priceCurrency == nil)
        #expect(told == received.or(told))
    }

    @Test("law 8 a read of products without the shop's currency, or with none that is one, is not believed")
    func productsWithoutCurrency() throws {
        let node = GraphQLTranscription.product(SampleGoods.product(id: 1))
        let answer = GraphQLTranscription.answer([node])
        let data = try #require(answer["data"])
        let wanted: SourceRead.Wanted = .entities([bundle.key(.product, "1")])
        guard case .unreadable = bundle.interpret(answer.with("data", data.with("shop", nil)), of: wanted) else {
            Issue.record("a price without a currency was believed")
            return
        }
        let strange = answer.with("data", data.with("shop", ["currencyCode": "pounds"]))
        guard case .found(let found, [], nil) = bundle.interpret(strange, of: wanted) else {
            Issue.record("no answer")
            return
        }
        #expect(found.map(\.unreadableCode) == ["shopify_bad_field"])
    }

    @Test(
        "B5 every state of consent is read, in upper case",
        arguments: zip(
            ["SUBSCRIBED", "NOT_SUBSCRIBED", "PENDING", "UNSUBSCRIBED", "INVALID", "REDACTED"],
            [.subscribed, .notSubscribed, .pending, .unsubscribed, .invalid, .redacted] as [MarketingConsent.State]))
    func consentStates(word: String, state: MarketingConsent.State) throws {
        let node = GraphQLTranscription.customer(SampleGoods.customer(id: 1))
        let email = try #require(node["defaultEmailAddress"]).with("marketingState", .string(word))
            .with("marketingOptInLevel", "CONFIRMED_OPT_IN").with("marketingUpdatedAt", "2026-01-01T00:00:00Z")
        let customer = read(node.with("defaultEmailAddress", email), .customer, "1")?.customer
        let consent = MarketingConsent(
            state: state, optInLevel: "confirmed_opt_in", updatedAt: Instant(iso8601: "2026-01-01T00:00:00Z"))
        #expect(customer?.emailConsent == .known(consent))
        #expect(customer?.smsConsent.value??.state == .notSubscribed)
    }

    @Test("a withheld address hides its consent; without an address there is none")
    func withheldAddress() throws {
        let node = GraphQLTranscription.customer(SampleGoods.customer(id: 1)).with("defaultEmailAddress", JSON.null)
        let empty = try #require(read(node, .customer, "1"))
        #expect(empty.customer?.email == .known(nil) && empty.customer?.emailConsent == .known(nil))
        #expect(empty.isPartial == false)
        let fault: JSON = [
            "message": "This app is not approved to use the email field.",
            "path": ["nodes", 0, "defaultEmailAddress", "emailAddress"], "extensions": ["code": "ACCESS_DENIED"],
        ]
        let answer = GraphQLTranscription.answer([node], errors: [fault])
        guard case .found(let found, [], nil) = bundle.interpret(answer, of: .entities([bundle.key(.customer, "1")]))
        else {
            Issue.record("\(answer)")
            return
        }
        #expect(found.first?.customer?.email == .unknown && found.first?.customer?.emailConsent == .unknown)
        #expect(found.first?.customer?.phone.isKnown == true && found.first?.isPartial == true)
    }

    @Test("without a scope the read of that kind is denied by name, and orders are read on")
    func denied() {
        func error(_ path: [JSON], _ access: String?) -> JSON {
            [
                "data": nil,
                "errors": [
                    [
                        "message": "Access denied", "path": .array(path),
                        "extensions": ["code": "ACCESS_DENIED", "requiredAccess": JSON(access)],
                    ]
                ],
            ]
        }
        let since = bundle.now
        for (kind, scope) in [(EntityKind.customer, "read_customers"), (.product, "read_products")] {
            for (json, wanted) in [
                (error(["nodes", 0], nil), SourceRead.Wanted.entities([bundle.key(kind, "1")])),
                (error([.string("\(kind.rawValue)s")], nil), .changes(kind, since: since, cursor: nil)),
                (error(["nodes", 0], "`\(scope)` access scope."), .entities([bundle.key(kind, "1")])),
            ] {
                guard case .denied(let reason) = bundle.interpret(json, of: wanted) else {
                    Issue.record("not denied: \(kind)")
                    continue
                }
                #expect(reason.contains(scope))
            }
        }
        let order = GraphQLTranscription.order(SampleOrders.order(id: 1))
        guard
            case .found(let found, [], nil) = bundle.interpret(
                GraphQLTranscription.answer([order]), of: .entities([bundle.key("1")]))
        else {
            Issue.record("the order was not read")
            return
        }
        #expect(found.first?.order?.id == "1")
    }

    @Test("baskets are never found by a read, whatever is answered")
    func baskets() throws {
        let keys = [bundle.key(.cart, "cart-1"), bundle.key(.cart, "checkout-1")]
        #expect(try variables(.entities(keys))["ids"] == [])
        for outcome in [HTTPOutcome.notSent("no route"), .answered(HTTPResponse(status: 401))] {
            #expect(bundle.interpret(outcome, of: .entities(keys)) == .found([], missing: keys, nextCursor: nil))
            #expect(
                bundle.interpret(outcome, of: .continuation(keys[0], cursor: "x"))
                    == .found([], missing: [keys[0]], nextCursor: nil))
            #expect(
                bundle.interpret(outcome, of: .changes(.cart, since: bundle.now, cursor: nil))
                    == .found([], missing: [], nextCursor: nil))
        }
    }

    // MARK: Changes

    @Test("customers are searched from the day before, and what is older is dropped")
    func wholeDays() throws {
        let since = try #require(Instant(iso8601: "2027-01-15T00:30:00Z"))
        let wanted: SourceRead.Wanted = .changes(.customer, since: since, cursor: "abc")
        #expect(
            try variables(wanted)
                == ["after": "abc", "search": "updated_at:>='2027-01-14'", "operation": "CustomersChanged"])
        let early: SourceRead.Wanted = .changes(.customer, since: Instant(microseconds: 5), cursor: nil)
        #expect(try variables(early)["search"] == "updated_at:>='1970-01-01'")
        let nodes = [
            ("5", "2027-01-14T08:00:00Z"), ("6", "2027-01-15T00:29:59Z"), ("7", "2027-01-15T00:30:00Z"),
            ("8", "2027-01-15T09:00:00Z"),
        ].map { id, time -> JSON in ["id": .string("gid://shopify/Customer/\(id)"), "updatedAt": .string(time)] }
        let page = GraphQLTranscription.connection(nodes, hasNextPage: true, cursor: "next")
        guard case .found(let hints, [], "next") = bundle.interpret(["data": ["customers": page]], of: wanted) else {
            Issue.record("no page")
            return
        }
        #expect(hints.map(\.key) == [bundle.key(.customer, "7"), bundle.key(.customer, "8")])
        let old = GraphQLTranscription.connection(Array(nodes.prefix(2)), hasNextPage: true, cursor: "on")
        #expect(
            bundle.interpret(["data": ["customers": old]], of: wanted) == .found([], missing: [], nextCursor: "on"))
    }

    @Test("changed products come as hints, page by page")
    func changedProducts() throws {
        let wanted: SourceRead.Wanted = .changes(.product, since: bundle.now, cursor: nil)
        #expect(
            try variables(wanted)
                == ["after": nil, "search": "updated_at:>='2027-01-15T08:00:00Z'", "operation": "ProductsChanged"])
        let nodes: [JSON] = [["id": "gid://shopify/Product/7", "updatedAt": "2027-01-15T07:00:00Z"]]
        let page = GraphQLTranscription.connection(nodes, cursor: "end")
        let hint = Observation.hint(
            bundle.key(.product, "7"), sourceTime: Instant(iso8601: "2027-01-15T07:00:00Z"), eventID: nil,
            awaitsCompanion: false)
        #expect(
            bundle.interpret(["data": ["products": page]], of: wanted)
                == .found([hint], missing: [], nextCursor: nil))
    }

    @Test(
        "E6 the orders of one buyer: an e-mail is a phrase, whatever is in it",
        arguments: [
            (.customerID("9007199254740993"), "customer_id:9007199254740993"),
            (.email("ann@example.com"), #"email:"ann@example.com""#),
            (.email(#"a" OR email:"b\"#), #"email:"a\" OR email:\"b\\""#),
        ] as [(BuyerReference, String)])
    func ordersOfBuyer(buyer: BuyerReference, search: String) throws {
        let wanted: SourceRead.Wanted = .orders(of: buyer, cursor: "c")
        #expect(try variables(wanted) == ["after": "c", "search": .string(search), "operation": "OrdersChanged"])
        let nodes: [JSON] = [["id": "gid://shopify/Order/7", "updatedAt": "2017-01-15T07:00:00Z"]]
        let page = GraphQLTranscription.connection(nodes, hasNextPage: true, cursor: "d")
        guard case .found(let hints, [], "d") = bundle.interpret(["data": ["orders": page]], of: wanted) else {
            Issue.record("no page")
            return
        }
        #expect(hints.map(\.key) == [bundle.key("7")])
    }

    @Test("a customer id that is none of Shopify's has no orders, and is no search")
    func strangeBuyer() throws {
        let wanted: SourceRead.Wanted = .orders(of: .customerID("1 OR status:any"), cursor: nil)
        #expect(try variables(wanted)["search"] == nil)
        #expect(bundle.interpret(.notSent("no route"), of: wanted) == .found([], missing: [], nextCursor: nil))
    }

    @Test("what is polled for is configured; baskets never are")
    func polledKinds() {
        var bundle = bundle
        #expect(bundle.source.polledKinds == [.customer, .order, .product])
        bundle.configuration.polledKinds = [.product, .cart]
        #expect(bundle.source.polledKinds == [.product])
    }

    // MARK: Large products

    /// Responses like Shopify: for each id the page of variants that the request asks for.
    private func serve(_ products: [String: JSON], _ request: HTTPRequest) throws -> JSON {
        let variables = try #require(try JSON.parse(request.body)["variables"])
        let size = Int(try #require(variables["variants"]?.int64))
        let start = variables["after"]?.string.flatMap(Int.init) ?? 0
        let ids = try #require(variables["ids"]?.array).compactMap {
            $0.string?.split(separator: "/").last.map(String.init)
        }
        return GraphQLTranscription.answer(
            ids.map { id in
                guard let rest = products[id] else { return nil }
                let whole = GraphQLTranscription.product(rest)
                let variants = whole["variants"]?["nodes"]?.array ?? []
                let end = min(start + size, variants.count)
                let connection = GraphQLTranscription.connection(
                    Array(variants[start..<end]), hasNextPage: end < variants.count, cursor: String(end))
                return whole.with("variants", connection)
            })
    }
    /// Reads on as the engine does: every cursor is handed back under the first key.
    private func readOn(_ products: [String: JSON], _ ids: [String]) throws -> (answer: SourceAnswer, requests: Int) {
        let keys = ids.map { bundle.key(.product, $0) }
        var wanted = SourceRead.Wanted.entities(keys)
        for count in 1...20 {
            let answer = bundle.interpret(
                try serve(products, bundle.source.request(for: bundle.read(wanted))), of: wanted)
            guard case .found([], [], let cursor?) = answer else { return (answer, count) }
            wanted = .continuation(keys[0], cursor: cursor)
        }
        Issue.record("never came to an end")
        return (.unreadable("never"), 20)
    }
    private func large(_ count: Int64, id: Int64 = 1) -> JSON {
        SampleGoods.product(id: id, variants: (1...count).map { SampleGoods.variant($0) })
    }

    @Test("a product of many variants is joined from pages", arguments: [(100, 1), (101, 2), (251, 3), (2_048, 10)])
    func manyVariants(count: Int64, requests: Int) throws {
        let rest = large(count)
        let read = try readOn(["1": rest], ["1"])
        var product = try #require(bundle.observation("products/update", rest)?.product)
        product.priceCurrency = Currency("USD")
        let observation = Observation.snapshot(
            bundle.key(.product, "1"), .product(product), sourceTime: product.updatedAt, eventID: nil, isPartial: false)
        #expect(read.answer == .found([observation], missing: [], nextCursor: nil))
        #expect(read.requests == requests)
    }

    @Test("large, small, unknown and all too large products of one read end in one answer")
    func largeAmongOthers() throws {
        let products = ["1": large(3, id: 1), "3": large(300, id: 3), "4": large(2_049, id: 4)]
        guard case .found(let found, let missing, nil) = try readOn(products, ["1", "2", "3", "4"]).answer else {
            Issue.record("no answer")
            return
        }
        #expect(found.map(\.product?.variants.count) == [3, 300, nil])
        #expect(
            found.last
                == .unreadable(
                    bundle.key(.product, "4"), code: "shopify_product_too_large", detail: "has more than 2048 variants")
        )
        #expect(missing == [bundle.key(.product, "2")])
    }

    @Test("too dear: an honest end for every kind", arguments: [EntityKind.customer, .product])
    func tooMuch(kind: EntityKind) {
        let dear: JSON = ["errors": [["message": "too much", "extensions": ["code": "MAX_COST_EXCEEDED"]]]]
        let keys = ["1", "2", "3"].map { bundle.key(kind, $0) }
        #expect(bundle.interpret(dear, of: .entities(keys)) == .tooMuch(keysMax: 1))
        var answer = bundle.interpret(dear, of: .entities([keys[0]]))
        for _ in 0..<10 {
            guard case .found([], [], let cursor?) = answer else { break }
            answer = bundle.interpret(dear, of: .continuation(keys[0], cursor: cursor))
        }
        guard case .found(let found, [], nil) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(found.map(\.key) == [keys[0]] && found.first?.unreadableCode?.hasSuffix("too_large") == true)
    }

    @Test("a customer that is read on by a text of ours is answered whole")
    func customerContinued() throws {
        let key = bundle.key(.customer, "1")
        let node = GraphQLTranscription.customer(SampleGoods.customer(id: 1))
        let wanted: SourceRead.Wanted = .continuation(key, cursor: "not ours")
        #expect(try variables(wanted)["ids"] == ["gid://shopify/Customer/1"])
        guard case .found(let found, [], nil) = bundle.interpret(GraphQLTranscription.answer([node]), of: wanted) else {
            Issue.record("no answer")
            return
        }
        #expect(found.first?.customer?.id == "1")
    }
}
