import JSON
import Testing
import Transport

@testable import Twins

@Suite("Shopify twin: customers and consent")
struct ShopifyCustomerTests {
    static let jo = #"{"do":"place_order","email":"jo@example.com","lines":[{"sku":"MUG-WHITE"}]}"#

    @Test("a checkout without an account makes one disabled customer per e-mail, whatever its case; a guest none")
    func checkoutCustomer() throws {
        var fixture = ShopifyFixture()
        let id = try fixture.act(Self.jo).at("ids.customer")
        #expect(fixture.deliver().map(\.topic).last == "customers/create")
        fixture.wait(5)
        #expect(try fixture.act(Self.jo.replacing("jo@", with: "JO@")).at("ids.customer") == id)
        let hooks = fixture.deliver()
        #expect(hooks.map(\.topic) == ["orders/create", "orders/updated", "orders/paid", "customers/update"])
        #expect(Set(hooks.map(\.event)).count == 1)
        #expect(hooks.last?.json["state"] == "disabled")
        #expect(hooks.last?.json["updated_at"] == "2026-11-21T10:00:05+00:00")
        #expect(hooks.last?.json["id"] == hooks[0].json.at("customer.id"))
        try fixture.act(#"{"do":"place_order","guest":true,"email":"jo@example.com","lines":[{"sku":"MUG-WHITE"}]}"#)
        #expect(fixture.deliver().map(\.topic) == ["orders/create", "orders/updated", "orders/paid"])
        #expect(try fixture.order()["customer_id"] == .null)
        #expect(try fixture.state()["customers"]?.array?.count == 1)
    }

    @Test("a guest's record takes name and address of the first order, not of the next; a phone alone is enough")
    func address() throws {
        var fixture = ShopifyFixture()
        for city in ["Leeds", "York"] {
            try fixture.act(
                #"""
                {"do":"place_order","phone":"+441","lines":[{"sku":"MUG-WHITE"}],
                 "shipping_address":{"first_name":"Jo","city":"\#(city)"}}
                """#)
        }
        let hooks = fixture.deliver()
        #expect(hooks.map(\.topic).filter { $0.hasPrefix("customers/") } == ["customers/create", "customers/update"])
        let customer = try #require(hooks.last?.json)
        #expect(customer["first_name"] == "Jo" && customer["email"] == .null && customer["phone"] == "+441")
        #expect(customer.at("default_address.city") == "Leeds")
        #expect(hooks[4].json.at("shipping_address.city") == "York")
    }

    @Test("customer payloads have neither consent nor tags nor counters, and their addresses")
    func payload() throws {
        var fixture = ShopifyFixture()
        try fixture.act(#"{"do":"create_account","email":"jo@example.com","first_name":"Jo"}"#)
        try fixture.act(#"{"do":"update_customer","customer":"jo@example.com","tags":["vip"],"phone":"+441"}"#)
        let hooks = fixture.deliver()
        #expect(hooks.map(\.topic) == ["customers/create", "customers/update"])
        let keys = Set(try #require(hooks[1].json.object).keys)
        #expect(keys.isDisjoint(with: ["tags", "email_marketing_consent", "orders_count", "total_spent"]))
        #expect(hooks[0].json["state"] == "enabled")
        #expect(hooks[1].json.at("addresses.0.default") == true)
        #expect(try #require(hooks[1].json["id"]?.int64) > 1 << 53)
    }

    @Test("an account for a guest's e-mail is the guest's record; a taken e-mail or phone is refused")
    func accounts() throws {
        var fixture = ShopifyFixture()
        let id = try fixture.act(Self.jo).at("ids.customer")
        fixture.deliver()
        #expect(try fixture.act(#"{"do":"create_account","email":"jo@example.com"}"#).at("ids.customer") == id)
        #expect(fixture.deliver().map(\.topic) == ["customers/update"])
        try fixture.act(#"{"do":"create_account","phone":"+442","email":"al@example.com"}"#)
        let before = try fixture.state()["customers"]
        try fixture.refused(#"{"do":"update_customer","customer":"al@example.com","email":"jo@example.com"}"#)
        try fixture.refused(#"{"do":"update_customer","customer":"jo@example.com","phone":"+442"}"#)
        try fixture.refused(#"{"do":"update_customer","customer":"nobody@example.com","note":"n"}"#)
        #expect(try fixture.state()["customers"] == before)
    }

    @Test("consent fires its own topic with its own keys, and customers/update; the time is stored as given")
    func consent() throws {
        var fixture = ShopifyFixture()
        try fixture.act(#"{"do":"create_account","email":"jo@example.com","phone":"+441"}"#)
        fixture.deliver()
        try fixture.act(
            #"""
            {"do":"set_consent","customer":"jo@example.com","channel":"email","state":"subscribed",
             "opt_in_level":"confirmed_opt_in","at":"2026-11-20T08:00:00Z"}
            """#)
        var hooks = fixture.deliver()
        #expect(hooks.map(\.topic) == ["customers_email_marketing_consent/update", "customers/update"])
        #expect(hooks[0].json["email_address"] == "jo@example.com")
        #expect(hooks[0].json["customer_id"] == hooks[1].json["id"])
        #expect(
            hooks[0].json["email_marketing_consent"]
                == [
                    "state": "subscribed", "opt_in_level": "confirmed_opt_in",
                    "consent_updated_at": "2026-11-20T08:00:00+00:00",
                ])
        try fixture.act(#"{"do":"set_consent","customer":"+441","channel":"sms","state":"unsubscribed"}"#)
        hooks = fixture.deliver()
        #expect(hooks.map(\.topic) == ["customers_marketing_consent/update", "customers/update"])
        #expect(hooks[0].json["id"] == hooks[1].json["id"] && hooks[0].json["phone"] == "+441")
        #expect(hooks[0].json.at("sms_marketing_consent.consent_collected_from") == "other")
        #expect(hooks[0].json.at("sms_marketing_consent.consent_updated_at") == "2026-11-21T10:00:00+00:00")
        let row = try fixture.state().at("customers.0")
        #expect(row?.at("email_consent.state") == "subscribed" && row?.at("sms_consent.state") == "unsubscribed")
        for wrong in [
            #""channel":"post","state":"subscribed""#, #""channel":"sms","state":"invalid""#,
            #""channel":"email","state":"redacted""#, #""channel":"email","state":"subscribed","opt_in_level":"x""#,
            #""channel":"email","state":"subscribed","at":"soon""#,
        ] { try fixture.refused(#"{"do":"set_consent","customer":"jo@example.com",\#(wrong)}"#) }
        try fixture.act(#"{"do":"create_account","email":"al@example.com"}"#)
        try fixture.refused(#"{"do":"set_consent","customer":"al@example.com","channel":"sms","state":"subscribed"}"#)
    }

    @Test("a ticked box at checkout subscribes again after a withdrawal; an unticked one changes nothing")
    func optIn() throws {
        var fixture = ShopifyFixture()
        try fixture.act(Self.jo)
        try fixture.act(#"{"do":"set_consent","customer":"jo@example.com","channel":"email","state":"unsubscribed"}"#)
        try fixture.act(Self.jo)
        #expect(try fixture.state().at("customers.0.email_consent.state") == "unsubscribed")
        fixture.deliver()
        fixture.wait(60)
        try fixture.act(Self.jo.replacing("}]}", with: #"}],"buyer_accepts_marketing":true}"#))
        let hooks = fixture.deliver()
        #expect(hooks[0].json["buyer_accepts_marketing"] == true)
        #expect(
            hooks.map(\.topic).suffix(2) == ["customers_email_marketing_consent/update", "customers/update"])
        #expect(
            hooks[3].json.at("email_marketing_consent.consent_updated_at") == "2026-11-21T10:01:00+00:00")
    }

    @Test("a merge moves the orders without a word about them, and the removed id is unknown afterwards")
    func merge() throws {
        var fixture = ShopifyFixture()
        let removed = try #require(try fixture.act(Self.jo).at("ids.customer")?.int64)
        let order = try fixture.order()
        fixture.wait(5)
        try fixture.act(#"{"do":"create_account","phone":"+441","first_name":"Jo"}"#)
        fixture.deliver()
        fixture.wait(5)
        let kept = try #require(
            try fixture.act(#"{"do":"merge_customers","keep":"+441","remove":"jo@example.com"}"#).at("ids.customer")?
                .int64)
        let hooks = fixture.deliver()
        #expect(hooks.map(\.topic) == ["customers/merge"])
        #expect(hooks[0].json["admin_graphql_api_customer_kept_id"]?.string == "gid://shopify/Customer/\(kept)")
        #expect(hooks[0].json["admin_graphql_api_customer_deleted_id"]?.string == "gid://shopify/Customer/\(removed)")
        let moved = try fixture.order()
        #expect(moved["customer_id"] == JSON(kept) && moved["updated_at"] == order["updated_at"])
        let state = try fixture.state()
        #expect(state["customers"]?.array?.count == 1)
        #expect(state.at("customers.0.email") == "jo@example.com" && state.at("customers.0.first_name") == "Jo")
        #expect(state.at("merges.0.removed") == JSON(removed))
        try fixture.refused(#"{"do":"update_customer","customer":\#(removed),"note":"n"}"#)
        try fixture.refused(#"{"do":"place_order","customer":{"id":\#(removed)},"lines":[{"sku":"MUG-WHITE"}]}"#)
        #expect(try fixture.act(Self.jo).at("ids.customer") == JSON(kept))
        try fixture.refused(#"{"do":"merge_customers","keep":\#(kept),"remove":\#(kept)}"#)
    }

    @Test("a customer without orders can be deleted, another not")
    func delete() throws {
        var fixture = ShopifyFixture()
        try fixture.act(Self.jo)
        try fixture.refused(#"{"do":"delete_customer","customer":"jo@example.com"}"#)
        let id = try fixture.act(#"{"do":"create_account","email":"al@example.com"}"#).at("ids.customer")
        fixture.deliver()
        try fixture.act(#"{"do":"delete_customer","customer":"al@example.com"}"#)
        let hooks = fixture.deliver()
        #expect(hooks.map(\.topic) == ["customers/delete"])
        #expect(hooks[0].json["id"] == id && hooks[0].json["tax_exemptions"] == [])
        #expect(try fixture.act(#"{"do":"create_account","email":"al@example.com"}"#).at("ids.customer") != id)
    }
}
