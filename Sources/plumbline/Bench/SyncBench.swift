import Foundation
import JSON
import Logging
import NIOCore
import Server
import ServiceLifecycle
import Simulation
import Twins

/// Measures the whole path: from the webhook to the purchase, items and row acknowledged by a simulated Bloomreach,
/// with every step durable.
struct SyncBench {
    let orders: Int
    var buyers = BenchBuyers.new
    /// Webhooks sent concurrently, as by a busy shop.
    static let connections = 16
    /// Concurrent requests in the baseline: as many as the engine may use.
    static let baselineConnections = 8
    static let commandsPerBatch = 50
    /// How long to wait for the last order.
    static let patience = Duration.seconds(600)

    func run() async throws -> [BenchFigure] {
        let folder = try BenchInstallation.newFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let log = CallLog()
        let simulators = SimulatorServers(
            try BenchInstallation.configuration(in: folder, BenchSettings(crm: BenchSettings.nowhere)), engine: nil,
            firstPort: 0, seed: 1, forLoad: true
        ) { connection, twin -> any Twin in
            guard connection == "crm", buyers == .known else { return twin }
            return LoggedTwin(twin, log: log)
        }
        let quiet = Logger(label: "plumbline.bench") { _ in SwiftLogNoOpLogHandler() }
        return try await IngestBench.during(ServiceGroup(services: simulators.services, logger: quiet)) {
            guard let crm = await simulators.addresses()?.first(where: { $0.connection == "crm" })?.url else {
                throw BenchSystem.Failure(description: "the simulated systems did not start")
            }
            let prepared = BenchOrders(count: orders, buyers)
            let measured = try await measure(prepared, folder, crm, simulators)
            let baseline = try await measureBaseline(crm, commands: measured.commands)
            let perOrder = Double(measured.commands) / Double(max(1, prepared.bodies.count))
            if measured.told < orders {
                Output.printError("sync: only \(measured.told) of \(orders) purchases were stored")
            }
            let whose = buyers == .known ? "\(BenchOrders.knownBuyers) known buyers, " : ""
            let figure = BenchFigure(
                what: "sync, \(whose)\(prepared.averageBytes) bytes, "
                    + "\(String(format: "%.1f", perOrder)) commands an order",
                value: measured.told < orders ? 0 : measured.perSecond, unit: "orders/s", baseline: baseline / perOrder,
                gate: buyers == .new ? 300 : nil, aim: buyers == .new ? 2_000 : nil, isLost: measured.told < orders)
            return [figure] + fifths(try log.purchases().values.sorted(), since: measured.began)
        }
    }

    /// Orders told each second in each fifth of the orders; none where no times were logged.
    private func fifths(
        _ times: [ContinuousClock.Instant], since began: ContinuousClock.Instant
    ) -> [BenchFigure] {
        guard times.count >= 5 else { return [] }
        return (0..<5).map { part in
            let range = (times.count * part / 5)..<(times.count * (part + 1) / 5)
            let start = range.lowerBound == 0 ? began : times[range.lowerBound - 1]
            let seconds = (times[range.upperBound - 1] - start).milliseconds / 1_000
            return BenchFigure(
                what: "sync, fifth \(part + 1), orders \(range.lowerBound + 1) to \(range.upperBound)",
                value: Double(range.count) / max(seconds, 0.001), unit: "orders/s")
        }
    }

    private struct Measured {
        /// From the first webhook to the last acknowledgement.
        var perSecond: Double
        var commands: Int
        /// Purchases that were stored.
        var told: Int
        var began: ContinuousClock.Instant
    }

    private func measure(
        _ prepared: BenchOrders, _ folder: URL, _ crm: String, _ simulators: SimulatorServers
    ) async throws -> Measured {
        let setUp = try BenchInstallation.configuration(in: folder, BenchSettings(crm: crm))
        _ = await InstallationCheck(Installation(setUp), fixing: true).run()
        let installation = try BenchInstallation(folder: folder, BenchSettings(crm: crm))
        let requests = prepared.requests(path: "/webhooks/shop")
        return try await IngestBench.during(installation.server) {
            let port = await installation.port()
            let clock = ContinuousClock()
            let start = clock.now
            _ = try await LoadGenerator(port: port, connections: Self.connections).run { index in
                index < requests.count ? requests[index] : nil
            }
            let client = installation.client(port)
            while clock.now - start < Self.patience {
                if try await client.get("/api/v1/settled")["settled"]?.bool == true { break }
                try await Task.sleep(for: .milliseconds(20))
            }
            let elapsed = clock.now - start
            let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
            let snapshot = BloomreachSnapshot(state: simulators.host("crm")?.twinState() ?? .null)
            let purchases = snapshot.events.count { $0.type == "purchase" }
            return Measured(
                perSecond: Double(requests.count) / seconds, commands: snapshot.events.count + snapshot.rows.count,
                told: purchases, began: start)
        }
    }

    /// Commands per second if the client posts directly to the simulated Bloomreach.
    private func measureBaseline(_ crm: String, commands: Int) async throws -> Double {
        guard let port = URL(string: crm)?.port else { return 0 }
        let batches = max(1, commands / Self.commandsPerBatch)
        let requests = (0..<batches).map { Self.batch($0, commands: Self.commandsPerBatch) }
        let result = try await LoadGenerator(port: port, connections: Self.baselineConnections).run { index in
            index < requests.count ? requests[index] : nil
        }
        return result.perSecond * Double(Self.commandsPerBatch)
    }

    /// A request with commands for the simulated Bloomreach.
    static func batch(_ batch: Int, commands: Int) -> ByteBuffer {
        let authorization = Data("bench-key:bench-secret".utf8).base64EncodedString()
        let commands = (0..<commands).map { index -> JSON in
            [
                "name": "customers/events", "command_id": .string("b\(batch)-\(index)"),
                "data": [
                    "customer_ids": ["email_id": .string("baseline\(batch)@example.test")],
                    "event_type": "purchase_item", "timestamp": JSON(1_790_000_000 + index),
                    "properties": [
                        "event_key": .string("baseline-\(batch)-\(index)"), "title": "Tee", "quantity": 2,
                    ],
                ],
            ]
        }
        let body = (["commands": .array(commands)] as JSON).encoded()
        var buffer = ByteBuffer()
        buffer.writeString(
            "POST /track/v2/projects/00000000-0000-4000-8000-000000000001/batch HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                + "Authorization: Basic \(authorization)\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(body.count)\r\n\r\n")
        buffer.writeBytes(body)
        return buffer
    }
}
