import Foundation
import JSON
import Synchronization
import Testing

/// A whole installation for one story: folder, configuration, simulated outside systems and the real server.
final class TestInstallation: Sendable {
    static let token = "let-me-in"
    static let secret = "shop-secret"
    static let tokenAccess = "access_token: shop-token, webhook_secrets: [\(secret)]"
    /// An app of the Dev Dashboard: tokens for its id and secret, and the secret signs.
    static let clientAccess = "client_id: shop-app, client_secret: \(secret)"
    static let shopDomain = "acme.myshopify.com"
    /// What every story begins with; short, so that a story takes seconds.
    static let policies = [
        "edit_companion_wait": "1s", "poll_interval": "2s", "read_back_delay": "1s", "retry_base": "200ms",
        "retry_max": "2s", "replacement_hold": "3s", "history_spacing": "5ms",
    ]
    /// Installations at once; each is two processes.
    private static let permits = Permits(3)

    let folder: URL
    let port: Int
    let shop: Twin
    /// The same brand's second shop, in stories that ask for one.
    let outlet: Twin?
    let crm: Twin
    private let twins: RunningProgram
    private let server = Mutex<RunningProgram?>(nil)

    /// Plays `story` on a fresh installation, and ends everything that it started.
    /// - Parameters:
    ///   - policies: beside and instead of ``policies``.
    ///   - hasOutlet: the brand has a second shop, a twin with the same numbers.
    ///   - shopAccess: the keys by which the shop lets us in and signs webhooks.
    static func with(
        _ policies: [String: String] = [:], serving: Bool = true, hasOutlet: Bool = false,
        shopAccess: String = tokenAccess,
        _ story: (TestInstallation) async throws -> Void
    ) async throws {
        await permits.take()
        do {
            let installation = try await TestInstallation(policies, hasOutlet: hasOutlet, shopAccess: shopAccess)
            do {
                if serving { try await installation.serve() }
                try await story(installation)
            } catch {
                let log = installation.log.split(separator: "\n").suffix(20).joined(separator: "\n")
                installation.end()
                Issue.record("the story broke off: \(error)\nlast lines of the server:\n\(log)")
            }
            installation.end()
        } catch {
            await permits.giveBack()
            throw error
        }
        await permits.giveBack()
    }

    private init(_ policies: [String: String], hasOutlet: Bool, shopAccess: String) async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "plumbline-story-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        port = try FreePort.next()
        let all = Self.policies.merging(policies) { _, own in own }
        let nowhere = "http://127.0.0.1:1"
        try Self.write(
            Self.configuration(
                port: port, shop: nowhere, shopAccess, outlet: hasOutlet ? nowhere : nil, crm: nowhere, all),
            in: folder)
        twins = try RunningProgram(
            Program.executable, ["twins", "--config", Self.file, "--ports", "0"], in: folder)
        try await eventually("the twins listen") { [twins] in twins.firstLine != nil || !twins.isRunning }
        let urls = try JSON.parse(Array((twins.firstLine ?? "").utf8))
        shop = Twin(url: try #require(urls["shop"]?.string))
        outlet = urls["outlet"]?.string.map { Twin(url: $0) }
        crm = Twin(url: try #require(urls["crm"]?.string))
        try Self.write(
            Self.configuration(port: port, shop: shop.url, shopAccess, outlet: outlet?.url, crm: crm.url, all),
            in: folder)
        let check = try await command("check", "--fix")
        try #require(check.status == 0, "check --fix: \(check.output)\(check.errors)")
    }

    deinit { end() }

    private func end() {
        server.withLock { $0?.kill() }
        twins.kill()
        try? FileManager.default.removeItem(at: folder)
    }

    // MARK: Configuration

    static let file = "plumbline.yaml"

    private static func write(_ text: String, in folder: URL) throws {
        try Data(text.utf8).write(to: folder.appending(path: file))
    }

    private static func configuration(
        port: Int, shop: String, _ shopAccess: String, outlet: String?, crm: String, _ policies: [String: String]
    ) -> String {
        let address = "http://127.0.0.1:\(port)"
        let policyText = policies.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
        let outletConnection =
            outlet.map { url in
                """
                  outlet: { system: shopify, brand: acme, shop: outlet.myshopify.com, base_url: "\(url)",
                            access_token: outlet-token, webhook_secrets: [outlet-secret], id_prefix: outlet }
                """
            } ?? ""
        let outletFlow =
            outlet == nil
            ? "" : "  outlet_edits: { blueprint: order-editing-to-bloomreach, from: outlet, to: crm, stage: live }"
        // Two shops have other ids for one article.
        let productKey = outlet == nil ? "id" : "sku"
        let outletID = outlet == nil ? "" : "outlet_id: { from: outlet.customer_id }, "
        return """
            store: sqlite:./data
            encryption: { key: "\(Data(repeating: 0x5A, count: 32).base64EncodedString())" }
            server: { listen: "127.0.0.1:\(port)", public_url: "\(address)" }
            admin: { token: \(token) }
            brands: [ { name: acme, reference_currency: GBP, products: { key: \(productKey), master: shop } } ]
            connections:
              shop: { system: shopify, brand: acme, shop: \(shopDomain), base_url: "\(shop)",
                      \(shopAccess), id_prefix: shop }
            \(outletConnection)
              crm:  { system: bloomreach, brand: acme, base_url: "\(crm)",
                      project: 00000000-0000-4000-8000-000000000001, key_id: crm-key, secret: crm-secret,
                      identity: { shopify_id: { from: shop.customer_id }, \(outletID)email_id: { from: email },
                                  phone_id: { from: phone }, cart_id: { from: cart, kind: soft } },
                      consents: { email: newsletter, sms: sms_marketing },
                      catalogs: { orders: orders, products: products, variants: variants } }
            flows:
              edits: { blueprint: order-editing-to-bloomreach, from: shop, to: crm, stage: live }
            \(outletFlow)
            policies: { \(policyText) }

            """
    }

    func edit(_ change: (String) -> String) throws {
        let text = try String(contentsOf: folder.appending(path: Self.file), encoding: .utf8)
        try Self.write(change(text), in: folder)
    }

    // MARK: The server

    var address: String { "http://127.0.0.1:\(port)" }
    var log: String { server.withLock { $0?.errors ?? "" } }
    var running: RunningProgram? { server.withLock { $0 } }

    /// Starts the server and waits until it takes webhooks.
    /// - Parameter prelude: shell words before the program, for a process with limits of its own.
    @discardableResult
    func serve(prelude: String? = nil) async throws -> RunningProgram {
        let words = ["serve", "--config", Self.file]
        let started =
            if let prelude {
                try RunningProgram(
                    URL(filePath: "/bin/bash"),
                    ["-c", "\(prelude); exec \"$0\" \"$@\"", Program.executable.path] + words, in: folder)
            } else {
                try RunningProgram(Program.executable, words, in: folder)
            }
        server.withLock { $0 = started }
        try await eventually("the server is ready") {
            try #require(started.isRunning, "serve ended: \(started.errors)")
            guard started.firstLine != nil else { return false }
            return try await self.get("/health/ready").status == 200
        }
        return started
    }

    /// kill -9.
    func crash() async throws {
        guard let running else { return }
        running.kill()
        try await running.ends()
    }

    /// SIGTERM; the exit status.
    func stop() async throws -> Int32 {
        let program = try #require(running)
        program.terminate()
        try await program.ends(within: .seconds(15))
        return program.status
    }

    func command(_ words: String...) async throws -> Program.Outcome {
        try await Program.run(words + ["--config", Self.file], in: folder)
    }

    // MARK: Its doors

    func get(_ path: String) async throws -> Web.Answer { try await Web.send("GET", address + path) }

    func api(_ path: String, method: String = "GET", body: [UInt8] = []) async throws -> JSON {
        let headers = [("Authorization", "Bearer \(Self.token)"), ("Content-Type", "application/json")]
        return try await Web.send(method, "\(address)/api/v1/\(path)", headers: headers, body: body).json
    }

    func trace(_ key: String) async throws -> Story {
        let allowed = CharacterSet.alphanumerics
        let query = key.addingPercentEncoding(withAllowedCharacters: allowed) ?? key
        return Story(try await api("trace?key=\(query)"))
    }

    func exceptions(all: Bool = false) async throws -> [JSON] {
        try await api("exceptions\(all ? "?all=1" : "")").array ?? []
    }

    func exceptions(of kind: String, all: Bool = false) async throws -> [JSON] {
        try await exceptions(all: all).filter { $0["kind"] == .string(kind) }
    }

    /// Until nothing is on its way: in the shop, on the network, in the engine. What is parked does not count.
    func settled(within limit: Duration = .seconds(60)) async throws {
        // A webhook may be between the shop and us at one look, not at three in a row.
        var calm = 0
        try await eventually("everything is settled", within: limit) {
            let settled = try await self.api("settled")["settled"]?.bool == true
            var pending: Int64 = 0
            for shop in [self.shop, self.outlet].compactMap(\.self) {
                pending += try await shop.state()["webhooks"]?["pending"]?.int64 ?? 1
            }
            calm = settled && pending == 0 ? calm + 1 : 0
            return calm >= 3
        }
    }

    func snapshot() async throws -> DestinationSnapshot { DestinationSnapshot(try await crm.state()) }
    func ledger() async throws -> ShopLedger { ShopLedger(try await shop.state()) }
}

/// A trace (docs/something-is-wrong.md, How to read a trace).
struct Story: Sendable {
    let json: JSON
    init(_ json: JSON) { self.json = json }

    var entities: [String] { (json["entities"]?.array ?? []).compactMap(\.string) }
    var items: [JSON] { json["items"]?.array ?? [] }

    /// Items with all these members, `detail` by a part of it.
    func items(_ kind: String, reason: String? = nil, type: String? = nil, detail: String? = nil) -> [JSON] {
        items.filter { item in
            item["kind"] == .string(kind) && (reason == nil || item["reason"]?.string == reason)
                && (type == nil || item["event_type"]?.string == type)
                && (detail == nil || item["detail"]?.string?.contains(detail ?? "") == true)
        }
    }
}

/// Ports below the ones that the system hands out by itself, so that a server can come back to its own.
enum FreePort {
    private static let range = 20_000..<30_000
    private static let counter = Mutex(Int(ProcessInfo.processInfo.processIdentifier) % 10_000)

    struct NoneLeft: Error {}

    static func next() throws -> Int {
        for _ in range {
            let candidate = counter.withLock { offset in
                offset = (offset + 1) % range.count
                return range.lowerBound + offset
            }
            if isFree(candidate) { return candidate }
        }
        throw NoneLeft()
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

/// So many at once; the rest wait in line.
actor Permits {
    private var free: Int
    private var line: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) { free = count }

    func take() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { line.append($0) }
        }
    }

    func giveBack() {
        if line.isEmpty { free += 1 } else { line.removeFirst().resume() }
    }
}

extension TestInstallation {
    /// Two customers buy, each under an e-mail of their own; then the shop merges them.
    /// - Returns: the ids that the two purchases made. What the merge brings is not settled yet.
    @discardableResult
    func mergeTwoCustomers(buying lines: JSON) async throws -> (kept: JSON, removed: JSON) {
        let kept = try await shop.act([
            "do": "place_order", "customer": ["email": "kay@example.test"], "lines": lines,
        ])
        let removed = try await shop.act([
            "do": "place_order", "customer": ["email": "kay@work.test"], "lines": lines,
        ])
        try await settled()
        try await shop.act([
            "do": "merge_customers", "keep": kept["customer"] ?? .null, "remove": removed["customer"] ?? .null,
        ])
        return (kept, removed)
    }
}
