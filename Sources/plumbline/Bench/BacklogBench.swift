import Foundation
import JSON
import NIOCore
import Server

/// Orders that queue up while the destination refuses connections.
struct BacklogBench: Sendable {
    let orders: Int
    private static let rows = 10
    /// Fewer receipts consumed in so long: the engine has stopped working on what came in.
    private static let stallWindow = Duration.seconds(30)
    private static let stallReceipts = 300
    private static let columns = [
        "orders", "acknowledged/s", "p99 ms", "consumed/s", "inbox", "unsent", "RSS MB", "peak RSS MB",
        "more bytes an order",
        "status ms", "disk MB",
    ]

    func run() async throws -> BenchTable {
        let folder = try BenchInstallation.newFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let template = try OrderTemplate()
        let installation = try BenchInstallation(folder: folder, BenchSettings(crm: BenchSettings.nowhere))
        return try await IngestBench.during(installation.server) {
            let port = await installation.port()
            let client = installation.client(port)
            var table = BenchTable(Self.columns)
            var first: (orders: Int, resident: Int)?
            var inbox = 0
            for part in 0..<Self.rows {
                let range = (orders * part / Self.rows)..<(orders * (part + 1) / Self.rows)
                let start = ContinuousClock.now
                let sent = try await send(range, template, port: port)
                let look = try await consumed(client)
                let count = range.count + inbox - look.inbox
                inbox = look.inbox
                let perSecond = Double(count) / ((ContinuousClock.now - start).milliseconds / 1_000)
                table.rows.append(row(range.upperBound, sent, perSecond, look, folder, since: first))
                first = first ?? ProcessMemory.now.map { (range.upperBound, $0.resident) }
                table.failures += failures(range, sent, look)
                Output.printError("backlog: \(range.upperBound) of \(orders)")
            }
            return table
        }
    }

    private func send(_ range: Range<Int>, _ template: OrderTemplate, port: Int) async throws -> LoadGenerator.Result {
        try await LoadGenerator(port: port, connections: IngestBench.connections).run { number in
            number < range.count
                ? template.request(range.lowerBound + number, path: BenchSystem.webhookPath) : nil
        }
    }

    /// What the server says of itself.
    private struct Look: Sendable {
        var inbox = 0
        var unsent = 0
        /// How long it took to say so.
        var milliseconds = 0.0
    }

    /// Waits until every receipt is consumed, or hardly any is.
    private func consumed(_ client: ServerClient) async throws -> Look {
        var atWindow = try await look(client).inbox
        var window = ContinuousClock.now
        while true {
            let look = try await self.look(client)
            if look.inbox == 0 { return look }
            if ContinuousClock.now - window >= Self.stallWindow {
                Output.printError("backlog: \(look.inbox) receipts in the inbox, \(look.unsent) deliveries unsent")
                if atWindow - look.inbox < Self.stallReceipts { return look }
                (atWindow, window) = (look.inbox, .now)
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private func look(_ client: ServerClient) async throws -> Look {
        let start = ContinuousClock.now
        let answer = try await client.get("/api/v1/settled")
        func count(_ name: String) -> Int { answer[name]?.int64.map { Int($0) } ?? 0 }
        return Look(
            inbox: count("inbox"), unsent: count("unsent"),
            milliseconds: (ContinuousClock.now - start).milliseconds)
    }

    private func row(
        _ count: Int, _ sent: LoadGenerator.Result, _ perSecond: Double, _ look: Look, _ folder: URL,
        since first: (orders: Int, resident: Int)?
    ) -> [BenchTable.Cell] {
        let memory = ProcessMemory.now
        let megabyte = 1_048_576.0
        return [
            .count(count), .number(sent.perSecond), .number(sent.percentile(0.99)), .number(perSecond),
            .count(look.inbox), .count(look.unsent),
            memory.map { .number(Double($0.resident) / megabyte) } ?? .nothing,
            memory.map { .number(Double($0.peak) / megabyte) } ?? .nothing,
            first.map { .count(((memory?.resident ?? 0) - $0.resident) / (count - $0.orders)) } ?? .nothing,
            .number(look.milliseconds), .number(Double(Self.bytes(in: folder)) / megabyte),
        ]
    }

    private func failures(_ range: Range<Int>, _ sent: LoadGenerator.Result, _ look: Look) -> [String] {
        let refused = range.count - sent.statuses[200, default: 0]
        return (refused > 0 ? ["backlog: \(refused) webhooks up to \(range.upperBound) were not acknowledged"] : [])
            + (look.inbox > 0
                ? [
                    "backlog: \(look.inbox) receipts up to \(range.upperBound) were not consumed: "
                        + "the engine consumed fewer than \(Self.stallReceipts) in \(Self.stallWindow)"
                ] : [])
    }

    static func bytes(in folder: URL) -> Int {
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.fileSizeKey])
        var bytes = 0
        while let file = files?.nextObject() as? URL {
            bytes += (try? file.resourceValues(forKeys: [.fileSizeKey]).fileSize) ?? 0
        }
        return bytes
    }
}

/// Memory of this process, in bytes, as Linux counts it.
struct ProcessMemory {
    /// `VmRSS` and `VmHWM`.
    var resident: Int
    var peak: Int

    /// `nil` where there is no `/proc`.
    static var now: ProcessMemory? {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return nil }
        func bytes(_ name: String) -> Int? {
            let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
            return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 * 1_024 }
        }
        guard let resident = bytes("VmRSS"), let peak = bytes("VmHWM") else { return nil }
        return ProcessMemory(resident: resident, peak: peak)
    }
}
