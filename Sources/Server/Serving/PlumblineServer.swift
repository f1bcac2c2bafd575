import Commerce
import Hummingbird
public import Logging
import NIOCore
public import ServiceLifecycle
public import Sync

/// The parts of a server. Tests, the demonstration and benchmarks use them to run a server in their own process.
public struct ServerParts: Sendable {
    public var store: any Store
    public var identity: ServerIdentity
    /// Called once, after the last use of the store.
    public var closeStore: @Sendable () -> Void = {}
    public var flows: [Flow]
    public var sources: [any Source]
    public var destinations: [any Destination]
    public var exchanger: any Exchanger
    /// HMAC-SHA256.
    public var authenticate: MessageAuthentication
    public var adminToken: String
    public var listenHost = "127.0.0.1"
    /// 0 = any free port.
    public var listenPort = 0
    public var limits = EngineLimits()
    public var seed: UInt64
    public var clock = ServerClock.wall
    public var pace = ShutdownPace()
    /// For benches.
    public var observe: EngineWorkObserver?

    public init(
        store: any Store, identity: ServerIdentity, flows: [Flow], sources: [any Source],
        destinations: [any Destination],
        exchanger: any Exchanger, authenticate: @escaping MessageAuthentication, adminToken: String, seed: UInt64
    ) {
        self.store = store
        self.identity = identity
        self.flows = flows
        self.sources = sources
        self.destinations = destinations
        self.exchanger = exchanger
        self.authenticate = authenticate
        self.adminToken = adminToken
        self.seed = seed
    }
}

/// One running Plumbline server: the HTTP listener, the engine, housekeeping, and a graceful shutdown.
public struct PlumblineServer: Sendable {
    /// The whole shutdown: the listener closes, pending receipts are written, running requests get five seconds.
    public static let shutdownMax = Duration.seconds(10)

    private let parts: ServerParts
    private let logger: Logger
    private let onListening: @Sendable (Int) async -> Void

    /// - Parameter onListening: called with the port once the server accepts webhooks.
    public init(_ parts: ServerParts, logger: Logger, onListening: @escaping @Sendable (Int) async -> Void) {
        self.parts = parts
        self.logger = logger
        self.onListening = onListening
    }

    /// The services run until a graceful shutdown, or throw ``ServerFailure``.
    public func group() -> ServiceGroup {
        let metrics = Metrics()
        let health = StoreHealth()
        let failure = FailureSignal()
        let shell = EngineShell(
            engine: Engine(
                flows: parts.flows, sources: parts.sources, destinations: parts.destinations, limits: parts.limits,
                seed: parts.seed),
            store: parts.store, exchanger: parts.exchanger, clock: parts.clock, metrics: metrics, health: health,
            failure: failure, pace: parts.pace, logger: logger, observe: parts.observe)
        let groupCommit = GroupCommit(
            store: parts.store, metrics: metrics, health: health, failure: failure, logger: logger
        ) { shell.post(.receiptsDurable) }
        let engine = EngineService(
            shell: shell, groupCommit: groupCommit, exchanger: parts.exchanger, closeStore: parts.closeStore,
            failure: failure)
        let housekeeping = HousekeepingService(shell: shell, flows: parts.flows, clock: parts.clock, logger: logger)
        let router = router(shell, groupCommit, metrics)
        // Services stop in reverse order: the listener first, the engine and the store last.
        var configuration = ServiceGroupConfiguration(
            services: [engine, housekeeping, listener(router)].map { .init(service: $0) },
            logger: Logger(label: "plumbline.services") { _ in SwiftLogNoOpLogHandler() })
        configuration.maximumGracefulShutdownDuration = Self.shutdownMax
        return ServiceGroup(configuration: configuration)
    }

    private func router(_ shell: EngineShell, _ groupCommit: GroupCommit, _ metrics: Metrics) -> RequestRouter {
        let ingest = WebhookIngest(
            sources: Dictionary(uniqueKeysWithValues: parts.sources.map { ($0.connection, $0) }),
            authenticate: parts.authenticate, groupCommit: groupCommit, metrics: metrics, clock: parts.clock,
            postToEngine: { shell.post($0) })
        let api = AdminAPI(
            shell: shell, groupCommit: groupCommit, flows: parts.flows.sorted { $0.name < $1.name }, metrics: metrics,
            clock: parts.clock, identity: parts.identity)
        return RequestRouter(ingest: ingest, api: api, token: AdminToken(parts.adminToken))
    }

    private func listener(_ router: RequestRouter) -> any Service {
        let onListening = self.onListening
        // The library's own log lines may contain the URLs of requests.
        return Application(
            responder: router, configuration: .init(address: .hostname(parts.listenHost, port: parts.listenPort)),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? 0) },
            logger: Logger(label: "plumbline.listener") { _ in SwiftLogNoOpLogHandler() })
    }
}

/// One session of the engine: from loading the store's state to the last commit.
struct EngineService: Service {
    let shell: EngineShell
    let groupCommit: GroupCommit
    let exchanger: any Exchanger
    let closeStore: @Sendable () -> Void
    let failure: FailureSignal

    func run() async throws {
        let end: Result<Void, any Error>
        do {
            try await shell.start()
            try await withGracefulShutdownHandler {
                try await withTaskCancellationHandler {
                    try await failure.wait()
                } onCancel: {
                    failure.finish()
                }
            } onGracefulShutdown: {
                failure.finish()
            }
            end = .success(())
        } catch {
            end = .failure(error)
        }
        // After a failure no work in progress can succeed: the next session finds it in the store.
        if case .success = end {
            await groupCommit.stop()
            await shell.drain()
        }
        await shell.stop()
        await exchanger.close()
        closeStore()
        try end.get()
    }
}

/// Deletes old receipts and traces (docs/architecture.md, law 9).
struct HousekeepingService: Service {
    /// Retention is counted in days, so an hour does not matter.
    static let interval = Duration.seconds(3_600)
    let shell: EngineShell
    let flows: [Flow]
    let clock: ServerClock
    let logger: Logger

    func run() async throws {
        // The longest retention of any flow: flows share receipts and traces.
        let bodies = flows.map(\.policies.bodyRetention).max() ?? Policies().bodyRetention
        let traces = flows.map(\.policies.traceRetention).max() ?? Policies().traceRetention
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await prune(bodies: bodies, traces: traces)
                do { try await Task.sleep(for: Self.interval) } catch { return }
            }
        }
    }

    private func prune(bodies: TimeSpan, traces: TimeSpan) async {
        let now = clock.now()
        do throws(StoreFailure) {
            try await shell.ask { store throws(StoreFailure) in
                try store.prune(receiptsBefore: now - bodies, traceBefore: now - traces)
            }
        } catch {
            // The data stays an hour longer; nothing else depends on it.
            logger.warning("old receipts and traces could not be deleted", metadata: ["code": "\(error.code.rawValue)"])
        }
    }
}
