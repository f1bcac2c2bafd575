import Foundation
import Logging
import Server
import ServiceLifecycle

/// The settings in which the benches' servers differ.
struct BenchSettings {
    /// An address at which nothing listens.
    static let nowhere = "http://127.0.0.1:1"

    /// Where the simulated Bloomreach listens.
    var crm: String
    /// `observe` for a server that sends nothing.
    var stage = "live"
    /// Where the simulated shop listens, for webhooks that are not the whole truth.
    var shop = Self.nowhere
    /// Products are told too.
    var tellsProducts = false
    var policies = "poll_interval: 1h"
}

/// A Plumbline server in this process, with its own folder.
struct BenchInstallation {
    let folder: URL
    let configuration: Configuration
    let server: ServiceGroup
    let adminToken = "bench-admin"
    private let ports: AsyncStream<Int>

    /// - Parameter observe: called after each piece of work of the server.
    init(folder: URL, _ settings: BenchSettings, observe: EngineWorkObserver? = nil) throws {
        self.folder = folder
        configuration = try Self.configuration(in: folder, settings)
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        self.ports = ports
        let installation = Installation(configuration)
        let quiet = Logger(label: "plumbline.bench") { _ in SwiftLogNoOpLogHandler() }
        var parts = try installation.parts(try installation.openStore(), quiet)
        parts.observe = observe
        server = PlumblineServer(parts, logger: quiet) { listening.yield($0) }.group()
    }

    func port() async -> Int {
        for await port in ports { return port }
        return 0
    }

    var client: (Int) -> ServerClient { { port in ServerClient(url: "http://127.0.0.1:\(port)", token: adminToken) } }

    /// One key for the whole run, so that a folder can be opened again.
    private static let key = KeyGenerator.newKey()

    static func newFolder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "plumbline-bench-\(ProcessInfo.processInfo.processIdentifier)-\(UInt32.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    static func configuration(in folder: URL, _ settings: BenchSettings) throws -> Configuration {
        let catalogs =
            settings.tellsProducts ? "orders: orders, products: products, variants: variants" : "orders: orders"
        let text = """
            store: sqlite:./data
            encryption: { key: "\(key)" }
            server: { listen: "127.0.0.1:0" }
            admin: { token: bench-admin }
            brands: [ { name: acme, reference_currency: GBP } ]
            connections:
              shop: { system: shopify, brand: acme, shop: acme.myshopify.com, base_url: "\(settings.shop)",
                      access_token: bench-token, webhook_secrets: [\(BenchOrders.secret)], id_prefix: shop }
              crm:  { system: bloomreach, brand: acme, base_url: "\(settings.crm)",
                      requests_per_minute: 1000000, batches: 8,
                      project: 00000000-0000-4000-8000-000000000001, key_id: bench-key, secret: bench-secret,
                      identity: { shopify_id: { from: shop.customer_id }, email_id: { from: email } },
                      catalogs: { \(catalogs) } }
            flows:
              edits: { blueprint: order-editing-to-bloomreach, from: shop, to: crm, stage: \(settings.stage) }
            policies: { \(settings.policies) }
            """
        return try Configuration.read(
            text: text, file: folder.appendingPathComponent("plumbline.yaml").path, environment: [:])
    }
}
