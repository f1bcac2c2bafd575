import Commerce
import Foundation
import Testing

@Suite("Refunds as they are kept")
struct RefundCodingTests {
    @Test("A1 records written before prices, duties and fees were kept apart are read as having none")
    func earlierRecords() throws {
        let order = try SampleOrder()
        let refund = Refund(
            id: "r1", createdAt: Instant(seconds: 2_000),
            lines: [Refund.Line(lineID: "1", quantity: 1, price: try order.bag("8.00"), value: try order.bag("10.00"))],
            shippingPrice: try order.bag("3.00"), shipping: try order.bag("4.00"), duties: try order.bag("1.00"),
            fees: try order.bag("2.00"), moneySettled: try order.bag("17.00"), moneyPending: try order.bag("0"),
            discrepancy: try order.bag("0"))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let text = String(decoding: try encoder.encode(refund), as: UTF8.self)
        #expect(try JSONDecoder().decode(Refund.self, from: Data(text.utf8)) == refund)
        var members = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        for name in ["shippingPrice", "duties", "fees"] { members[name] = nil }
        var line = try #require((members["lines"] as? [[String: Any]])?.first)
        line["price"] = nil
        members["lines"] = [line]
        let earlier = try JSONDecoder().decode(Refund.self, from: JSONSerialization.data(withJSONObject: members))
        #expect(earlier.shippingPrice == refund.shipping)
        #expect(earlier.lines[0].price == refund.lines[0].value)
        #expect(earlier.duties.isZero && earlier.fees.isZero)
        #expect(earlier.goodsValue == (try order.bag("14.00")))
    }
}
