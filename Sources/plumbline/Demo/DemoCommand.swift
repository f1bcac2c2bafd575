import ArgumentParser
import Foundation
import JSON
import Logging
import Server
import ServiceLifecycle
import Simulation
import Synchronization

/// Plays a short day in a shop on this machine, without any setup.
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Play a short day with a simulated shop and a simulated Bloomreach, and prove that both agree.",
        discussion: """
            Keeps running afterwards, so that you can explore, until Ctrl-C. With --once it exits with 0 if both \
            systems agree, otherwise with 1. Ctrl-C during the story exits with 130.
            """)

    @Flag(help: "Exit after the verdict.")
    var once = false

    func run() async throws {
        let environment = try DemoEnvironment()
        defer { environment.cleanUp() }
        let once = self.once
        let isTold = Mutex(false)
        let telling = Task {
            try await Self.runDemo(environment, once: once) { isTold.withLock { $0 = true } }
        }
        let signals = StopSignals(cleanUp: { environment.cleanUp() }) { _ in telling.cancel() }
        defer { signals.stop() }
        do {
            try await telling.value
        } catch  where telling.isCancelled {
            // Errors of an interrupted story do not matter.
        }
        if telling.isCancelled, !isTold.withLock({ $0 }) { throw ExitCode(StopSignals.interrupted) }
    }

    private static func runDemo(
        _ environment: DemoEnvironment, once: Bool, told: @escaping @Sendable () -> Void
    ) async throws {
        let configuration = try environment.configuration(urls: [:])
        let simulators = SimulatorServers(configuration, engine: nil, firstPort: 0, seed: 1)
        let quiet = Logger(label: "plumbline.demo") { _ in SwiftLogNoOpLogHandler() }
        let twins = ServiceGroup(services: simulators.services, logger: quiet)
        // The services are shut down, never cancelled: a listener cancelled during a response crashes the process.
        let running = Task {
            defer { simulators.stopWaiting() }
            try await twins.run()
        }
        let agrees: Bool
        do {
            agrees = try await serve(environment, simulators, once: once, told)
        } catch {
            await twins.triggerGracefulShutdown()
            _ = await running.result
            throw error
        }
        await twins.triggerGracefulShutdown()
        try await running.value
        if !agrees { throw ExitCode(1) }
    }

    /// Runs the server beside the twins during the story.
    /// - Returns: whether both systems agreed.
    private static func serve(
        _ environment: DemoEnvironment, _ simulators: SimulatorServers, once: Bool, _ told: @Sendable () -> Void
    ) async throws -> Bool {
        let addresses = await withTaskCancellationHandler {
            await simulators.addresses()
        } onCancel: {
            simulators.stopWaiting()
        }
        let urls = Dictionary(uniqueKeysWithValues: (addresses ?? []).map { ($0.connection, $0.url) })
        let installation = Installation(try environment.configuration(urls: urls))
        for finding in await InstallationCheck(installation, fixing: true).run() where finding.state == .fixed {
            Output.print("set up   \(finding.subject): \(finding.detail)")
        }
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let logger = Logger(label: "plumbline.demo") { _ in SwiftLogNoOpLogHandler() }
        let announcement = ServerAddressFile(installation)
        let parts = try installation.parts(try installation.openStore(), logger)
        parts.pace.hurry()
        let server = PlumblineServer(parts, logger: logger) { port in
            announcement.publish(port: port, parts.identity, logger)
            listening.yield(port)
        }
        let group = server.group()
        let serving = Task {
            defer { listening.finish() }
            try await group.run()
        }
        let agrees: Bool
        do {
            var portIterator = ports.makeAsyncIterator()
            guard let port = await portIterator.next() else { throw ExitCode(1) }
            agrees = try await play(environment, simulators, urls, engine: "http://127.0.0.1:\(port)", told)
            if !once { try await stayUp(environment, urls, engine: "http://127.0.0.1:\(port)") }
        } catch {
            await group.triggerGracefulShutdown()
            _ = await serving.result
            throw error
        }
        await group.triggerGracefulShutdown()
        try await serving.value
        return agrees
    }

    /// - Returns: whether both systems agreed.
    private static func play(
        _ environment: DemoEnvironment, _ simulators: SimulatorServers, _ urls: [String: String], engine: String,
        _ told: @Sendable () -> Void
    ) async throws -> Bool {
        guard let shop = simulators.host("shop"), let crm = simulators.host("crm") else { throw ExitCode(1) }
        _ = shop.act(["do": "subscribe", "address": .string("\(engine)/webhooks/shop")])
        Output.print(
            """
            running  Plumbline at \(engine)
                     Shopify (simulated) at \(urls["shop"] ?? "?"), Bloomreach (simulated) at \(urls["crm"] ?? "?")

            """
        )
        let client = ServerClient(url: engine, token: environment.adminToken)
        var story = DemoStory(shop: shop, crm: crm, client: client)
        try await story.play()
        let agrees = story.verdict()
        told()
        return agrees
    }

    private static func stayUp(_ environment: DemoEnvironment, _ urls: [String: String], engine: String) async throws {
        let client = ServerClient(url: engine, token: environment.adminToken)
        environment.explain(engine: engine, urls: urls)
        while await client.isThere() { try await Task.sleep(for: .milliseconds(500)) }
    }
}

/// The demonstration's folder and configuration.
struct DemoEnvironment {
    let folder: URL
    let adminToken = "demo-admin"
    private let key = KeyGenerator.newKey()

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "plumbline-demo-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    func cleanUp() {
        guard FileManager.default.fileExists(atPath: folder.path) else { return }
        do { try FileManager.default.removeItem(at: folder) } catch {
            Output.print("the demonstration's folder \(folder.path) could not be removed")
        }
    }

    var file: String { folder.appendingPathComponent("plumbline.yaml").path }

    /// Writes the configuration to a file that the user can read, and loads it as `serve` would.
    func configuration(urls: [String: String]) throws -> Configuration {
        let text = """
            store: sqlite:./data
            encryption: { key: "\(key)" }
            server: { listen: "127.0.0.1:0" }
            admin: { token: \(adminToken) }
            brands: [ { name: acme, reference_currency: GBP } ]
            connections:
              shop: { system: shopify, brand: acme, shop: acme.myshopify.com,
                      base_url: "\(urls["shop"] ?? "http://127.0.0.1:1")",
                      access_token: demo-token, webhook_secrets: [demo-secret], id_prefix: shop }
              crm:  { system: bloomreach, brand: acme, base_url: "\(urls["crm"] ?? "http://127.0.0.1:1")",
                      project: 00000000-0000-4000-8000-000000000001, key_id: demo-key, secret: demo-secret,
                      identity: { shopify_id: { from: shop.customer_id }, email_id: { from: email } },
                      catalogs: { orders: orders } }
            flows:
              edits: { blueprint: order-editing-to-bloomreach, from: shop, to: crm, stage: live }
            policies: { edit_companion_wait: 1s, read_back_delay: 2s, poll_interval: 5s, retry_base: 500ms }
            """
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return try Configuration.read(file: file, environment: ProcessInfo.processInfo.environment)
    }

    func explain(engine: String, urls: [String: String]) {
        let program = CommandLine.arguments.first ?? "plumbline"
        Output.print(
            """

            Still running; stop with Ctrl-C. Meanwhile:
              \(program) trace '#1002' --config \(file)
              \(program) exceptions list --config \(file)
              curl \(engine)/metrics
              curl \(urls["crm"] ?? "")/_twin/state
              curl -X POST \(urls["shop"] ?? "")/_twin/act \\
                   -d '{"do":"place_order","lines":[{"sku":"MUG-WHITE","quantity":1}],"email":"you@example.test"}'
            """)
    }
}
