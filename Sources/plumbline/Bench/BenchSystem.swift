import Foundation
import JSON
import Logging
import Server
import ServiceLifecycle
import Transport
import Twins

/// A server between a simulated shop and a simulated Bloomreach, all in this process, each with a clock beside it.
struct BenchSystem: Sendable {
    static let webhookPath = "/webhooks/shop"
    /// Longest wait for everything to be told.
    static let patience = Duration.seconds(3_600)

    let shop: TwinHost
    let shopLog: CallLog
    let crmLog: CallLog
    let crmPort: Int
    /// The server's.
    let port: Int
    let client: ServerClient
    let meter: WorkMeter

    struct Failure: Error, CustomStringConvertible { var description: String }

    /// - Parameters:
    ///   - prepare: changes the settings of the server. `crm` and `shop` name the simulations already.
    ///   - work: what is measured while everything runs.
    static func run<Value: Sendable>(
        _ prepare: @escaping @Sendable (inout BenchSettings) -> Void = { $0.shop = BenchSettings.nowhere },
        _ work: @escaping @Sendable (BenchSystem) async throws -> Value
    ) async throws -> Value {
        let folder = try BenchInstallation.newFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let logs = ["shop": CallLog(), "crm": CallLog()]
        let simulators = SimulatorServers(
            try BenchInstallation.configuration(in: folder, BenchSettings(crm: BenchSettings.nowhere)), engine: nil,
            firstPort: 0, seed: 1, forLoad: true
        ) { connection, twin -> any Twin in
            guard let log = logs[connection] else { return twin }
            return LoggedTwin(twin, log: log)
        }
        let quiet = Logger(label: "plumbline.bench") { _ in SwiftLogNoOpLogHandler() }
        return try await IngestBench.during(ServiceGroup(services: simulators.services, logger: quiet)) {
            let addresses = await simulators.addresses() ?? []
            guard let crm = addresses.first(where: { $0.connection == "crm" })?.url,
                let shop = addresses.first(where: { $0.connection == "shop" })?.url,
                let host = simulators.host("shop"), let shopLog = logs["shop"], let crmLog = logs["crm"]
            else { throw Failure(description: "the simulated systems did not start") }
            var settings = BenchSettings(crm: crm, shop: shop)
            prepare(&settings)
            let setUp = Installation(try BenchInstallation.configuration(in: folder, settings))
            _ = await InstallationCheck(setUp, fixing: true).run()
            let meter = WorkMeter()
            let server = try BenchInstallation(folder: folder, settings) { meter.observe($0, $1) }
            return try await IngestBench.during(server.server) {
                let port = await server.port()
                return try await work(
                    BenchSystem(
                        shop: host, shopLog: shopLog, crmLog: crmLog, crmPort: URL(string: crm)?.port ?? 0, port: port,
                        client: server.client(port), meter: meter))
            }
        }
    }

    /// Waits until all webhooks are delivered and all that follows from them is told.
    func settle() async throws {
        let clock = ContinuousClock()
        let start = clock.now
        while clock.now - start < Self.patience {
            if !shopLog.isSending, try await client.get("/api/v1/settled")["settled"]?.bool == true { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw Failure(description: "the server did not settle within \(Self.patience)")
    }

    /// One merchant action in the simulated shop.
    @discardableResult
    func act(_ action: JSON) throws -> JSON {
        let reply = shop.handle(
            HTTPRequest(
                method: "POST", path: "/_twin/act", headers: ["Content-Type": "application/json"],
                body: action.encoded()))
        let answer = (reply.response?.body).flatMap { try? JSON.parse($0) } ?? .null
        guard reply.response?.status == 200 else {
            throw Failure(description: "the simulated shop refused \(action.text()): \(answer.text())")
        }
        return answer
    }

    /// From now on the simulated shop sends its webhooks to the server.
    func subscribe() throws {
        try act(["do": "subscribe", "address": .string("http://127.0.0.1:\(port)\(Self.webhookPath)")])
    }
}
