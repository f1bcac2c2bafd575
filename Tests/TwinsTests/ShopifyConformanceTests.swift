import Foundation
import JSON
import Testing

@testable import Twins

/// The vendor's inferred JSON schemas, where a checkout has them beside it.
private let specs = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("../shared/specs/shopify/webhooks-2026-04/json-schemas")

@Suite("Shopify twin: payloads against the vendor's samples")
struct ShopifyConformanceTests {
    static let stored = FileManager.default.fileExists(atPath: specs.path)

    @Test("E1 every key that the schemas require is in every payload, and no key is unknown", .enabled(if: stored))
    func keys() throws {
        var fixture = ShopifyFixture()
        let actions = [
            #"""
            {"do":"place_order","lines":[{"sku":"SOCKS-3PK","quantity":3},{"sku":"CAP-BLACK"}],"shipping":"4.95",
             "discount":{"code":"TEN","amount":"10.00"},"note_attributes":[{"name":"a","value":"b"}]}
            """#,
            ##"{"do":"swap_line","order":"#1001","remove_sku":"CAP-BLACK","add_sku":"MUG-WHITE"}"##,
            ##"{"do":"edit_order","order":"#1001","changes":[{"sku":"MUG-WHITE","discount":"1.00"}]}"##,
            ##"{"do":"fulfil","order":"#1001","lines":[{"sku":"SOCKS-3PK","quantity":1}],"tracking":"T1"}"##,
            ##"{"do":"update_fulfilment","order":"#1001","shipment_status":"delivered"}"##,
            ##"{"do":"refund","order":"#1001","amount":"20.00","shipping":"1.00"}"##,
            ##"{"do":"fulfil","order":"#1001"}"##,
            #"{"do":"place_order","lines":[{"sku":"MUG-WHITE"}],"guest":true,"email":"g@example.com"}"#,
            ##"{"do":"cancel","order":"#1002","refund":true}"##, ##"{"do":"delete_order","order":"#1002"}"##,
            #"{"do":"create_account","email":"a@example.com","phone":"+441","first_name":"A","last_name":"B"}"#,
            #"{"do":"create_account","email":"b@example.com"}"#, #"{"do":"create_account","email":"c@example.com"}"#,
            #"{"do":"update_customer","customer":"a@example.com","note":"n"}"#,
            #"{"do":"set_consent","customer":"a@example.com","channel":"email","state":"subscribed"}"#,
            #"{"do":"set_consent","customer":"a@example.com","channel":"sms","state":"pending"}"#,
            #"{"do":"merge_customers","keep":"a@example.com","remove":"b@example.com"}"#,
            #"{"do":"delete_customer","customer":"c@example.com"}"#,
            #"{"do":"create_product","sku":"NEW","price":"1.00","option":"Red / S","tags":["a"]}"#,
            #"{"do":"update_product","sku":"NEW","compare_at_price":"2.00"}"#,
            #"{"do":"delete_product","sku":"NEW"}"#,
            #"{"do":"cart","token":"c1","lines":[{"sku":"CAP-BLACK","quantity":2}]}"#,
            #"{"do":"cart","token":"c1","lines":[{"sku":"CAP-BLACK"}],"note":"n"}"#,
            #"{"do":"checkout","token":"k1","cart_token":"c1","email":"d@example.com","shipping":"4.95"}"#,
            #"""
            {"do":"checkout","token":"k1","phone":"+449","buyer_accepts_sms_marketing":true,
             "note_attributes":[{"name":"a","value":"b"}]}
            """#,
        ]
        for action in actions { try fixture.act(action) }
        let hooks = fixture.deliver()
        #expect(Set(hooks.map(\.topic)) == Set(ShopifyTopics.fired))
        for hook in hooks {
            let file = specs.appendingPathComponent(hook.topic + ".json")
            let schema = try JSON.parse(Array(try Data(contentsOf: file)))
            #expect(Self.differences(hook.json, schema, hook.topic).sorted() == [])
        }
    }

    /// Keys missing and keys unknown, by path. Redacted and absent people are objects that may be null.
    static func differences(_ json: JSON, _ schema: JSON, _ path: String) -> Set<String> {
        var found: Set<String> = []
        if let object = json.object, let properties = schema["properties"]?.object {
            for key in schema["required"]?.array?.compactMap(\.string) ?? [] where object[key] == nil {
                found.insert("\(path).\(key) is missing")
            }
            for member in object.members {
                guard let inner = properties[member.key] else {
                    found.insert("\(path).\(member.key) is unknown")
                    continue
                }
                found.formUnion(differences(member.value, inner, "\(path).\(member.key)"))
            }
        }
        for value in json.array ?? [] {
            if let items = schema["items"] { found.formUnion(differences(value, items, path + "[]")) }
        }
        return found
    }
}
