import ArgumentParser
import Foundation
import JSON
import Logging
import Server
import ServiceLifecycle

/// Serves strict simulators of a configuration's external systems.
struct TwinsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "twins",
        abstract: "Serve strict simulators of the external systems in a configuration.",
        discussion: """
            Each twin accepts the credentials of its connection. It serves the vendor's real paths, and also
            /_twin/state, /_twin/calls, /_twin/act, /_twin/faults, /_twin/time and /_twin/reset. The first line on
            standard output gives their addresses: {"shop":"http://127.0.0.1:9101",...}.
            """)

    @Option(help: "Where to send webhooks, for example http://127.0.0.1:8080. Without it, use the action `subscribe`.")
    var engine: String?
    @Option(help: "The configuration whose connections to simulate.")
    var config = "plumbline.yaml"
    @Option(help: "The first port (Shopify; Bloomreach's is three higher), or 0 for any free ports.")
    var ports = SimulatorServers.firstPort
    @Option(help: "The seed of the twins' random numbers.")
    var seed: UInt64 = 1

    /// Leaves ports for every system, and for a second connection of each.
    private static let highestFirstPort = 65_000

    func validate() throws {
        guard (0...Self.highestFirstPort).contains(ports) else {
            throw ValidationError("--ports is 0 or 1 to \(Self.highestFirstPort)")
        }
    }

    func run() async throws {
        let configuration = try Configuration.read(file: config, environment: ProcessInfo.processInfo.environment)
        let simulators = SimulatorServers(configuration, engine: engine, firstPort: ports, seed: seed)
        guard !simulators.services.isEmpty else {
            throw CommandFailure("no connection of \(config) has a twin", exitCode: 2)
        }
        let quiet = Logger(label: "plumbline.twins") { _ in SwiftLogNoOpLogHandler() }
        let group = ServiceGroup(services: simulators.services, logger: quiet)
        async let listening = announce(simulators)
        do {
            defer { simulators.stopWaiting() }
            // Twins have no durable state, so Ctrl-C ends them at once.
            try await group.runUntilStopped { Foundation.exit(0) }
        } catch {
            guard await !listening else { throw error }
            throw CommandFailure(
                "cannot listen on a port from \(ports) on: other twins may be running. Choose other ports with --ports",
                exitCode: 2)
        }
        _ = await listening
    }

    /// - Returns: whether every twin listened.
    private func announce(_ simulators: SimulatorServers) async -> Bool {
        guard let addresses = await simulators.addresses() else { return false }
        let members = addresses.map { (key: $0.connection, value: JSON.string($0.url)) }
        Output.print(JSON.object(JSONObject(members)).text())
        return true
    }
}
