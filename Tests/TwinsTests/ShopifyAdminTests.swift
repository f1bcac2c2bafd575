import JSON
import Testing
import Transport

@testable import Twins

@Suite("Shopify twin: Admin GraphQL")
struct ShopifyAdminTests {
    static let path = "/admin/api/2026-04/graphql.json"
    static let place = #"{"do":"place_order","lines":[{"sku":"MUG-WHITE","quantity":2}]}"#

    @Test("a wrong token is 401, another version 404, a body without a query 400")
    func strictness() throws {
        var fixture = ShopifyFixture()
        let body = #"{"query":"{shop{name}}"}"#
        #expect(fixture.send("POST", Self.path, body).response?.status == 401)
        #expect(fixture.send("POST", Self.path, body, token: "shpat_other").response?.status == 401)
        #expect(
            fixture.send("POST", "/admin/api/2025-01/graphql.json", body, token: ShopifyFixture.token).response?.status
                == 404)
        #expect(fixture.send("POST", Self.path, "{}", token: ShopifyFixture.token).response?.status == 400)
        #expect(try fixture.query("{shop{name currencyCode}}").at("data.shop.currencyCode") == "GBP")
    }

    @Test(
        "documents that Shopify refuses are refused with its code",
        arguments: [
            ("{shop{nme}}", "undefinedField"), ("{order{id}}", "missingRequiredArguments"),
            ("{shop{name(x:1)}}", "argumentNotAccepted"), ("{shop}", "selectionMismatch"),
            ("{shop{name{x}}}", "selectionMismatch"), ("{orders{nodes{id}}}", "BAD_REQUEST"),
            ("{orders(first:251){nodes{id}}}", "BAD_REQUEST"),
            ("{orders(first:\"1\"){nodes{id}}}", "argumentLiteralsIncompatible"),
            ("{order(id:$id){id}}", "variableNotDefined"), ("query($id:ID!){shop{name}}", "variableNotUsed"),
            ("query($id:ID){order(id:$id){id}}", "variableMismatch"),
            ("query($id:ID!){order(id:$id){id}}", "INVALID_VARIABLE"),
            ("{shop{...F}}", "useAndDefineFragment"),
            ("{orders(first:1,sortKey:BEST){nodes{id}}}", "argumentLiteralsIncompatible"),
            ("{shop{... on Order{id}}}", "cannotSpreadFragment"),
            ("{orders(first:1,query:\"colour:red\"){nodes{id}}}", "BAD_REQUEST"),
        ])
    func refusals(document: String, code: String) throws {
        var fixture = ShopifyFixture()
        let answer = try fixture.query(document)
        #expect(answer.at("errors.0.extensions.code")?.string == code, "\(answer.text())")
        #expect(answer["data"] == nil)
    }

    @Test("a syntax error has a place and no code")
    func syntax() throws {
        var fixture = ShopifyFixture()
        let answer = try fixture.query("{shop{")
        #expect(answer.at("errors.0.message")?.string?.hasPrefix("syntax error") == true)
        #expect(answer.at("errors.0.locations.0.line") == 1)
    }

    @Test("aliases, variables, fragments, inline fragments, include and skip")
    func language() throws {
        var fixture = ShopifyFixture()
        let id = try #require(try fixture.act(Self.place).at("ids.order")?.int64)
        let text = """
            # a comment
            query Q($id: ID!, $yes: Boolean = true, $no: Boolean!) {
              mine: order(id: $id) { ...F total: currentTotalPriceSet { shopMoney { amount } } name @skip(if: $yes)
                note @include(if: $no) }
              node(id: $id) { __typename id ... on Order { name } ... on Customer { email } }
              other: order(id: "gid://shopify/Order/1") { id }
            }
            fragment F on Order { id
              lineItems(first: 5) { edges { cursor node { sku quantity } } pageInfo { hasNextPage } } }
            """
        let gid = "gid://shopify/Order/\(id)"
        let answer = try fixture.query(text, ["id": .string(gid), "no": false])
        #expect(answer.at("data.mine.id")?.string == gid)
        #expect(answer.at("data.mine.lineItems.edges.0.node.sku") == "MUG-WHITE")
        #expect(answer.at("data.mine.total.shopMoney.amount") == "25.0")
        #expect(answer.at("data.mine.name") == nil && answer.at("data.mine.note") == nil)
        #expect(answer.at("data.node") == ["__typename": "Order", "id": .string(gid), "name": "#1001"])
        #expect(answer.at("data.other") == .null)
    }

    @Test("orders are paged by cursor in update order and filtered by time")
    func paging() throws {
        var fixture = ShopifyFixture()
        for _ in 0..<5 {
            try fixture.act(Self.place)
            fixture.wait(10)
        }
        try fixture.act(##"{"do":"update_order","order":"#1001","note":"n"}"##)
        let text = """
            query($after: String, $q: String) { orders(first: 2, after: $after, sortKey: UPDATED_AT, query: $q) {
              nodes { name updatedAt } pageInfo { hasNextPage endCursor } } }
            """
        var names: [String] = []
        var after: JSON = .null
        repeat {
            let answer = try fixture.query(
                text, ["after": after, "q": "updated_at:>'2026-11-21T10:00:10Z' AND test:false"])
            names += answer.at("data.orders.nodes")?.array?.compactMap { $0["name"]?.string } ?? []
            let info = answer.at("data.orders.pageInfo")
            after = info?["hasNextPage"] == true ? info?["endCursor"] ?? .null : .null
        } while !after.isNull
        #expect(names == ["#1003", "#1004", "#1005", "#1001"])
    }

    @Test("REST and GraphQL describe the same order equally")
    func agreement() throws {
        var fixture = ShopifyFixture()
        try fixture.act(
            #"""
            {"do":"place_order","lines":[{"sku":"SOCKS-3PK","quantity":3},{"sku":"CAP-BLACK"}],"shipping":"4.95",
             "discount":{"code":"TEN","amount":"10.00"},"presentment":{"currency":"EUR","rate":"1.1734"}}
            """#)
        try fixture.act(##"{"do":"swap_line","order":"#1001","remove_sku":"CAP-BLACK","add_sku":"MUG-WHITE"}"##)
        try fixture.act(
            ##"{"do":"fulfil","order":"#1001","lines":[{"sku":"SOCKS-3PK","quantity":1}],"tracking":"T1"}"##)
        try fixture.act(
            #"""
            {"do":"refund","order":"#1001","lines":[{"sku":"SOCKS-3PK","quantity":1}],"shipping":"2.00",
             "amount":"12.00"}
            """#
        )
        let rest = try #require(fixture.deliver().last?.json)
        let text = """
            query($id: ID!) { order(id: $id) { displayFinancialStatus updatedAt
              currentTotalPriceSet { ...M } totalPriceSet { ...M } currentTotalTaxSet { ...M }
              totalOutstandingSet { ...M }
              currentTotalDiscountsSet { ...M } currentShippingPriceSet { ...M }
              lineItems(first: 10) { nodes { id quantity currentQuantity unfulfilledQuantity
                originalUnitPriceSet { ...M }
                discountAllocations { allocatedAmountSet { ...M } } } }
              refunds(first: 10) { id orderAdjustments(first: 5) { nodes { amountSet { ...M } } }
                refundShippingLines(first: 5) { nodes { subtotalAmountSet { ...M } } }
                refundLineItems(first: 10) { nodes { quantity restockType lineItem { id } subtotalSet { ...M } } }
                transactions(first: 5) { nodes { kind status amountSet { ...M } } } }
              fulfillments(first: 5) { status trackingInfo(first: 5) { number }
                fulfillmentLineItems(first: 5) { nodes { quantity } } } } }
            fragment M on MoneyBag { shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }
            """
        let order = try #require(
            try fixture.query(text, ["id": rest["admin_graphql_api_id"] ?? .null]).at("data.order"))
        func same(_ bag: JSON?, _ set: JSON?, _ place: SourceLocation = #_sourceLocation) {
            for (side, other) in [("shopMoney", "shop_money"), ("presentmentMoney", "presentment_money")] {
                let left = bag?[side]?["amount"]?.string.flatMap { TwinAmount($0) }
                #expect(
                    left != nil && left == set?[other]?["amount"]?.string.flatMap { TwinAmount($0) },
                    sourceLocation: place)
                #expect(bag?[side]?["currencyCode"] == set?[other]?["currency_code"], sourceLocation: place)
            }
        }
        #expect(order["displayFinancialStatus"]?.string?.lowercased() == rest["financial_status"]?.string)
        same(order["currentTotalPriceSet"], rest["current_total_price_set"])
        same(order["totalPriceSet"], rest["total_price_set"])
        same(order["currentTotalTaxSet"], rest["current_total_tax_set"])
        same(order["currentTotalDiscountsSet"], rest["current_total_discounts_set"])
        same(order["currentShippingPriceSet"], rest["current_shipping_price_set"])
        let lines = try #require(order.at("lineItems.nodes")?.array)
        for (index, line) in lines.enumerated() {
            let other = rest["line_items"]?[index]
            #expect(line["id"] == other?["admin_graphql_api_id"])
            #expect(line["currentQuantity"] == other?["current_quantity"])
            #expect(line["unfulfilledQuantity"] == other?["fulfillable_quantity"])
            same(line["originalUnitPriceSet"], other?["price_set"])
        }
        same(
            lines[0].at("discountAllocations.0.allocatedAmountSet"),
            rest.at("line_items.0.discount_allocations.0.amount_set"))
        same(
            order.at("refunds.1.refundLineItems.nodes.0.subtotalSet"),
            rest.at("refunds.1.refund_line_items.0.subtotal_set"))
        same(
            order.at("refunds.1.refundShippingLines.nodes.0.subtotalAmountSet"),
            rest.at("refunds.1.refund_shipping_lines.0.subtotal_amount_set"))
        let adjustments = rest.at("refunds.1.order_adjustments")?.array?.filter { $0["kind"] == "refund_discrepancy" }
        same(order.at("refunds.1.orderAdjustments.nodes.0.amountSet"), adjustments?.first?["amount_set"])
        #expect(order.at("refunds.0.transactions.nodes") == [])
        #expect(order.at("fulfillments.0.trackingInfo.0.number") == rest.at("fulfillments.0.tracking_number"))
    }

    @Test(
        "cost: the published samples, the ceiling and the bucket",
        arguments: [
            ("{customers: orders(first: 100) { nodes { legacyResourceId } } }", 11),
            ("{orders(first: 200) { edges { node { id updatedAt } } } }", 12),
            ("{order(id: \"gid://shopify/Order/1\") { lineItems(first: 250) { nodes { id } } } }", 14),
            ("{shop { name } }", 1),
        ])
    func cost(document: String, points: Int) throws {
        var fixture = ShopifyFixture()
        #expect(try fixture.query(document).at("extensions.cost.requestedQueryCost") == JSON(points))
    }

    @Test("A7 an empty bucket throttles with HTTP 200 and fills by the second; a query over 1000 points never runs")
    func throttle() throws {
        var fixture = ShopifyFixture { $0.restoreRate = 10 }
        for _ in 0..<20 { try fixture.act(Self.place) }
        let ids = try fixture.state()["orders"]?.array?.compactMap { $0["id"]?.int64 } ?? []
        let gids = JSON.array(ids.map { .string("gid://shopify/Order/\($0)") })
        let text =
            "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Order { "
            + "currentTotalPriceSet { shopMoney { amount } } } } }"
        #expect(try fixture.query(text, ["ids": gids]).at("extensions.cost.actualQueryCost") == 60)
        _ = try fixture.query(text, ["ids": gids])
        _ = try fixture.query(text, ["ids": gids])
        let refused = try fixture.query(text, ["ids": gids])
        #expect(refused.at("errors.0.extensions.code") == "THROTTLED")
        #expect(refused.at("extensions.cost.throttleStatus.currentlyAvailable") == 20)
        #expect(refused.at("extensions.cost.actualQueryCost") == .null)
        fixture.wait(4)
        #expect(try fixture.query(text, ["ids": gids])["data"] != nil)
        let many = JSON.array(Array(repeating: gids[0] ?? .null, count: 250))
        let dear = try fixture.query(
            text.replacing("{ amount }", with: "{ amount } presentmentMoney { amount }").replacing(
                "{ current", with: "{ id customer { id } current"), ["ids": many])
        #expect(dear.at("errors.0.extensions.code") == "MAX_COST_EXCEEDED")
        let plain = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
        let tooMany = JSON.array(Array(repeating: gids[0] ?? .null, count: 251))
        fixture.wait(3_600)
        #expect(
            try fixture.query(plain, ["ids": tooMany]).at("errors.0.extensions.code") == "THROTTLED",
            "251 > the small bucket")
        var rich = ShopifyFixture()
        #expect(try rich.query(plain, ["ids": tooMany]).at("errors.0.extensions.code") == "MAX_INPUT_SIZE_EXCEEDED")
    }

    @Test("subscriptions are made once, listed and deleted")
    func subscriptions() throws {
        var fixture = ShopifyFixture(subscribed: false)
        let make = """
            mutation($t: WebhookSubscriptionTopic!, $w: WebhookSubscriptionInput!) {
              webhookSubscriptionCreate(topic: $t, webhookSubscription: $w) {
                webhookSubscription { id topic uri } userErrors { field message } } }
            """
        let input: JSON = ["t": "ORDERS_EDITED", "w": ["uri": "https://sync.example.test/w", "format": "JSON"]]
        let made = try fixture.query(make, input)
        let id = try #require(made.at("data.webhookSubscriptionCreate.webhookSubscription.id"))
        #expect(made.at("extensions.cost.requestedQueryCost") == 12)
        let again = try fixture.query(make, input).at("data.webhookSubscriptionCreate")
        #expect(again?["webhookSubscription"] == .null)
        #expect(again?.at("userErrors.0.message") == "Address for this topic has already been taken")
        let list = try fixture.query("{webhookSubscriptions(first: 10, topics: [ORDERS_EDITED]) { nodes { id uri } } }")
        #expect(list.at("data.webhookSubscriptions.nodes.0.id") == id)
        let gone = try fixture.query(
            "mutation($id: ID!) { webhookSubscriptionDelete(id: $id) { "
                + "deletedWebhookSubscriptionId userErrors { message } } }",
            ["id": id])
        #expect(gone.at("data.webhookSubscriptionDelete.deletedWebhookSubscriptionId") == id)
        #expect(try fixture.state()["subscriptions"] == [])
        let wrong = try fixture.query(make, ["t": "NO_SUCH", "w": [:]])
        #expect(wrong.at("errors.0.extensions.code") == "INVALID_VARIABLE")
    }

    @Test("api faults: no answer before, effect without answer after, throttled, half a body, a stale order")
    func faults() throws {
        var fixture = ShopifyFixture()
        try fixture.act(Self.place)
        try fixture.act(##"{"do":"update_order","order":"#1001","note":"new"}"##)
        let body = #"{"query":"{orders(first:1){nodes{note}}}"}"#
        func with(_ fault: String) -> TwinReply {
            _ = fixture.send("DELETE", "/_twin/faults")
            #expect(fixture.send("POST", "/_twin/faults", fault).response?.status == 200)
            return fixture.send("POST", Self.path, body, token: ShopifyFixture.token)
        }
        #expect(with(#"{"target":"api","kind":"timeout_before"}"#) == TwinReply(response: nil))
        #expect(with(#"{"target":"api","kind":"timeout_after"}"#).response == nil)
        #expect(with(#"{"target":"api","kind":"status","status":429}"#).response?.headers["Retry-After"] == "2.0")
        #expect(with(#"{"target":"api","kind":"slow","seconds":"1.5"}"#).delayMilliseconds == 1_500)
        let stale = try JSON.parse(try #require(with(#"{"target":"api","kind":"stale"}"#).response).body)
        #expect(stale.at("data.orders.nodes.0.note") == .null)
        let throttled = try JSON.parse(try #require(with(#"{"target":"api","kind":"throttled"}"#).response).body)
        #expect(throttled.at("errors.0.extensions.code") == "THROTTLED")
        let half = try #require(with(#"{"target":"api","kind":"partial"}"#).response)
        #expect((try? JSON.parse(half.body)) == nil)
        _ = fixture.send("DELETE", "/_twin/faults")
        #expect(try fixture.query("{orders(first:1){nodes{note}}}").at("data.orders.nodes.0.note") == "new")
    }

    @Test("calls are listed with status and effect; reset forgets all but the subscriptions")
    func calls() throws {
        var fixture = ShopifyFixture()
        try fixture.act(Self.place)
        _ = try fixture.query("{shop{name}}")
        _ = fixture.send("POST", Self.path, "{}")
        let calls = try JSON.parse(try #require(fixture.send("GET", "/_twin/calls?since=0").response).body)
        #expect(calls["calls"]?.array?.map { $0["status"] } == [200, 401])
        #expect(calls.at("calls.0.body.query") == "{shop{name}}")
        #expect(calls.at("calls.0.effect") == false)
        let since = try JSON.parse(try #require(fixture.send("GET", "/_twin/calls?since=1").response).body)
        #expect(since["calls"]?.array?.count == 1)
        _ = fixture.send("POST", "/_twin/reset")
        #expect(try fixture.state()["orders"] == [])
        #expect(try fixture.state()["subscriptions"]?.array?.count == ShopifyTopics.fired.count)
        #expect(fixture.deliver().isEmpty)
    }

    @Test("orders older than sixty days are invisible without read_all_orders")
    func window() throws {
        var fixture = ShopifyFixture { $0.accessScopes = ["read_orders"] }
        try fixture.act(Self.place)
        #expect(try fixture.query("{orders(first:1){nodes{name}}}").at("data.orders.nodes.0.name") == "#1001")
        fixture.wait(61 * 86_400)
        #expect(try fixture.query("{orders(first:1){nodes{name}}}").at("data.orders.nodes") == [])
    }
}
