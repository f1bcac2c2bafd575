import Foundation
import NIOCore
import Synchronization

/// From the 200 that a webhook gets to the 2xx that its purchase gets, at a steady rate.
struct LatencyBench: Sendable {
    let rate: Int
    let seconds: Int
    let buyers: BenchBuyers
    static let connections = 64

    func run() async throws -> BenchTable {
        let prepared = BenchOrders(count: rate * seconds, buyers)
        return try await BenchSystem.run { system in
            try await system.settle()
            let baseline = try await measureBaseline(system)
            let (sent, acknowledged) = try await send(prepared, system)
            let told = try system.crmLog.purchases()
            var delays: [Double] = []
            for (id, at) in zip(prepared.ids, acknowledged) {
                guard let at, let told = told[BenchOrders.purchaseID(id)] else { continue }
                // The destination may answer before the sender has read its own answer.
                delays.append(max(0, (told - at).milliseconds))
            }
            return table(delays, sent, baseline)
        }
    }

    /// - Returns: what the load generator saw, and when each webhook got its 200.
    private func send(
        _ prepared: BenchOrders, _ system: BenchSystem
    ) async throws -> (LoadGenerator.Result, [ContinuousClock.Instant?]) {
        let requests = prepared.requests(path: BenchSystem.webhookPath)
        let times = Mutex([ContinuousClock.Instant?](repeating: nil, count: requests.count))
        let sent = try await LoadGenerator(
            port: system.port, connections: Self.connections, rate: rate,
            onAnswer: { number, status in if status == 200 { times.withLock { $0[number] = .now } } }
        ).run { $0 < requests.count ? requests[$0] : nil }
        try await system.settle()
        return (sent, times.withLock { $0 })
    }

    /// One command in each request, posted directly.
    private func measureBaseline(_ system: BenchSystem) async throws -> LoadGenerator.Result {
        let count = rate * min(seconds, 10)
        return try await LoadGenerator(port: system.crmPort, connections: Self.connections, rate: rate).run { number in
            number < count ? SyncBench.batch(number, commands: 1) : nil
        }
    }

    private func table(
        _ delays: [Double], _ sent: LoadGenerator.Result, _ baseline: LoadGenerator.Result
    ) -> BenchTable {
        var table = BenchTable(["what", "p50 ms", "p95 ms", "p99 ms", "max ms", "each second", "count"])
        func row(_ what: String, _ values: [Double], _ perSecond: Double) -> [BenchTable.Cell] {
            [.text(what)] + [0.5, 0.95, 0.99, 1].map { .number(values.percentile($0)) }
                + [.number(perSecond), .count(values.count)]
        }
        let answers = baseline.latenciesMicroseconds.map { Double($0) / 1_000 }
        let webhooks = sent.latenciesMicroseconds.map { Double($0) / 1_000 }
        table.rows = [
            row("200 to the purchase's 2xx, \(buyers.rawValue) buyers", delays, sent.perSecond),
            row("webhook to its 200", webhooks, sent.perSecond),
            row("baseline: one command posted directly", answers, baseline.perSecond),
        ]
        let missing = rate * seconds - delays.count
        if missing > 0 { table.failures.append("latency: \(missing) of \(rate * seconds) purchases were not told") }
        return table
    }
}
