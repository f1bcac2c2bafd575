import Commerce
import Sync
import Testing

/// A shop that cannot be reached is one exception, for as long as it lasts.
@Suite("Engine: a source that is down")
struct SourceOutageTests {
    private static let id = RaisedException.id(.sourceUnreadable, subject: "shop")

    /// Responses every poll of so much time with this status.
    private func poll(_ rig: inout EngineRig, times: Int, status: Int) throws {
        for _ in 0..<times {
            for exchange in rig.exchanges where rig.lines(exchange).first?.hasPrefix("changes") == true {
                rig.answer(exchange, status: status)
            }
            try rig.settleStore()
            rig.wake = nil
            rig.now = rig.now + .minutes(6)
            rig.step(.timer)
            try rig.settleStore()
        }
    }

    private func state(_ rig: EngineRig) throws -> OpenException.State? {
        try rig.store.exceptions(withIDs: [Self.id]).first?.state
    }

    @Test("A11 source_unreadable that a person closed during an outage opens again while it lasts, once each time")
    func closedByHand() throws {
        var rig = try EngineRig()
        try rig.settleStore()
        try poll(&rig, times: rig.limits.failuresBeforeException - 1, status: 503)
        #expect(try state(rig) == nil)
        try poll(&rig, times: 1, status: 503)
        #expect(try state(rig) == .open)
        try poll(&rig, times: 3, status: 503)
        #expect(try rig.store.exceptions(withIDs: [Self.id]).map(\.count) == [1], "an outage is one, not many")
        rig.step(.command(.resolve(exception: Self.id)))
        try rig.settleStore()
        #expect(try state(rig) == .resolved)
        try poll(&rig, times: 1, status: 503)
        #expect(try state(rig) == .open, "it goes on")
        #expect(try rig.store.exceptions(withIDs: [Self.id]).map(\.count) == [2])
        try poll(&rig, times: 2, status: 503)
        #expect(try rig.store.exceptions(withIDs: [Self.id]).map(\.count) == [2])
    }

    @Test("A11 source_unreadable ends with the first list that comes, also when nobody orders")
    func ends() throws {
        var rig = try EngineRig()
        try rig.settleStore()
        try poll(&rig, times: rig.limits.failuresBeforeException, status: 503)
        #expect(try state(rig) == .open)
        try poll(&rig, times: 1, status: 200)
        #expect(try state(rig) == .resolved)
    }

    @Test("A11 what an earlier life could not read ends with the first list of the next")
    func nextLife() throws {
        var rig = try EngineRig()
        try rig.settleStore()
        try poll(&rig, times: rig.limits.failuresBeforeException, status: 503)
        rig = try EngineRig(store: rig.store, at: rig.now, seed: 2)
        try rig.settleStore()
        try poll(&rig, times: 1, status: 200)
        #expect(try state(rig) == .resolved)
    }
}
