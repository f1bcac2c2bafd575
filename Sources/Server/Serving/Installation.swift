import Bloomreach
import Commerce
import Flows
import Foundation
public import Logging
import SQLiteStore
import Shopify
public import Sync
import Vault

/// Builds the parts of a server from a configuration: the open store, and each flow with its source and destination.
public struct Installation: Sendable {
    public let configuration: Configuration

    public init(_ configuration: Configuration) { self.configuration = configuration }

    // MARK: The store

    /// An open store. Its lock is held until ``close`` is called.
    public struct OpenStore: Sendable {
        public let store: any Store
        /// Identifies the store; not secret.
        public let id: String
        public let close: @Sendable () -> Void
    }

    /// How long a starting server waits for a command that has the store open. Commands end within moments.
    public static let lockWaitMax = Duration.seconds(3)
    private static let lockWaitInterval = Duration.milliseconds(50)

    /// - Throws: ``StartFailure`` if another program has the store open, the key is wrong, or the folder is unusable.
    public func openStore() throws(StartFailure) -> OpenStore {
        do {
            var previous: [MasterKey] = []
            for key in configuration.previousKeys { previous.append(try MasterKey(base64: key)) }
            let keyring = Keyring(current: try MasterKey(base64: configuration.encryptionKey), previous: previous)
            let store = try SQLiteStore.open(folder: configuration.storeFolder, keyring: keyring)
            // The server that wrote the file has ended; otherwise it would still hold the lock.
            ServerAddressFile(self).withdraw()
            return OpenStore(store: store, id: store.id) {
                do throws(StoreFailure) { try store.close() } catch {
                    // Everything acknowledged is already durable; the next start repairs the rest.
                    FileHandle.standardError.write(Data("the store did not close cleanly: \(error)\n".utf8))
                }
            }
        } catch {
            let isInUse = (error as? StoreOpenFailure)?.code == .inUse
            throw StartFailure(String(describing: error), isStoreInUse: isInUse)
        }
    }

    /// The same, but waits while a command has the store open.
    public func openStoreWaiting(
        atMost limit: Duration = Installation.lockWaitMax
    ) async throws(StartFailure) -> OpenStore {
        let deadline = ContinuousClock.now + limit
        while true {
            do throws(StartFailure) {
                return try openStore()
            } catch {
                guard error.isStoreInUse, ContinuousClock.now < deadline else { throw error }
                do { try await Task.sleep(for: Self.lockWaitInterval) } catch let cancelled {
                    throw StartFailure("stopped before the store was opened: \(cancelled)")
                }
            }
        }
    }

    // MARK: Flows

    public var flows: [Flow] {
        configuration.flows.compactMap { entry in
            guard let source = configuration.connection(entry.from), case .shopify(let shopify) = source.system,
                let brand = configuration.brands.first(where: { $0.name == source.brand })
            else { return nil }
            var flow = Flow(
                name: entry.name, blueprint: entry.blueprint, brand: brand.name, source: entry.from,
                destination: entry.to, initialStage: entry.stage, policies: entry.policies,
                idPrefix: shopify.idPrefix, referenceCurrency: brand.referenceCurrency, sourceName: shopify.shop)
            flow.rates = configuration.rates
            return flow
        }.sorted { $0.name < $1.name }
    }

    /// Sources that a flow uses, sorted by name.
    var sources: [any Source] {
        usedConnections(\.from).compactMap { connection in
            shopify(connection).map { OrderEditingToBloomreach.source($0) }
        }
    }

    var destinations: [any Destination] {
        usedConnections(\.to).compactMap { connection in
            bloomreach(connection).map { OrderEditingToBloomreach.destination($0) }
        }
    }

    private func usedConnections(_ end: KeyPath<Configuration.FlowEntry, String>) -> [Configuration.Connection] {
        Set(configuration.flows.map { $0[keyPath: end] }).sorted().compactMap { configuration.connection($0) }
    }

    /// `nil` for a connection of another system.
    func shopify(_ connection: Configuration.Connection) -> ShopifyConfiguration? {
        guard case .shopify(let shopify) = connection.system else { return nil }
        // All flows of a shop share one webhook URL, so the largest limit applies.
        let limits = configuration.flows.filter { $0.from == connection.name }.map(\.policies.maxBodyBytes)
        return ShopifyConfiguration(
            connection: connection.name, shop: shopify.shop, apiVersion: shopify.apiVersion,
            credentials: Self.credentials(shopify.credentials), webhookSecrets: shopify.webhookSecrets,
            bodyBytesMax: limits.max() ?? Policies().maxBodyBytes)
    }

    private static func credentials(_ read: Configuration.Shopify.Credentials) -> ShopifyCredentials {
        switch read {
        case .token(let token): .token(token)
        case .client(let id, let secret): .client(id: id, secret: secret)
        }
    }

    /// `nil` for a connection of another system.
    func bloomreach(_ connection: Configuration.Connection) -> BloomreachConfiguration? {
        guard case .bloomreach(let bloomreach) = connection.system else { return nil }
        var catalogs = BloomreachConfiguration.Catalogs()
        for catalog in bloomreach.catalogs {
            switch catalog.purpose {
            case "orders": catalogs.orders = catalog.name
            case "products": catalogs.products = catalog.name
            default: catalogs.variants = catalog.name
            }
        }
        let brand = configuration.brands.first { $0.name == connection.brand }
        var project = BloomreachConfiguration(
            connection: connection.name, projectToken: bloomreach.project, keyID: bloomreach.keyID,
            secret: bloomreach.secret, identity: bloomreach.identity.map(Self.identifierType), catalogs: catalogs,
            requestsPerMinute: bloomreach.requestsPerMinute ?? BloomreachConfiguration.requestsPerMinuteDefault,
            concurrentRequestsMax: bloomreach.batches ?? BloomreachConfiguration.flightsMaxDefault)
        project.productKey = brand?.productKey == .sku ? .sku : .id
        project.tellsProducts = tellsProducts(bloomreach, brand)
        project.productMaster = brand?.productMaster
        project.consentCategories = .init(email: bloomreach.emailConsent, sms: bloomreach.smsConsent)
        project.sendsConsentInIngest = bloomreach.sendsConsentInIngest
        return project
    }

    /// Whether both catalogues are named and one of our shops is the master of their content.
    private func tellsProducts(_ bloomreach: Configuration.Bloomreach, _ brand: Configuration.Brand?) -> Bool {
        let purposes = Set(bloomreach.catalogs.map(\.purpose))
        guard purposes.isSuperset(of: ["products", "variants"]) else { return false }
        guard let master = brand?.productMaster else { return true }
        guard case .shopify? = configuration.connection(master)?.system else { return false }
        return true
    }

    /// The catalogues that this installation fills.
    func catalogs(of project: BloomreachConfiguration) -> [BloomreachCatalog] {
        project.tellsProducts ? BloomreachCatalog.allCases : [.orders]
    }

    private static func identifierType(_ rule: Configuration.IdentityRule) -> BloomreachConfiguration.IdentifierType {
        let source: BloomreachConfiguration.IdentifierType.Source =
            switch (rule.connection, rule.field) {
            case (let connection?, _): .customerID(connection: connection)
            case (nil, "email"): .email
            case (nil, "phone"): .phone
            case (nil, "cart"): .cart
            default: .cookie
            }
        return .init(name: rule.idType, source: source, kind: rule.kind == .hard ? .hard : .soft)
    }

    // MARK: A server

    /// Scheme and host of each connection.
    var baseURLs: [String: String] {
        var urls: [String: String] = [:]
        for connection in configuration.connections {
            if case .shopify(let shopify) = connection.system { urls[connection.name] = "https://\(shopify.shop)" }
            if let url = connection.baseURL { urls[connection.name] = url }
        }
        return urls
    }

    /// Makes the baseline instants of new flows durable before the first webhook. A webhook that arrived earlier would
    /// count as history, and so would one that was acknowledged before a crash lost its baseline.
    private func writeBeginnings(to open: OpenStore, _ logger: Logger) throws(StartFailure) {
        do throws(StoreFailure) {
            let histories = FlowHistories(of: flows, in: try open.store.status(), at: ServerClock.wall.now())
            var commit = Commit(id: 0)
            commit.settings = histories.unwritten
            if !commit.settings.isEmpty { try open.store.commit(commit) }
            for flow in histories.flowsWithNewRules {
                logger.notice(
                    """
                    the file changed which orders count as purchases: the new rules apply from now on; orders that \
                    were not purchases under the old rules are not sent because of the change
                    """,
                    metadata: ["flow": "\(flow)"])
            }
        } catch {
            throw StartFailure("the store cannot be written: \(error)")
        }
    }

    /// The parts of a server for this configuration. The baseline instants of its flows are durable on return.
    /// - Throws: ``StartFailure``, after closing the store.
    public func parts(_ open: OpenStore, _ logger: Logger) throws(StartFailure) -> ServerParts {
        do throws(StartFailure) {
            try writeBeginnings(to: open, logger)
        } catch {
            open.close()
            throw error
        }
        var parts = ServerParts(
            store: open.store, identity: ServerIdentity(storeID: open.id), flows: flows, sources: sources,
            destinations: destinations,
            exchanger: HTTPExchanger(baseURLs: baseURLs),
            authenticate: { key, message in HMACSHA256.code(key: key, message: message) },
            adminToken: configuration.adminToken, seed: UInt64.random(in: .min ... .max))
        let announcement = ServerAddressFile(self)
        parts.closeStore = {
            // Before the lock is released: the next holder may publish its own address immediately.
            announcement.withdraw()
            open.close()
        }
        parts.listenHost = configuration.listenHost
        parts.listenPort = configuration.listenPort
        return parts
    }
}

/// Why a program could not start: a usage or configuration error (exit code 2).
public struct StartFailure: Error, Sendable, CustomStringConvertible {
    public var description: String
    /// Another program has the store open.
    public var isStoreInUse: Bool
    public init(_ description: String, isStoreInUse: Bool = false) {
        self.description = description
        self.isStoreInUse = isStoreInUse
    }
}
