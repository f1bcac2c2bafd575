import Foundation
import JSON

/// One large order and one large product, placed and changed in a simulated shop that sends its webhooks.
struct OrderBench: Sendable {
    let lines: Int
    let variants: Int
    let rounds: Int

    private static let columns = [
        "action", "webhooks", "requests", "commands", "told after ms", "engine ms", "engine ms a webhook",
        "of it answers ms", "step p50 ms",
        "step max ms", "store ms", "baseline engine ms",
    ]

    func run() async throws -> BenchTable {
        // The first orders of a process cost more: caches fill.
        _ = try await measure(lines: 1, variants: min(1, variants))
        let small = try await measure(lines: 1, variants: min(1, variants))
        let large = try await measure(lines: lines, variants: variants)
        var table = BenchTable(Self.columns)
        table.rows = zip(large, small).map { $0.row(baseline: $1) }
        return table
    }

    /// What one merchant action led to; the mean of several like it.
    private struct Action: Sendable {
        var name: String
        var times = 0
        var webhooks = 0
        /// To the destination.
        var requests = 0
        /// In those of the requests that are batches.
        var commands = 0
        var told = 0.0
        var reading = WorkMeter.Reading()

        mutating func add(_ other: WorkMeter.Reading) {
            times += 1
            reading += other
        }

        func row(baseline: Action) -> [BenchTable.Cell] {
            let count = Double(max(1, times))
            return [
                .text(name), .number(Double(webhooks) / count), .number(Double(requests) / count),
                .number(Double(commands) / count), .number(told / count),
                .number(reading.engine / count), .number(reading.engine / Double(max(1, webhooks))),
                .number(reading.answers / count), .number(reading.steps.percentile(0.5)),
                .number(reading.steps.max() ?? 0), .number(reading.store / count),
                .number(baseline.reading.engine / Double(max(1, baseline.times))),
            ]
        }
    }

    private func measure(lines: Int, variants: Int) async throws -> [Action] {
        try await BenchSystem.run({ settings in
            settings.tellsProducts = true
            // Without the waits of the policies: they would hide what is measured.
            settings.policies =
                "poll_interval: 1h, max_body: 64MiB, replacement_hold: 0s, debounce: 0s, debounce_max: 0s"
        }) { system in
            try await system.settle()
            try stock(system, lines: lines, variants: variants)
            try system.subscribe()
            let ofOrder = try await measureOrder(system, lines: lines)
            return variants > 0 ? try await ofOrder + measureProduct(system, variants: variants) : ofOrder
        }
    }

    /// Before the shop sends webhooks: what the order is of, and all variants of the product.
    private func stock(_ system: BenchSystem, lines: Int, variants: Int) throws {
        for number in 0..<lines { try system.act(["do": "create_product", "sku": Self.sku(number), "price": "9.95"]) }
        guard variants > 0 else { return }
        let product = try system.act([
            "do": "create_product", "sku": Self.variant(0), "title": "Bench", "option": "Size 0", "price": "9.95",
        ])["ids"]?["product"]
        for number in 1..<max(1, variants) {
            try system.act([
                "do": "create_product", "product": product ?? .null, "sku": Self.variant(number),
                "option": .string("Size \(number)"), "price": "9.95",
            ])
        }
    }

    private static func sku(_ number: Int) -> JSON { .string("BENCH-\(number)") }
    private static func variant(_ number: Int) -> JSON { .string("SIZE-\(number)") }

    private func measureOrder(_ system: BenchSystem, lines: Int) async throws -> [Action] {
        let units = rounds + 2
        let place: JSON = [
            "do": "place_order", "shipping": "4.95", "email": "shopper@example.test",
            "lines": .array((0..<lines).map { ["sku": Self.sku($0), "quantity": JSON(units)] }),
        ]
        var ids = JSON.null
        let created = try await action("order of \(lines) lines", system, times: 1) { _ in
            ids = try system.act(place)["ids"]?["order"] ?? .null
        }
        let edited = try await action("edit of one line", system, times: rounds) { round in
            try system.act([
                "do": "edit_order", "order": ids,
                "changes": [["sku": Self.sku(round % lines), "quantity": JSON(units + 1 + round)]],
            ])
        }
        let refunded = try await action("refund of one unit", system, times: rounds) { round in
            try system.act([
                "do": "refund", "order": ids, "lines": [["sku": Self.sku(round % lines), "quantity": 1]],
            ])
        }
        return [created, edited, refunded]
    }

    private func measureProduct(_ system: BenchSystem, variants: Int) async throws -> [Action] {
        let told = try await action("product of \(variants) variants", system, times: 1) { _ in
            try system.act(["do": "update_product", "sku": Self.variant(0), "title": "Bench, told"])
        }
        let changed = try await action("price of one variant", system, times: rounds) { round in
            try system.act([
                "do": "update_product", "sku": Self.variant(round % variants), "price": .string("\(10 + round).95"),
            ])
        }
        return [told, changed]
    }

    /// Does it several times, each when all that followed from the one before is told.
    private func action(
        _ name: String, _ system: BenchSystem, times: Int, _ act: (Int) throws -> Void
    ) async throws -> Action {
        var action = Action(name: name)
        for round in 0..<times {
            // Shopify's times are whole seconds: two changes in one are a tie, which is read again.
            try await Task.sleep(for: .milliseconds(1_100))
            _ = system.meter.read()
            let (webhooks, log) = (system.shopLog.webhooksDelivered, system.crmLog)
            let (requests, batches) = (log.requestsAnswered, log.batchesAnswered)
            let start = ContinuousClock.now
            try act(round)
            try await system.settle()
            action.add(system.meter.read())
            action.told += (max(log.lastAnswer ?? start, start) - start).milliseconds
            action.webhooks += system.shopLog.webhooksDelivered - webhooks
            action.requests += log.requestsAnswered - requests
            action.commands += try log.commands(sinceBatch: batches)
        }
        return action
    }
}
