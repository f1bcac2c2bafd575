import Foundation
import NIOCore
import Synchronization

/// One buyer who orders again and again.
struct BuyerBench: Sendable {
    let orders: Int
    /// Orders that are sent one at a time about each mark.
    private static let sampleSize = 20

    private static let columns = [
        "order number", "sent singly", "purchase told after ms", "all told after ms", "engine ms", "step max ms",
        "store ms", "engine of the first twenty", "orders/s before",
    ]

    /// Orders by index that are sent one at a time, about number 1, 10, 100, ...
    static func samples(of orders: Int) -> [(mark: Int, orders: Range<Int>)] {
        var samples: [(mark: Int, orders: Range<Int>)] = []
        var mark = 1
        while mark <= orders {
            let end = mark == 1 ? 1 : min(mark + sampleSize / 2, orders)
            let start = max(end - sampleSize, samples.last?.orders.upperBound ?? 0)
            if start < end { samples.append((mark, start..<end)) }
            mark *= 10
        }
        return samples
    }

    func run() async throws -> BenchTable {
        let prepared = BenchOrders(count: orders, buyers: 1)
        return try await BenchSystem.run { system in
            let requests = prepared.requests(path: BenchSystem.webhookPath)
            try await system.settle()
            var rows: [Row] = []
            var next = 0
            for sample in Self.samples(of: orders) {
                var row = Row(mark: sample.mark, orders: sample.orders)
                row.rateBefore = try await sendTogether(requests[next..<sample.orders.lowerBound], system)
                for index in sample.orders { try await sendSingly(requests[index], index, system, &row) }
                Output.printError("buyer: order \(sample.orders.upperBound) of \(orders)")
                rows.append(row)
                next = sample.orders.upperBound
            }
            _ = try await sendTogether(requests[next...], system)
            return try table(rows, prepared, system)
        }
    }

    private struct Row: Sendable {
        var mark: Int
        var orders: Range<Int>
        var rateBefore: Double?
        var sentAt: [ContinuousClock.Instant] = []
        var allTold: [Double] = []
        var reading = WorkMeter.Reading()
    }

    /// - Returns: orders settled each second.
    private func sendTogether(_ requests: ArraySlice<ByteBuffer>, _ system: BenchSystem) async throws -> Double? {
        guard !requests.isEmpty else { return nil }
        let first = requests.startIndex
        let start = ContinuousClock.now
        _ = try await LoadGenerator(port: system.port, connections: SyncBench.connections).run { number in
            number < requests.count ? requests[first + number] : nil
        }
        try await system.settle()
        return Double(requests.count) / ((ContinuousClock.now - start).milliseconds / 1_000)
    }

    private func sendSingly(
        _ request: ByteBuffer, _ index: Int, _ system: BenchSystem, _ row: inout Row
    ) async throws {
        _ = system.meter.read()
        let sentAt = Mutex(ContinuousClock.now)
        _ = try await LoadGenerator(port: system.port, connections: 1).run { number in
            guard number == 0 else { return nil }
            sentAt.withLock { $0 = .now }
            return request
        }
        try await system.settle()
        let start = sentAt.withLock { $0 }
        let reading = system.meter.read()
        row.sentAt.append(start)
        row.allTold.append((max(system.crmLog.lastAnswer ?? start, start) - start).milliseconds)
        row.reading += reading
    }

    private func table(_ rows: [Row], _ prepared: BenchOrders, _ system: BenchSystem) throws -> BenchTable {
        let purchases = try system.crmLog.purchases()
        var table = BenchTable(Self.columns)
        let first = rows.first { $0.orders.count > 1 }.map { $0.reading.engine / Double($0.orders.count) }
        for row in rows {
            let told = zip(row.orders, row.sentAt).compactMap { index, sentAt in
                purchases[BenchOrders.purchaseID(prepared.ids[index])].map { ($0 - sentAt).milliseconds }
            }
            let count = Double(row.orders.count)
            table.rows.append([
                .count(row.mark), .text("\(row.orders.lowerBound + 1) to \(row.orders.upperBound)"),
                .number(told.mean), .number(row.allTold.mean), .number(row.reading.engine / count),
                .number(row.reading.steps.max() ?? 0), .number(row.reading.store / count),
                first.map { .text(String(format: "%.1f x", row.reading.engine / count / max($0, 0.001))) } ?? .nothing,
                row.rateBefore.map { .number($0) } ?? .nothing,
            ])
        }
        let missing = prepared.ids.count { purchases[BenchOrders.purchaseID($0)] == nil }
        if missing > 0 { table.failures.append("buyer: \(missing) of \(orders) purchases were not told") }
        return table
    }
}
