import Foundation
import JSON
import Testing

@Suite("Crashes", .timeLimit(.minutes(10)))
struct CrashTests {
    private static let kills = 6
    /// Webhooks that the test signs itself, of orders that no poll can find: only the acknowledged receipt knows them.
    private static let ownHooks = 320
    /// Of the twin: three webhooks each, retried by the shop's rules.
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

    @Test("A1 kill -9 at random points during 500 webhooks: nothing acknowledged is lost, nothing counted twice")
    func kills() async throws {
        try await TestInstallation.with { installation in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<4 {
                    group.addTask { try await Self.sendOwnHooks(worker: worker, of: 4, installation) }
                }
                group.addTask { try await Self.placeOrders(installation) }
                group.addTask {
                    var random = Seeded(state: 20_260_401)
                    for _ in 0..<Self.kills {
                        try await pass(.milliseconds(.random(in: 30...700, using: &random)))
                        try await installation.crash()
                        try await installation.serve()
                    }
                }
                try await group.waitForAll()
            }
            try await deliverEverything(installation)
            try await installation.settled(within: .seconds(90))
            let snapshot = try await installation.snapshot()
            let lost = (0..<Self.ownHooks).filter { number in
                let order = JSON(Self.firstID + Int64(number))
                return snapshot.events(order, "purchase").count != 1 || snapshot.value(order) != Self.worth(number)
                    || snapshot.row(order) == nil
            }
            #expect(lost.isEmpty, "acknowledged, and not told exactly once: \(lost)")
            let hooks = try await installation.shop.state()["webhooks"]
            #expect(hooks?["gave_up"] == 0)
            #expect((hooks?["succeeded"]?.int64 ?? 0) >= Int64(Self.shopOrders * 3))
            #expect(try await installation.api("settled")["inbox"] == 0)
            #expect(try await installation.exceptions(of: "ambiguous_duplicate").isEmpty)
            try await expectAgreement(installation)
        }
    }

    private static func worth(_ number: Int) -> Decimal { Decimal(1_000 + number) / 100 }

    private static func sendOwnHooks(worker: Int, of workers: Int, _ installation: TestInstallation) async throws {
        for number in stride(from: worker, to: ownHooks, by: workers) {
            let body = Hook.paidOrder(
                id: firstID + Int64(number), customer: 5_000 + Int64(number), pence: 1_000 + number, at: Date())
            let hook = Hook("orders/paid", body, id: "own-\(number)")
            // Like the shop: the same delivery again until it is acknowledged, and never after.
            try await eventually("webhook \(number) is acknowledged", every: .milliseconds(25)) {
                do { return try await hook.send(to: installation).status == 200 } catch { return false }
            }
            try await pass(.milliseconds(20))
        }
    }

    private static func placeOrders(_ installation: TestInstallation) async throws {
        for number in 0..<shopOrders {
            let order = try await installation.shop.act([
                "do": "place_order", "customer": ["email": .string("crash\(number)@example.test")], "shipping": "3.00",
                "lines": [["sku": "TEE-RED-M", "quantity": 2], ["sku": "MUG-WHITE", "quantity": 1]],
            ])["order"]
            if number % 5 == 0 {
                try await installation.shop.act([
                    "do": "swap_line", "order": order ?? .null, "remove_sku": "TEE-RED-M", "add_sku": "TEE-BLUE-M",
                ])
            }
            if number % 7 == 0 {
                try await installation.shop.act([
                    "do": "cancel", "order": order ?? .null, "reason": "customer", "refund": true,
                ])
            }
            try await pass(.milliseconds(40))
        }
    }

    /// The shop waits ten seconds and more before it sends a refused webhook again; its clock is moved instead.
    private func deliverEverything(_ installation: TestInstallation) async throws {
        try await eventually("every webhook is delivered", every: .milliseconds(200)) {
            if try await installation.shop.state()["webhooks"]?["pending"] == 0 { return true }
            try await installation.shop.advance(seconds: 30)
            return false
        }
    }
}
