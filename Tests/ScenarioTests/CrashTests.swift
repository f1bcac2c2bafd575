import Foundation
import JSON
import Testing

@Suite("Crashes", .timeLimit(.minutes(10)))
struct CrashTests {
    private static let kills = 6
    /// Web hooks that the test signs itself, of orders that no poll can find: only the acknowledged receipt knows them.
    private static let ownHooks = 320
    /// Of the twin: three web hooks each, retried by the shop's rules.
    private static let shopOrders = 60
    private static let firstID: Int64 = 9_200_000_000_000_000

    /// SplitMix64, so that a failure can be played again.
    private struct Seeded: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    @Test("A1 kill -9 at random points during 500 web hooks: nothing acknowledged is lost, nothing counted twice")
    func kills() async throws {
        try await Stage.with { stage in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<4 { group.addTask { try await Self.sendOwnHooks(worker: worker, of: 4, stage) } }
                group.addTask { try await Self.placeOrders(stage) }
                group.addTask {
                    var random = Seeded(state: 20_260_401)
                    for _ in 0..<Self.kills {
                        try await pass(.milliseconds(.random(in: 30...700, using: &random)))
                        try await stage.crash()
                        try await stage.serve()
                    }
                }
                try await group.waitForAll()
            }
            try await deliverEverything(stage)
            try await stage.settled(within: .seconds(90))
            let belief = try await stage.belief()
            let lost = (0..<Self.ownHooks).filter { number in
                let order = JSON(Self.firstID + Int64(number))
                return belief.events(order, "purchase").count != 1 || belief.value(order) != Self.worth(number)
                    || belief.row(order) == nil
            }
            #expect(lost.isEmpty, "acknowledged, and not told exactly once: \(lost)")
            let hooks = try await stage.shop.state()["webhooks"]
            #expect(hooks?["gave_up"] == 0)
            #expect((hooks?["succeeded"]?.int64 ?? 0) >= Int64(Self.shopOrders * 3))
            #expect(try await stage.api("settled")["inbox"] == 0)
            #expect(try await stage.exceptions(of: "ambiguous_duplicate").isEmpty)
            try await expectAgreement(stage)
        }
    }

    private static func worth(_ number: Int) -> Decimal { Decimal(1_000 + number) / 100 }

    private static func sendOwnHooks(worker: Int, of workers: Int, _ stage: Stage) async throws {
        for number in stride(from: worker, to: ownHooks, by: workers) {
            let body = Hook.paidOrder(
                id: firstID + Int64(number), customer: 5_000 + Int64(number), pence: 1_000 + number, at: Date())
            let hook = Hook("orders/paid", body, id: "own-\(number)")
            // Like the shop: the same delivery again until it is acknowledged, and never after.
            try await eventually("web hook \(number) is acknowledged", every: .milliseconds(25)) {
                do { return try await hook.send(to: stage).status == 200 } catch { return false }
            }
            try await pass(.milliseconds(20))
        }
    }

    private static func placeOrders(_ stage: Stage) async throws {
        for number in 0..<shopOrders {
            let order = try await stage.shop.act([
                "do": "place_order", "customer": ["email": .string("crash\(number)@example.test")], "shipping": "3.00",
                "lines": [["sku": "TEE-RED-M", "quantity": 2], ["sku": "MUG-WHITE", "quantity": 1]],
            ])["order"]
            if number % 5 == 0 {
                try await stage.shop.act([
                    "do": "swap_line", "order": order ?? .null, "remove_sku": "TEE-RED-M", "add_sku": "TEE-BLUE-M",
                ])
            }
            if number % 7 == 0 {
                try await stage.shop.act([
                    "do": "cancel", "order": order ?? .null, "reason": "customer", "refund": true,
                ])
            }
            try await pass(.milliseconds(40))
        }
    }

    /// The shop waits ten seconds and more before it sends a refused web hook again; its clock is moved instead.
    private func deliverEverything(_ stage: Stage) async throws {
        try await eventually("every web hook is delivered", every: .milliseconds(200)) {
            if try await stage.shop.state()["webhooks"]?["pending"] == 0 { return true }
            try await stage.shop.advance(seconds: 30)
            return false
        }
    }
}
