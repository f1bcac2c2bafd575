import Commerce
public import JSON
public import ServiceLifecycle
import Synchronization
import Transport
public import Twins
import Vault

/// Serves a twin for every connection of a configuration whose system has one, each on its own port.
public struct SimulatorServers: Sendable {
    /// Fixed ports: 9101 Shopify, 9104 Bloomreach. A second connection of a system has a port that is ten higher.
    public static let firstPort = 9_101

    public struct Address: Sendable {
        public var connection: String
        public var url: String
    }

    private let hosts: [(connection: String, host: TwinHost)]
    private let ports = Ports()

    /// - Parameters:
    ///   - engine: the address that webhooks are sent to; `nil` leaves it to the action `subscribe`.
    ///   - firstPort: 0 for any free ports.
    ///   - forLoad: no rate limits and no recorded bodies, for benchmarks.
    ///   - wrap: wraps the twin of a connection, for example to observe its calls.
    public init(
        _ configuration: Configuration, engine: String?, firstPort: Int, seed: UInt64, forLoad: Bool = false,
        wrap: (_ connection: String, any Twin) -> any Twin = { $1 }
    ) {
        var hosts: [(connection: String, host: TwinHost)] = []
        var used: [String: Int] = [:]
        let ports = self.ports
        for connection in configuration.connections {
            guard let (twin, offset) = Self.twin(connection, configuration, engine: engine, forLoad: forLoad) else {
                continue
            }
            let system = connection.system.name.rawValue
            let port = firstPort == 0 ? 0 : firstPort + offset + 10 * used[system, default: 0]
            used[system, default: 0] += 1
            let host = TwinHost(
                name: connection.name, twin: wrap(connection.name, twin), port: port, seed: seed &+ UInt64(hosts.count)
            ) { ports.set(connection.name, $0) }
            hosts.append((connection: connection.name, host: host))
        }
        self.hosts = hosts
    }

    public var services: [any Service] { hosts.map { $0.host } }

    public func host(_ connection: String) -> TwinHost? { hosts.first { $0.connection == connection }?.host }

    /// Waits until every twin listens.
    /// - Returns: `nil` if ``stopWaiting()`` was called first.
    public func addresses() async -> [Address]? {
        var addresses: [Address] = []
        for (connection, _) in hosts {
            guard let port = await ports.port(connection) else { return nil }
            addresses.append(Address(connection: connection, url: "http://127.0.0.1:\(port)"))
        }
        return addresses
    }

    /// Resumes the waiters for ports: the twins have ended or could not start.
    public func stopWaiting() { ports.close() }

    /// The twin knows the app from the file. An app's client secret signs its webhooks.
    private static func shopSettings(_ shopify: Configuration.Shopify) -> ShopifyTwinSettings {
        switch shopify.credentials {
        case .token(let token):
            return ShopifyTwinSettings(accessToken: token, webhookSecret: shopify.webhookSecrets.first ?? "")
        case .client(let id, let secret):
            var settings = ShopifyTwinSettings(accessToken: nil, webhookSecret: secret)
            settings.clientID = id
            return settings
        }
    }

    private static func twin(
        _ connection: Configuration.Connection, _ configuration: Configuration, engine: String?, forLoad: Bool
    ) -> (any Twin, offset: Int)? {
        switch connection.system {
        case .shopify(let shopify):
            var settings = shopSettings(shopify)
            settings.domain = shopify.shop
            settings.apiVersion = shopify.apiVersion
            let brand = configuration.brands.first { $0.name == connection.brand }
            settings.currency = brand?.referenceCurrency.code ?? settings.currency
            if forLoad { settings.restoreRate = 1_000_000 }
            let address = engine.map { "\($0)/webhooks/\(connection.name)" }
            let hmac: TwinHMAC = { key, message in HMACSHA256.code(key: key, message: message) }
            return (ShopifyTwin(settings, subscriberAddress: address, hmac: hmac), 0)
        case .bloomreach(let bloomreach):
            var project = BloomreachProjectSettings()
            project.token = bloomreach.project
            project.keys = [BloomreachKey(id: bloomreach.keyID, secret: bloomreach.secret)]
            for rule in bloomreach.identity where !project.idTypes.contains(where: { $0.name == rule.idType }) {
                project.idTypes.append(BloomreachIDType(name: rule.idType, isHard: rule.kind == .hard))
            }
            for id in [bloomreach.emailConsent, bloomreach.smsConsent].compactMap({ $0 })
            where !project.consentCategories.contains(where: { $0.id == id }) {
                project.consentCategories.append(BloomreachConsentCategory(id: id))
            }
            var settings = BloomreachSettings(projects: [project])
            if forLoad {
                settings.requestsPerMinute = 100_000_000
                settings.callBodyBytesMax = 0
            }
            return (BloomreachTwin(settings), 3)
        case .notBuilt: return nil
        }
    }
}

/// The twins' ports, as they become known.
private final class Ports: Sendable {
    private struct State {
        var known: [String: Int] = [:]
        var waiters: [String: [CheckedContinuation<Int?, Never>]] = [:]
        var isClosed = false
    }
    private let state = Mutex(State())

    func set(_ name: String, _ port: Int) {
        let waiters = state.withLock { state in
            state.known[name] = port
            return state.waiters.removeValue(forKey: name) ?? []
        }
        for waiter in waiters { waiter.resume(returning: port) }
    }

    func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [:] }
            return state.waiters.values.flatMap { $0 }
        }
        for waiter in waiters { waiter.resume(returning: nil) }
    }

    func port(_ name: String) async -> Int? {
        await withCheckedContinuation { continuation in
            let (known, mustWait) = state.withLock { state -> (Int?, Bool) in
                if let port = state.known[name] { return (port, false) }
                guard !state.isClosed else { return (nil, false) }
                state.waiters[name, default: []].append(continuation)
                return (nil, true)
            }
            if !mustWait { continuation.resume(returning: known) }
        }
    }
}

extension TwinHost {
    /// An action (`POST /_twin/act`) without HTTP. `nil` when the twin refused it.
    public func act(_ action: JSON) -> JSON? {
        let request = HTTPRequest(
            method: "POST", path: "/_twin/act", headers: ["Content-Type": "application/json"], body: action.encoded())
        guard let response = handle(request).response, response.status == 200 else { return nil }
        return try? JSON.parse(response.body)
    }

    /// Replaces the faults (`POST /_twin/faults`); an empty list clears them.
    public func setFaults(_ faults: [JSON]) {
        _ = handle(HTTPRequest(method: "DELETE", path: "/_twin/faults"))
        for fault in faults {
            _ = handle(
                HTTPRequest(
                    method: "POST", path: "/_twin/faults", headers: ["Content-Type": "application/json"],
                    body: fault.encoded()))
        }
    }

    /// Everything the twin holds (`GET /_twin/state`).
    public func twinState() -> JSON {
        let reply = handle(HTTPRequest(method: "GET", path: "/_twin/state"))
        return (reply.response?.body).flatMap { try? JSON.parse($0) } ?? .null
    }
}
