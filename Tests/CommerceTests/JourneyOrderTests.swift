import Commerce
import Foundation
import Testing

@Suite("Journeys: facts of an order")
struct JourneyOrderTests {
    private func taken(_ change: (inout SampleOrder) throws -> Void) throws -> JourneyOrder {
        var sample = try SampleOrder()
        sample.order.name = "#1032"
        try change(&sample)
        return JourneyOrder(sample.order, key: "shop/order/1001", connection: "shop", rules: JourneyRules())
    }

    @Test("E3 goods are the ordered ones, each once, with the total of the edited state")
    func goods() throws {
        let order = try taken { sample in
            try sample.add("b", 2, at: "10")
            try sample.add("a", 1, at: "5")
            try sample.remove("a", 1)
            try sample.giveBack("b", 1, money: "10")
            sample.order.lines.append(sample.order.lines[0])
            sample.order.lines[2].sku = ""
            sample.order.lines[2].variantID = "77"
        }
        #expect(order.skus == ["SKU-a", "SKU-b", "id:77"])
        #expect(order.total.shop.amount == Amount(units: 20))
    }

    @Test(
        "E3 a note names an order by a word of that shape",
        arguments: [
            ("Edited from #1031", ["1031"]), ("replaces #1031A.", ["1031A"]),
            ("Original order: #1031, thanks", ["1031"]),
            ("Order 1031 was edited", ["1031"]), ("order no. 1031", ["1031"]), ("(see #1031)", ["1031"]),
            ("gid://shopify/Order/5551234567890", ["5551234567890"]),
            ("https://admin.shopify.com/store/a/orders/555123?x=1", ["555123"]),
            ("#1031 and #1031A and #1031", ["1031", "1031A"]),
            ("Ring 1031 at the door", []), ("Call 07700 900123", []), ("flat #12", []), ("this is #1032", []),
            ("size 40 order", []), ("", []),
        ])
    func notes(_ note: String, _ expected: [String]) throws {
        let order = try taken { $0.order.note = note }
        #expect(order.mentions == expected)
        #expect(order.originals.isEmpty)
    }

    @Test("E3 a shop's own prefix is a shape too")
    func prefix() throws {
        let order = try taken { sample in
            sample.order.name = "EN-1032"
            sample.order.note = "was en-1031, call 07700900123, see US-1031"
        }
        #expect(order.mentions == ["EN-1031"])
    }

    @Test(
        "E3 a configured attribute names the original; every other one only mentions",
        arguments: ["original_order", "Original order", "edited-from", "_original_order_id", "Replaces"])
    func attributes(_ name: String) throws {
        let order = try taken { sample in
            sample.order.attributes = [
                OrderAttribute(name: name, value: "1031"), OrderAttribute(name: "engraving", value: "#1030"),
                OrderAttribute(name: "phone", value: "07700900123"),
            ]
        }
        #expect(order.originals == ["1031"])
        #expect(order.mentions == ["1031", "1030"])
    }

    @Test("E3 only tags that are marks are kept, and a tag may name an order")
    func tags() throws {
        let order = try taken { $0.order.tags = ["VIP", "edit order", "from #1031"] }
        #expect(order.tags == ["edit order"])
        #expect(order.mentions == ["1031"])
    }

    @Test("E3 an order that names itself mentions nothing")
    func itself() throws {
        let order = try taken { sample in
            sample.order.note = "#1032, order 1001"
            sample.order.attributes = [OrderAttribute(name: "original_order", value: "#1032")]
        }
        #expect(order.mentions.isEmpty && order.originals.isEmpty)
    }

    @Test("E3 equal buyers and places have equal digests, and nothing of them is in clear")
    func digests() throws {
        func order(_ email: String?, _ street: String, phone: String? = "+44 7700 900123") throws -> JourneyOrder {
            try taken { sample in
                sample.order.buyer = Buyer(
                    customerID: .known("7"), email: .known(email), phone: .known(phone))
                sample.order.shippingAddress = .known(
                    PostalAddress(name: "Ann Lee", address1: street, city: "Leeds", zip: "LS1 4AP", countryCode: "GB"))
                sample.order.note = "Leave with Ann Lee, 07700 900123"
            }
        }
        let one = try order("Ann@Example.test", "1 High St.")
        let other = try order(" ann@example.test", "1 high st")
        #expect(one.buyerDigest != nil && one.buyerDigest == other.buyerDigest)
        #expect(one.addressDigest != nil && one.addressDigest == other.addressDigest)
        #expect(try order("bob@example.test", "2 High St").buyerDigest != one.buyerDigest)
        #expect(try order("bob@example.test", "2 High St").addressDigest != one.addressDigest)
        #expect(try order(nil, "1").buyerDigest != nil)
        #expect(try order(nil, "1", phone: nil).buyerDigest == nil)
        let text = "\(one)".lowercased()
        for word in ["ann", "lee", "example", "high", "leeds", "ls1", "900123"] { #expect(!text.contains(word)) }
    }

    @Test("E3 two buyers and two places that are unknown are not the same ones")
    func unknown() throws {
        let order = try taken { $0.order.shippingAddress = .known(PostalAddress(name: "Ann Lee")) }
        #expect(order.buyerDigest == nil && order.addressDigest == nil && order.customerID == nil)
        #expect(try taken { $0.order.shippingAddress = .known(nil) }.addressDigest == nil)
    }

    @Test("E3 a typical order's facts are at most 400 bytes, the largest are bounded, and both are read back")
    func size() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let typical = try taken { sample in
            sample.order.id = "5551234567890"
            sample.order.createdAt = JourneySample.start
            sample.order.cancelledAt = JourneySample.start
            sample.order.cancelReason = "customer"
            sample.order.appID = "580111"
            sample.order.note = "Edited from #1031"
            sample.order.tags = ["Edit Order"]
            sample.order.buyer = Buyer(customerID: .known("6661234567890"), email: .known("ann@example.test"))
            sample.order.shippingAddress = .known(PostalAddress(address1: "1 High St", city: "Leeds"))
            for id in ["a", "b", "c"] { try sample.add(id, 1, at: "10.99") }
        }
        let bytes = try encoder.encode(typical)
        #expect(bytes.count <= 400)
        #expect(try JSONDecoder().decode(JourneyOrder.self, from: bytes) == typical)
        let large = try taken { sample in
            sample.order.note = (0..<500).map { "#\(2_000 + $0)" }.joined(separator: " ")
            for id in 0..<200 { try sample.add("\(id)", 1, at: "1") }
        }
        #expect(large.skus.count == JourneyOrder.skusMax)
        #expect(large.mentions.count == JourneyOrder.mentionsMax)
    }

    @Test("E3 from two whole orders to one journey")
    func whole() throws {
        let rules = JourneyRules()
        var sample = try SampleOrder()
        try sample.add("a", 1, at: "10")
        var (original, replacement) = (sample.order, sample.order)
        original.cancelledAt = original.createdAt + .minutes(5)
        (replacement.id, replacement.name, replacement.createdAt) = ("1002", "#1002", original.createdAt + .minutes(6))
        replacement.note = "Edited from #1001"
        let orders = [original, replacement].map {
            JourneyOrder($0, key: "shop/order/\($0.id)", connection: "shop", rules: rules)
        }
        let journeys = Journeys(orders: orders, rules: rules)
        #expect(journeys.chain(of: "shop/order/1002") == ["shop/order/1001", "shop/order/1002"])
        #expect(journeys.links.first?.evidence.map(\.description).contains { $0.contains("names the other") } == true)
    }
}
