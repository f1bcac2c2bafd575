import JSON
import Testing
import Transport

@testable import Twins

@Suite("Shopify twin: customers and consent")
struct ShopifyCustomerTests {
    static let jo = #"{"do":"place_order","email":"jo@example.com","lines":[{"sku":"MUG-WHITE"}]}"#

    @Test("a checkout without an account makes one disabled customer per e-mail, whatever its case; a guest none")
    func checkoutCustomer() throws {
        var bench = ShopifyBench()
        let id = try bench.act(Self.jo).at("ids.customer")
        #expect(bench.deliver().map(\.topic).last == "customers/create")
        bench.wait(5)
        #expect(try bench.act(Self.jo.replacing("jo@", with: "JO@")).at("ids.customer") == id)
        let hooks = bench.deliver()
        #expect(hooks.map(\.topic) == ["orders/create", "orders/updated", "orders/paid", "customers/update"])
        #expect(Set(hooks.map(\.event)).count == 1)
        #expect(hooks.last?.json["state"] == "disabled")
        #expect(hooks.last?.json["updated_at"] == "2026-11-21T10:00:05+00:00")
        #expect(hooks.last?.json["id"] == hooks[0].json.at("customer.id"))
        try bench.act(#"{"do":"place_order","guest":true,"email":"jo@example.com","lines":[{"sku":"MUG-WHITE"}]}"#)
        #expect(bench.deliver().map(\.topic) == ["orders/create", "orders/updated", "orders/paid"])
        #expect(try bench.order()["customer_id"] == .null)
        #expect(try bench.state()["customers"]?.array?.count == 1)
    }

    @Test("a guest's record takes name and address of the first order, not of the next; a phone alone is enough")
    func address() throws {
        var bench = ShopifyBench()
        for city in ["Leeds", "York"] {
            try bench.act(
                #"""
                {"do":"place_order","phone":"+441","lines":[{"sku":"MUG-WHITE"}],
                 "shipping_address":{"first_name":"Jo","city":"\#(city)"}}
                """#)
        }
        let hooks = bench.deliver()
        #expect(hooks.map(\.topic).filter { $0.hasPrefix("customers/") } == ["customers/create", "customers/update"])
        let customer = try #require(hooks.last?.json)
        #expect(customer["first_name"] == "Jo" && customer["email"] == .null && customer["phone"] == "+441")
        #expect(customer.at("default_address.city") == "Leeds")
        #expect(hooks[4].json.at("shipping_address.city") == "York")
    }

    @Test("customer payloads have neither consent nor tags nor counters, and their addresses")
    func payload() throws {
        var bench = ShopifyBench()
        try bench.act(#"{"do":"create_account","email":"jo@example.com","first_name":"Jo"}"#)
        try bench.act(#"{"do":"update_customer","customer":"jo@example.com","tags":["vip"],"phone":"+441"}"#)
        let hooks = bench.deliver()
        #expect(hooks.map(\.topic) == ["customers/create", "customers/update"])
        let keys = Set(try #require(hooks[1].json.object).keys)
        #expect(keys.isDisjoint(with: ["tags", "email_marketing_consent", "orders_count", "total_spent"]))
        #expect(hooks[0].json["state"] == "enabled")
        #expect(hooks[1].json.at("addresses.0.default") == true)
        #expect(try #require(hooks[1].json["id"]?.int64) > 1 << 53)
    }

    @Test("an account for a guest's e-mail is the guest's record; a taken e-mail or phone is refused")
    func accounts() throws {
        var bench = ShopifyBench()
        let id = try bench.act(Self.jo).at("ids.customer")
        bench.deliver()
        #expect(try bench.act(#"{"do":"create_account","email":"jo@example.com"}"#).at("ids.customer") == id)
        #expect(bench.deliver().map(\.topic) == ["customers/update"])
        try bench.act(#"{"do":"create_account","phone":"+442","email":"al@example.com"}"#)
        let before = try bench.state()["customers"]
        try bench.refused(#"{"do":"update_customer","customer":"al@example.com","email":"jo@example.com"}"#)
        try bench.refused(#"{"do":"update_customer","customer":"jo@example.com","phone":"+442"}"#)
        try bench.refused(#"{"do":"update_customer","customer":"nobody@example.com","note":"n"}"#)
        #expect(try bench.state()["customers"] == before)
    }

    @Test("consent fires its own topic with its own keys, and customers/update; the time is stored as given")
    func consent() throws {
        var bench = ShopifyBench()
        try bench.act(#"{"do":"create_account","email":"jo@example.com","phone":"+441"}"#)
        bench.deliver()
        try bench.act(
            #"""
            {"do":"set_consent","customer":"jo@example.com","channel":"email","state":"subscribed",
             "opt_in_level":"confirmed_opt_in","at":"2026-11-20T08:00:00Z"}
            """#)
        var hooks = bench.deliver()
        #expect(hooks.map(\.topic) == ["customers_email_marketing_consent/update", "customers/update"])
        #expect(hooks[0].json["email_address"] == "jo@example.com")
        #expect(hooks[0].json["customer_id"] == hooks[1].json["id"])
        #expect(
            hooks[0].json["email_marketing_consent"]
                == [
                    "state": "subscribed", "opt_in_level": "confirmed_opt_in",
                    "consent_updated_at": "2026-11-20T08:00:00+00:00",
                ])
        try bench.act(#"{"do":"set_consent","customer":"+441","channel":"sms","state":"unsubscribed"}"#)
        hooks = bench.deliver()
        #expect(hooks.map(\.topic) == ["customers_marketing_consent/update", "customers/update"])
        #expect(hooks[0].json["id"] == hooks[1].json["id"] && hooks[0].json["phone"] == "+441")
        #expect(hooks[0].json.at("sms_marketing_consent.consent_collected_from") == "other")
        #expect(hooks[0].json.at("sms_marketing_consent.consent_updated_at") == "2026-11-21T10:00:00+00:00")
        let row = try bench.state().at("customers.0")
        #expect(row?.at("email_consent.state") == "subscribed" && row?.at("sms_consent.state") == "unsubscribed")
        for wrong in [
            #""channel":"post","state":"subscribed""#, #""channel":"sms","state":"invalid""#,
            #""channel":"email","state":"redacted""#, #""channel":"email","state":"subscribed","opt_in_level":"x""#,
            #""channel":"email","state":"subscribed","at":"soon""#,
        ] { try bench.refused(#"{"do":"set_consent","customer":"jo@example.com",\#(wrong)}"#) }
        try bench.act(#"{"do":"create_account","email":"al@example.com"}"#)
        try bench.refused(#"{"do":"set_consent","customer":"al@example.com","channel":"sms","state":"subscribed"}"#)
    }

    @Test("a ticked box at checkout subscribes again after a withdrawal; an unticked one changes nothing")
    func optIn() throws {
        var bench = ShopifyBench()
        try bench.act(Self.jo)
        try bench.act(#"{"do":"set_consent","customer":"jo@example.com","channel":"email","state":"unsubscribed"}"#)
        try bench.act(Self.jo)
        #expect(try bench.state().at("customers.0.email_consent.state") == "unsubscribed")
        bench.deliver()
        bench.wait(60)
        try bench.act(Self.jo.replacing("}]}", with: #"}],"buyer_accepts_marketing":true}"#))
        let hooks = bench.deliver()
        #expect(hooks[0].json["buyer_accepts_marketing"] == true)
        #expect(
            hooks.map(\.topic).suffix(2) == ["customers_email_marketing_consent/update", "customers/update"])
        #expect(
            hooks[3].json.at("email_marketing_consent.consent_updated_at") == "2026-11-21T10:01:00+00:00")
    }

    @Test("a merge moves the orders without a word about them, and the removed id is unknown afterwards")
    func merge() throws {
        var bench = ShopifyBench()
        let removed = try #require(try bench.act(Self.jo).at("ids.customer")?.int64)
        let order = try bench.order()
        bench.wait(5)
        try bench.act(#"{"do":"create_account","phone":"+441","first_name":"Jo"}"#)
        bench.deliver()
        bench.wait(5)
        let kept = try #require(
            try bench.act(#"{"do":"merge_customers","keep":"+441","remove":"jo@example.com"}"#).at("ids.customer")?
                .int64)
        let hooks = bench.deliver()
        #expect(hooks.map(\.topic) == ["customers/merge"])
        #expect(hooks[0].json["admin_graphql_api_customer_kept_id"]?.string == "gid://shopify/Customer/\(kept)")
        #expect(hooks[0].json["admin_graphql_api_customer_deleted_id"]?.string == "gid://shopify/Customer/\(removed)")
        let moved = try bench.order()
        #expect(moved["customer_id"] == JSON(kept) && moved["updated_at"] == order["updated_at"])
        let state = try bench.state()
        #expect(state["customers"]?.array?.count == 1)
        #expect(state.at("customers.0.email") == "jo@example.com" && state.at("customers.0.first_name") == "Jo")
        #expect(state.at("merges.0.removed") == JSON(removed))
        try bench.refused(#"{"do":"update_customer","customer":\#(removed),"note":"n"}"#)
        try bench.refused(#"{"do":"place_order","customer":{"id":\#(removed)},"lines":[{"sku":"MUG-WHITE"}]}"#)
        #expect(try bench.act(Self.jo).at("ids.customer") == JSON(kept))
        try bench.refused(#"{"do":"merge_customers","keep":\#(kept),"remove":\#(kept)}"#)
    }

    @Test("a customer without orders can be deleted, another not")
    func delete() throws {
        var bench = ShopifyBench()
        try bench.act(Self.jo)
        try bench.refused(#"{"do":"delete_customer","customer":"jo@example.com"}"#)
        let id = try bench.act(#"{"do":"create_account","email":"al@example.com"}"#).at("ids.customer")
        bench.deliver()
        try bench.act(#"{"do":"delete_customer","customer":"al@example.com"}"#)
        let hooks = bench.deliver()
        #expect(hooks.map(\.topic) == ["customers/delete"])
        #expect(hooks[0].json["id"] == id && hooks[0].json["tax_exemptions"] == [])
        #expect(try bench.act(#"{"do":"create_account","email":"al@example.com"}"#).at("ids.customer") != id)
    }
}
