import ArgumentParser
import Foundation
import JSON
import Logging
import Server
import ServiceLifecycle
import UnixSignals
import Simulation

/// A short day in a shop, on this machine, with nothing set up before.
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Plays a short day with a simulated shop and a simulated Bloomreach, and proves that both agree.",
        discussion: "Stays up afterwards, so that you can look around; with --once it exits 0 when both agree, else 1.")

    @Flag(help: "Exit with the verdict.")
    var once = false

    func run() async throws {
        let stage = try DemoStage()
        defer { stage.cleanUp() }
        let configuration = try stage.configuration(urls: [:])
        let farm = TwinFarm(configuration, engine: nil, firstPort: 0, seed: 1)
        let quiet = Logger(label: "plumbline.demo") { _ in SwiftLogNoOpLogHandler() }
        let twins = ServiceGroup(services: farm.services, logger: quiet)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await twins.run() }
            let agrees = try await play(stage, farm, tasks: &tasks)
            await twins.triggerGracefulShutdown()
            try await tasks.waitForAll()
            if !agrees { throw ExitCode(1) }
        }
    }

    /// - Returns: whether both systems agreed.
    private func play(
        _ stage: DemoStage, _ farm: TwinFarm, tasks: inout ThrowingTaskGroup<Void, any Error>
    ) async throws -> Bool {
        let urls = Dictionary(uniqueKeysWithValues: (await farm.addresses() ?? []).map { ($0.connection, $0.url) })
        let installation = Installation(try stage.configuration(urls: urls))
        for finding in await InstallationCheck(installation, fixing: true).run() where finding.state == .fixed {
            Output.print("set up   \(finding.subject): \(finding.detail)")
        }
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let logger = Logger(label: "plumbline.demo") { _ in SwiftLogNoOpLogHandler() }
        let announcement = Announcement(installation)
        let server = PlumblineServer(installation.parts(try installation.openStore()), logger: logger) { port in
            announcement.publish(port: port, logger)
            listening.yield(port)
        }
        let group = server.group(signals: once ? [] : [.sigint, .sigterm])
        tasks.addTask { try await group.run() }
        var portIterator = ports.makeAsyncIterator()
        guard let port = await portIterator.next() else { throw ExitCode(1) }
        let engine = "http://127.0.0.1:\(port)"
        guard let shop = farm.host("shop"), let crm = farm.host("crm") else { throw ExitCode(1) }
        _ = shop.act(["do": "subscribe", "address": .string("\(engine)/webhooks/shop")])
        Output.print(
            """
            running  Plumbline at \(engine)
                     Shopify (simulated) at \(urls["shop"] ?? "?"), Bloomreach (simulated) at \(urls["crm"] ?? "?")

            """
        )

        let client = ServerClient(url: engine, token: stage.adminToken)
        var story = DemoStory(shop: shop, crm: crm, client: client)
        try await story.play()
        let agrees = story.verdict()
        if once {
            await group.triggerGracefulShutdown()
        } else {
            stage.explain(engine: engine, urls: urls)
            while !Task.isCancelled, await client.isThere() { try await Task.sleep(for: .milliseconds(500)) }
        }
        return agrees
    }
}

/// The demonstration's folder and configuration.
struct DemoStage {
    let folder: URL
    let adminToken = "demo-admin"
    private let key = KeyGenerator.newKey()

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "plumbline-demo-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    func cleanUp() {
        do { try FileManager.default.removeItem(at: folder) } catch {
            Output.print("the demonstration's folder \(folder.path) could not be removed")
        }
    }

    var file: String { folder.appendingPathComponent("plumbline.yaml").path }

    /// Writes the configuration where it can be looked at, and reads it back as `serve` would.
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
