import Commerce
@testable import Server
import Sync
import Testing

/// Which parked deliveries an exception is about: those that `retry` sends again and `resolve --skip` drops.
@Suite("Parked deliveries of an exception")
struct ParkedDeliveryTests {
    private static let order = EntityKey(connection: "shop", kind: .order, id: "1")

    /// One order of which two flows have parked something.
    private static func store() throws -> MemoryStore {
        var record = EntityRecord(key: order)
        record.generation = 1
        for flow in ["edits", "more"] {
            for key in ["shop-1:purchase", "shop-1:fulfillment"] {
                var delivery = Delivery(
                    key: key, kind: .history, channel: "tracking", eventType: "purchase", lane: .orders,
                    occurredAt: Instant(seconds: 1), body: [])
                delivery.phase = .parked(.refused)
                record[flow: flow].deliveries.append(delivery)
            }
        }
        let store = MemoryStore()
        var commit = Commit(id: 1)
        commit.records = [RecordChange(record: record, truthChanged: true, work: [], counts: RecordCounts())]
        try store.commit(commit)
        return store
    }

    private static func parked(_ kind: ExceptionKind, _ subject: String) throws -> [String] {
        let exception = OpenException(
            id: "x", kind: kind, subject: subject, cause: "", state: .open, count: 1, firstAt: Instant(seconds: 1),
            lastAt: Instant(seconds: 1))
        return try StoreQueries(flows: []).parked(for: exception, in: store()).map { "\($0.flow) \($0.event)" }
    }

    @Test("A11 a refusal is about all that its flow has parked; an older one about its delivery alone")
    func refusals() throws {
        #expect(
            try Self.parked(.destinationRefused, "shop/order/1 edits") == [
                "edits shop-1:purchase", "edits shop-1:fulfillment",
            ])
        #expect(
            try Self.parked(.destinationUnreachable, "shop/order/1 shop-1:purchase") == [
                "edits shop-1:purchase", "more shop-1:purchase",
            ])
    }

    @Test("A11 that a record lags, or lacks a rate, parks nothing: its exception drops and resends nothing")
    func others() throws {
        #expect(try Self.parked(.lagOverObjective, "shop/order/1 edits") == [])
        #expect(try Self.parked(.mappingFailed, "shop/order/1 edits") == [])
        #expect(try Self.parked(.rateMissing, "shop/order/1") == [])
    }
}
