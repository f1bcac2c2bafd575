import Commerce
import Foundation
@testable import SQLiteStore
import Sync
import Testing

@Suite("SQLite store: a person's data")
struct SecrecyTests {
    private static let now = Instant(seconds: 1_795_000_000)
    private static let secrets = [
        "zoe.smith@example.test", "Zoe.Smith@Example.test", "1 Plumb Line", "Zoe Smith", "+447700900123", "AB1 2CD",
        "7700900",
    ]

    private func order() throws -> Order {
        let pounds = try #require(Currency("GBP"))
        let zero = MoneyBag.zero(shop: pounds, presentment: pounds)
        return Order(
            id: "5550000000000000001", name: "#1001", createdAt: Self.now, processedAt: Self.now, updatedAt: Self.now,
            financialStatus: .paid,
            buyer: Buyer(
                customerID: .known("7700900"), email: .known("zoe.smith@example.test"), phone: .known("+447700900123")),
            shippingAddress: .known(PostalAddress(name: "Zoe Smith", address1: "1 Plumb Line", zip: "AB1 2CD")),
            lines: [],
            totals: OrderTotals(current: zero, currentTax: zero, currentDiscounts: zero, currentShipping: zero))
    }

    @Test("law 9 nothing personal stands readable in any file, and look-ups by e-mail and customer still work")
    func sealed() throws {
        let disk = TemporaryStore()
        let store = try disk.open()
        var receipt = Receipt.sample(1)
        // Bytes that do not compress lie beside the text, so that it cannot hide in a compressed stream either.
        receipt.body += Array(Self.secrets.joined(separator: "|").utf8)
        _ = try store.append([receipt])

        var record = EntityRecord(key: EntityKey(connection: "shop", kind: .order, id: "5550000000000000001"))
        record.generation = 1
        record.truth.state = .order(try order())
        var delivery = Delivery(
            key: "shop-1:purchase", kind: .history, channel: "events", eventType: "purchase", lane: .orders,
            occurredAt: Self.now, body: receipt.body)
        delivery.phase = .attempted
        record[flow: "edits"].deliveries = [delivery]
        var commit = Commit(id: 1)
        commit.records = [
            RecordChange(record: record, truthChanged: true, work: [], counts: RecordCounts())
        ]
        commit.inboxPosition = 1
        commit.consumed = [.init(connection: "shop", deliveryID: "delivery-1")]
        try store.commit(commit)

        let names = FileManager.default.enumerator(atPath: disk.folder)?.allObjects.compactMap { $0 as? String } ?? []
        #expect(names.contains("state.sqlite-wal") && names.contains("receipts/00000001.segment"))
        var findsKey = false
        for name in names where !name.hasSuffix("receipts") {
            let bytes = Data(try disk.bytes("\(disk.folder)/\(name)"))
            // The search finds what is there: an order's key is no secret.
            findsKey = findsKey || bytes.range(of: Data(record.key.description.utf8)) != nil
            for secret in Self.secrets { #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(secret) in \(name)") }
        }
        #expect(findsKey)
        #expect(try store.entities(named: [Lookup(.email, "Zoe.Smith@example.test")]) == [record.key])
        #expect(try store.entities(named: [Lookup(.customerID, "7700900")]) == [record.key])
        #expect(try store.records([record.key]) == [record])
    }
}
