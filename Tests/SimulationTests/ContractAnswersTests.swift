import Commerce
import Foundation
import JSON
import Shopify
import Sync
import Testing
import Transport
import Twins

/// Every request of the Shopify room, answered by the twin. The answers are written for `tools/contracts/check`, which
/// executes them through the vendor's schema; and whatever is done to an order, its webhook and its read are one
/// value.
@Suite("Shopify twin and room: contract")
struct ContractAnswersTests {
    private static let two = #""lines":[{"sku":"TEE-RED-M","quantity":2},{"sku":"CAP-BLACK"}],"shipping":"4.95""#

    /// Each life is a list of actions on order `#1001`.
    static let lives: [Life] = [
        Life(
            "edits",
            [
                #"""
                {"do":"place_order",\#(two),"discount":{"code":"TEN","amount":"10.00"},"tags":["vip","a b"],
                 "note":"ring"}
                """#,
                ##"{"do":"edit_order","order":"#1001","changes":[{"sku":"TEE-RED-M","quantity":3}]}"##,
                ##"{"do":"pay","order":"#1001"}"##,
                ##"{"do":"edit_order","order":"#1001","changes":[{"sku":"TEE-RED-M","discount":"2.00"}]}"##,
                ##"{"do":"edit_order","order":"#1001","changes":[{"shipping":"Express","price":9}]}"##,
            ]),
        Life(
            "swap",
            [
                #"{"do":"place_order",\#(two)}"#,
                ##"{"do":"swap_line","order":"#1001","remove_sku":"CAP-BLACK","add_sku":"MUG-WHITE","quantity":1}"##,
                ##"{"do":"refund","order":"#1001","amount":"5.50"}"##,
            ]),
        Life(
            "refunds",
            [
                #"{"do":"place_order",\#(two)}"#,
                ##"{"do":"refund","order":"#1001","lines":[{"sku":"TEE-RED-M","quantity":1}],"restock":true}"##,
                ##"{"do":"refund","order":"#1001","amount":"3.00"}"##,
                ##"{"do":"refund","order":"#1001","shipping":"1.00"}"##,
                ##"{"do":"refund","order":"#1001","lines":[{"sku":"CAP-BLACK"}],"pending":true}"##,
                ##"{"do":"settle_refund","order":"#1001"}"##,
            ]),
        Life(
            "fulfilments",
            [
                #"{"do":"place_order",\#(two)}"#,
                ##"""
                {"do":"fulfil","order":"#1001","lines":[{"sku":"TEE-RED-M","quantity":1}],"tracking":"T1",
                 "company":"Post"}
                """##,
                ##"{"do":"update_fulfilment","order":"#1001","shipment_status":"delivered"}"##,
                ##"{"do":"fulfil","order":"#1001"}"##,
            ]),
        Life(
            "cancelled",
            [
                #"{"do":"place_order",\#(two)}"#,
                ##"{"do":"cancel","order":"#1001","reason":"customer","refund":true}"##,
            ]),
        Life(
            "currencies",
            [
                #"{"do":"place_order",\#(two),"presentment":{"currency":"EUR","rate":"1.1734"}}"#,
                ##"{"do":"edit_order","order":"#1001","changes":[{"sku":"CAP-BLACK","quantity":0}]}"##,
                ##"{"do":"refund","order":"#1001","lines":[{"sku":"TEE-RED-M","quantity":1}]}"##,
            ]),
        Life(
            "guest",
            [
                #"{"do":"place_order",\#(two),"guest":true,"email":"guest@example.test","authorised":true}"#,
                ##"{"do":"capture","order":"#1001"}"##,
                ##"""
                {"do":"update_order","order":"#1001","email":"other@example.test","note_attributes":[{"name":"a",
                 "value":"b"}]}
                """##,
            ]),
        Life(
            "pending refunds",
            [
                #"{"do":"place_order",\#(two)}"#,
                ##"{"do":"refund","order":"#1001","lines":[{"sku":"CAP-BLACK"}],"pending":true}"##,
                ##"{"do":"settle_refund","order":"#1001"}"##,
                ##"{"do":"refund","order":"#1001","amount":"2.00","pending":true}"##,
                ##"{"do":"settle_refund","order":"#1001","status":"failure"}"##,
                ##"{"do":"refund","order":"#1001","lines":[{"sku":"TEE-RED-M","quantity":1}],"money":"later"}"##,
                ##"{"do":"pay_refund","order":"#1001"}"##,
            ]),
        Life(
            "charges",
            [
                ##"""
                {"do":"place_order","lines":[{"sku":"TEE-RED-M","quantity":3,"duty":"4.00"}],"fees":"2.50",
                 "tip":"1.00"}
                """##,
                ##"""
                {"do":"refund","order":"#1001","lines":[{"sku":"TEE-RED-M","quantity":1}],"duties":"proportional",
                 "fees":"1.00"}
                """##,
                ##"{"do":"refund","order":"#1001","duties":"full"}"##,
            ]),
        Life(
            "deposit",
            [
                #"{"do":"place_order",\#(two),"deposit":"20.00"}"#,
                ##"{"do":"refund","order":"#1001","amount":"5.00"}"##,
                ##"{"do":"refund","order":"#1001","amount":"15.00"}"##,
            ]),
    ]

    /// Where a webhook cannot say everything: transactions in it tell one of the two currencies only
    /// (`shopify_one_sided_money`), and a discount code on added units is in the totals alone.
    static func mayAskForRead(_ life: Life, _ action: String) -> Bool {
        life.name == "currencies" && action.contains("refund") || life.name == "edits"
    }

    struct Life: Sendable, CustomTestStringConvertible {
        var name: String
        var actions: [String]
        init(_ name: String, _ actions: [String]) {
            self.name = name
            self.actions = actions
        }
        var testDescription: String { name }
    }

    @Test("E1 A3 an order read over GraphQL is the order of its last webhook, after every action", arguments: lives)
    func oneValue(_ life: Life) throws {
        var fixture = ContractFixture(life.name)
        for action in life.actions {
            let hooked = try fixture.act(action)
            let read = try fixture.read([hooked.key])
            if hooked.state == nil {
                #expect(Self.mayAskForRead(life, action), "\(life.name): \(action) needs a read")
                continue
            }
            #expect(read.state == hooked.state, "\(life.name): \(action)")
            #expect(read.sourceTime == hooked.sourceTime)
        }
    }

    @Test("an order of many lines is read on page by page, and is the order of its webhook")
    func continuation() throws {
        var fixture = ContractFixture("pages")
        let lines = (0..<120).map { #"{"sku":"MUG-WHITE","quantity":\#(1 + $0 % 3)}"# }.joined(separator: ",")
        let hooked = try fixture.act(#"{"do":"place_order","lines":[\#(lines)]}"#)
        let read = try fixture.read([hooked.key])
        #expect(read.state == hooked.state)
        #expect(fixture.written > 1, "it fitted one page: nothing was continued")
    }

    @Test("a product that is gone is gone on both wires")
    func deletedProduct() throws {
        var fixture = ContractFixture("deleted")
        try fixture.perform(#"{"do":"place_order",\#(Self.two)}"#)
        try fixture.perform(#"{"do":"delete_product","sku":"CAP-BLACK"}"#)
        let hooked = try fixture.act(##"{"do":"update_order","order":"#1001","note":"later"}"##)
        #expect(try fixture.read([hooked.key]).state == hooked.state)
    }

    @Test("duties, fees, tips, discounts and refunds of every part are answered as the vendor's schema says")
    func charges() throws {
        var fixture = ContractFixture("everything")
        for (name, life) in [("#1001", "charges"), ("#1002", "pending refunds")] {
            for action in Self.lives.first(where: { $0.name == life })?.actions ?? [] {
                try fixture.perform(action.replacing("#1001", with: name))
            }
        }
        try fixture.perform(##"{"do":"refund","order":"#1002","shipping":"1.00"}"##)
        try fixture.ask(document: Self.everything, named: "Everything", ["query": ""])
    }

    private static let bag = "{ shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }"
    private static let everything = """
        query Everything($query: String) { orders(first: 3, query: $query) { nodes { id
          currentTotalDutiesSet \(bag) originalTotalDutiesSet \(bag) currentTotalAdditionalFeesSet \(bag)
          originalTotalAdditionalFeesSet \(bag) totalTipReceivedSet \(bag) totalOutstandingSet \(bag)
          totalReceivedSet \(bag) netPaymentSet \(bag) totalRefundedSet \(bag) refundDiscrepancySet \(bag)
          fullyPaid unpaid additionalFees { id name price \(bag) taxLines { title } }
          lineItems(first: 3) { nodes { id vendor discountedUnitPriceSet \(bag)
            discountedUnitPriceAfterAllDiscountsSet \(bag)
            duties { id countryCodeOfOrigin harmonizedSystemCode price \(bag) taxLines { title } } } }
          refunds(first: 9) { id updatedAt totalRefundedSet \(bag)
            duties { amountSet \(bag) originalDuty { id price \(bag) } }
            refundShippingLines(first: 2) { nodes { id subtotalAmountSet \(bag) taxAmountSet \(bag) } }
            orderAdjustments(first: 3) { nodes { id reason amountSet \(bag) taxAmountSet \(bag) } } } } } }
        """

    @Test("what the shop does not know is missing, and what changed is listed")
    func missingAndChanged() throws {
        var fixture = ContractFixture("changes")
        let hooked = try fixture.act(#"{"do":"place_order",\#(Self.two)}"#)
        let unknown = EntityKey(connection: "shop", kind: .order, id: "4711")
        #expect(try fixture.answer(.entities([unknown])) == .found([], missing: [unknown], nextCursor: nil))
        let since = hooked.sourceTime - .minutes(5)
        #expect(
            try fixture.answer(.changes(.order, since: since, cursor: nil))
                == .found(
                    [.hint(hooked.key, sourceTime: hooked.sourceTime, eventID: nil, awaitsCompanion: false)],
                    missing: [],
                    nextCursor: nil))
    }

    @Test("K4 access and subscriptions are asked, and one is made")
    func access() throws {
        var fixture = ContractFixture("access")
        let login = fixture.source.login
        let report = ShopifyAccess.interpret(
            try fixture.send(ShopifyAccess.request(login)), for: login.configuration)
        guard case .found(let found) = report else {
            Issue.record("\(report)")
            return
        }
        #expect(found.findings == [])
        let uri = "https://other.example.test/hooks"
        for topic in [ShopifyTopic.ordersEdited, .ordersUpdated] {
            let made = ShopifyAccess.interpretSubscribe(
                try fixture.send(ShopifyAccess.subscribeRequest(topic, uri: uri, login)))
            guard case .found = made else {
                Issue.record("\(topic): \(made)")
                continue
            }
        }
        let listed = ShopifyAccess.interpretSubscriptions(
            try fixture.send(ShopifyAccess.subscriptionsRequest(login)))
        guard case .found(let page) = listed else {
            Issue.record("\(listed)")
            return
        }
        let missing = ShopifyAccess.missingTopics(in: page.subscriptions, uri: uri)
        #expect(Set(missing) == Set(ShopifyTopic.allCases).subtracting([.ordersEdited, .ordersUpdated]))
    }
}
