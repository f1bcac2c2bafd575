import Foundation
import Hummingbird
import JSON
import Logging
import NIOCore
import ServiceLifecycle

/// Measures webhooks: verified, de-duplicated and durable before each 200.
struct IngestBench {
    let webhooks: Int
    static let connections = 64
    /// Different bodies, sent in turn: enough that no group contains the same body twice, which would compress too
    /// well.
    static let bodies = 512

    func run() async throws -> [BenchFigure] {
        let orders = BenchOrders(count: Self.bodies)
        let baseline = try await measureBaseline(orders)
        let measured = try await measureServer(orders)
        let accepted = measured.statuses[200, default: 0]
        let what = "ingest, \(orders.averageBytes) bytes, \(Self.connections) connections"
        guard accepted == measured.latenciesMicroseconds.count else {
            Output.printError("ingest: not every webhook was accepted: \(measured.statuses)")
            return [
                BenchFigure(what: what, value: 0, unit: "/s", baseline: nil, gate: 8_000, aim: 12_000, isLost: true)
            ]
        }
        return [
            BenchFigure(
                what: what, value: measured.perSecond, unit: "/s", baseline: baseline.perSecond, gate: 8_000,
                aim: 12_000),
            BenchFigure(
                what: "ingest, p99", value: measured.percentile(0.99), unit: "ms", baseline: baseline.percentile(0.99),
                gate: 50, aim: 20, lowerIsBetter: true),
            BenchFigure(
                what: "ingest, p50", value: measured.percentile(0.5), unit: "ms", baseline: baseline.percentile(0.5)),
        ]
    }

    /// The same HTTP server, which only reads the body and responds.
    private func measureBaseline(_ orders: BenchOrders) async throws -> LoadGenerator.Result {
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let responder = CallbackResponder { (request: Request, _: BasicRequestContext) in
            _ = try await request.body.collect(upTo: 2 * 1_024 * 1_024)
            return Response(status: .ok)
        }
        let app = Application(
            responder: responder, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in listening.yield(channel.localAddress?.port ?? 0) },
            logger: Logger(label: "plumbline.bench") { _ in SwiftLogNoOpLogHandler() })
        let group = ServiceGroup(
            services: [app], logger: Logger(label: "plumbline.bench") { _ in SwiftLogNoOpLogHandler() })
        return try await Self.during(group) {
            for await port in ports { return try await load(orders, port: port) }
            throw CancellationError()
        }
    }

    private func measureServer(_ orders: BenchOrders) async throws -> LoadGenerator.Result {
        let folder = try BenchInstallation.newFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let installation = try BenchInstallation(
            folder: folder, BenchSettings(crm: BenchSettings.nowhere, stage: "observe"))
        return try await Self.during(installation.server) {
            try await load(orders, port: await installation.port())
        }
    }

    private func load(_ orders: BenchOrders, port: Int) async throws -> LoadGenerator.Result {
        let requests = orders.bodies.map { body in
            BenchOrders.request(path: "/webhooks/shop", body: body, deliveryID: Self.blank)
        }
        let offsets = requests.map { Self.offset(of: Self.blank, in: $0) }
        let total = webhooks
        // A short warm-up fills caches and opens files.
        let warmUp = min(2_000, total / 10)
        let generator = LoadGenerator(port: port, connections: Self.connections)
        _ = try await generator.run { index in
            index < warmUp
                ? Self.numbered(requests[index % requests.count], offsets[index % requests.count], total + index) : nil
        }
        return try await generator.run { index in
            index < total
                ? Self.numbered(requests[index % requests.count], offsets[index % requests.count], index) : nil
        }
    }

    // MARK: Every webhook has its own delivery id

    private static let blank = "00000000-0000-0000-0000-000000000000"

    private static func offset(of text: String, in buffer: ByteBuffer) -> Int {
        let bytes = Array(text.utf8)
        let view = buffer.readableBytesView
        for index in view.startIndex..<(view.endIndex - bytes.count)
        where view[index..<index + bytes.count].elementsEqual(bytes) {
            return index
        }
        preconditionFailure("the prepared request names its delivery")
    }

    private static func numbered(_ request: ByteBuffer, _ offset: Int, _ number: Int) -> ByteBuffer {
        var copy = request
        let digits = String(number)
        let text = String(repeating: "0", count: blank.utf8.count - digits.utf8.count) + digits
        copy.setString(text, at: offset)
        return copy
    }

    /// Runs work while services run, then shuts them down gracefully.
    static func during<Value: Sendable>(
        _ group: ServiceGroup, _ work: @Sendable @escaping () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { tasks in
            tasks.addTask {
                try await group.run()
                return nil
            }
            tasks.addTask {
                let value = try await work()
                await group.triggerGracefulShutdown()
                return value
            }
            var result: Value?
            while let next = try await tasks.next() { result = next ?? result }
            guard let result else { throw CancellationError() }
            return result
        }
    }
}
