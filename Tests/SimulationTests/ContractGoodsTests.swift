import Commerce
import Shopify
import Sync
import Testing

/// Customers and products: the room's questions, answered by the twin, and the webhook beside the read.
@Suite("Shopify twin and room: customers and products")
struct ContractGoodsTests {
    @Test("E10 a product read over GraphQL is the product of its webhook, after every action")
    func products() throws {
        var fixture = ContractFixture("products")
        let actions = [
            #"{"do":"create_product","sku":"PEN-BLUE","title":"Pen","option":"Blue / S","price":3,"tags":["a","b"]}"#,
            #"{"do":"create_product","product":"pen","sku":"PEN-RED","option":"Red / S","price":"3.50","inventory":0}"#,
            #"{"do":"update_product","sku":"PEN-RED","price":2,"compare_at_price":"3.50","barcode":"4006381"}"#,
            #"{"do":"update_product","product":"pen","title":"Good pen","status":"draft","description":"<p>Good</p>"}"#,
            #"{"do":"update_product","sku":"GIFT-25","inventory":4}"#,
        ]
        for action in actions {
            let hooked = try fixture.act(action, on: .product)
            let read = try fixture.read([hooked.key])
            guard case .product(let told) = hooked.state, case .product(let whole) = read.state else {
                Issue.record("\(action): no product")
                continue
            }
            #expect(whole.priceCurrency == Currency("GBP") && told.priceCurrency == nil, "\(action)")
            #expect(told.or(whole) == whole, "\(action)")
            #expect(read.sourceTime == hooked.sourceTime)
            let since = hooked.sourceTime - .seconds(1)
            guard case .found(let found, _, _) = try fixture.answer(.changes(.product, since: since, cursor: nil))
            else {
                Issue.record("no change was found")
                continue
            }
            #expect(found.count == 1)
        }
    }

    @Test("a customer read over GraphQL is the customer of its webhook, and has its consent and tags besides")
    func customers() throws {
        var fixture = ContractFixture("customers")
        let actions = [
            #"""
            {"do":"place_order","email":"jo@example.com","lines":[{"sku":"MUG-WHITE"}],
             "buyer_accepts_marketing":true}
            """#,
            #"{"do":"create_account","email":"jo@example.com","phone":"+447700900001","first_name":"Jo"}"#,
            #"""
            {"do":"set_consent","customer":"jo@example.com","channel":"sms","state":"pending",
             "at":"2026-01-02T03:04:05Z"}
            """#,
            #"{"do":"update_customer","customer":"jo@example.com","last_name":"Doe","tags":["vip"]}"#,
        ]
        for action in actions {
            let hooked = try fixture.act(action, on: .customer)
            let read = try fixture.read([hooked.key])
            guard case .customer(let told) = hooked.state, case .customer(var whole) = read.state else {
                Issue.record("\(action): no customer")
                continue
            }
            #expect(whole.tags.isKnown && whole.emailConsent.isKnown && !told.tags.isKnown, "\(action)")
            #expect((whole.emailConsent.value ?? nil)?.state == .subscribed)
            (whole.tags, whole.emailConsent, whole.smsConsent) = (.unknown, .unknown, .unknown)
            #expect(whole == told, "\(action)")
            #expect(read.sourceTime == hooked.sourceTime)
        }
        let unknown = EntityKey(connection: "shop", kind: .customer, id: "4711")
        #expect(try fixture.answer(.entities([unknown])) == .found([], missing: [unknown], nextCursor: nil))
    }
}
