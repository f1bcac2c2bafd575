import Commerce
import Testing

@testable import Sync

/// What people ask about their data is an exception until a person has done it.
@Suite("Engine: privacy requests")
struct PrivacyRequestTests {
    private static let day: Int64 = 86_400

    private func open(_ rig: EngineRig) throws -> [OpenException] { try rig.exceptions(.privacyRequest) }

    @Test("B6 each request is an exception with its due date, and the trace of its customer says so")
    func each() throws {
        var rig = try EngineRig.quiet()
        try rig.receive(["access 7 \(30 * Self.day) request=5", "access 7 \(30 * Self.day) request=6"])
        try rig.receive([
            "erasure 7 \(30 * Self.day)", "erasure 8 \(31 * Self.day)", "erasure everybody \(2 * Self.day)",
        ])
        try rig.carryOn()
        #expect(
            try open(rig).map(\.subject).sorted() == [
                "shop", "shop/customer/7 access 5", "shop/customer/7 access 6", "shop/customer/7 erasure",
                "shop/customer/8 erasure",
            ])
        let causes = try open(rig).map(\.cause)
        // The rig begins on 2026-09-21.
        #expect(causes.filter { $0.contains("customer 7 of shop") && $0.hasSuffix("due by 2026-10-21") }.count == 3)
        #expect(causes.contains { $0.contains("customer 8 of shop") && $0.hasSuffix("due by 2026-10-22") })
        let key = EntityKey(connection: "shop", kind: .customer, id: "7")
        let trace = try rig.store.trace(TraceQuery(entities: [key]))
        #expect(trace.filter { $0.kind == .receipt }.count == 3)
        #expect(trace.filter { $0.kind == .exception && $0.detail.contains("2026-10-21") }.count == 3)
        // It tells nobody of the customer, and makes nobody of them.
        #expect(try rig.people(number: "7").isEmpty)
        #expect(rig.batches.isEmpty)
        rig.expectQuiet()
    }

    @Test("B6 a request that is repeated is no second one and moves no date; once closed it is a new one")
    func repeated() throws {
        var rig = try EngineRig.quiet()
        try rig.receive(["erasure 7 \(30 * Self.day)"])
        rig.now = rig.now + .days(2)
        try rig.receive(["erasure 7 \(32 * Self.day)"])
        let first = try #require(try open(rig).first)
        #expect(try open(rig).count == 1)
        #expect(first.cause.hasSuffix("2026-10-21"))
        rig.step(.command(.resolve(exception: first.id)))
        try rig.carryOn()
        #expect(try open(rig).isEmpty)
        rig.now = rig.now + .days(8)
        try rig.receive(["erasure 7 \(40 * Self.day)"])
        #expect(try open(rig).map(\.cause).allSatisfy { $0.hasSuffix("2026-10-31") })
        #expect(try open(rig).count == 1)
    }

    @Test("B6 it stays open whatever becomes of the customer")
    func stays() throws {
        var rig = try EngineRig.quiet()
        try rig.receive(["customer 7 1 email=ada", "erasure 7 \(30 * Self.day)"])
        try rig.receive(["customer 7 2 email=ada.new", "snapshot 1 3 a number=7 since=200"])
        try rig.carryOn()
        #expect(try open(rig).count == 1)
        #expect(try rig.told(1) == ["1:a"])
    }
}
