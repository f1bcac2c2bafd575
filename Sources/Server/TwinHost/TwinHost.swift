import AsyncHTTPClient
import Commerce
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
public import ServiceLifecycle
import Synchronization
public import Transport
public import Twins

/// Puts a twin behind real HTTP: the handler stays pure, this only carries bytes, waits and sends its webhooks.
public final class TwinHost: Service {
    /// Requests to a twin above this are cut off: the largest that a vendor takes here is a 10 MB catalogue write.
    static let bodyBytesMax = 16 * 1_024 * 1_024
    /// Webhooks under way at once, as many as a busy shop sends.
    static let webhooksAtOnceMax = 64
    /// How long the webhook loop sleeps when the twin has none.
    static let idleSleep = Duration.seconds(3_600)

    private struct State {
        var twin: any Twin
        var random: TwinRandom
    }

    public let name: String
    private let port: Int
    private let state: Mutex<State>
    private let clock: ServerClock
    private let onListening: @Sendable (Int) -> Void
    private let bell = AsyncSignal()
    /// Webhooks that ended since the loop last looked.
    private let finished = Mutex(0)

    /// - Parameters:
    ///   - port: 0 for any free one.
    ///   - onListening: called once with the port.
    public init(
        name: String, twin: any Twin, port: Int, seed: UInt64, clock: ServerClock = .wall,
        onListening: @escaping @Sendable (Int) -> Void
    ) {
        self.name = name
        self.port = port
        self.clock = clock
        self.onListening = onListening
        state = Mutex(State(twin: twin, random: TwinRandom(seed: seed)))
    }

    private var now: TwinInstant { TwinInstant(microseconds: clock.now().microseconds) }

    /// One request without HTTP: for a demo that plays the shopper, and for looking at the state.
    public func handle(_ request: Transport.HTTPRequest) -> TwinReply {
        let reply = state.withLock { $0.twin.handle(request, now: now, random: &$0.random) }
        bell.ring()
        return reply
    }

    public func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.serve() }
            group.addTask { try await self.sendWebhooks() }
            try await group.next()
            group.cancelAll()
        }
    }

    // MARK: Requests

    private func serve() async throws {
        let responder = CallbackResponder { (request: Request, _: BasicRequestContext) in
            try await self.respond(to: request)
        }
        let onListening = self.onListening
        let app = Application(
            responder: responder, configuration: .init(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { channel in onListening(channel.localAddress?.port ?? 0) },
            logger: Logger(label: "plumbline.twin") { _ in SwiftLogNoOpLogHandler() })
        try await app.run()
    }

    private func respond(to request: Request) async throws -> Response {
        let body = try await request.body.collect(upTo: Self.bodyBytesMax)
        let reply = handle(
            Transport.HTTPRequest(
                method: request.method.rawValue, path: request.uri.description,
                headers: Transport.HTTPHeaders(
                    request.headers.map { .init(name: $0.name.canonicalName, value: $0.value) }),
                body: Array(buffer: body)))
        if reply.delayMilliseconds > 0 { try await Task.sleep(for: .milliseconds(reply.delayMilliseconds)) }
        guard let answer = reply.response else { return Self.cut }
        var fields = HTTPFields()
        for field in answer.headers.fields {
            if let name = HTTPField.Name(field.name) { fields.append(HTTPField(name: name, value: field.value)) }
        }
        return Response(
            status: .init(code: answer.status), headers: fields,
            body: .init(byteBuffer: ByteBuffer(bytes: answer.body)))
    }

    /// A connection that ends before its answer: the client cannot know what happened.
    private static var cut: Response {
        struct Cut: Error {}
        return Response(status: .ok, body: .init(contentLength: 1) { _ in throw Cut() })
    }

    // MARK: Webhooks

    private func sendWebhooks() async throws {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(connect: .seconds(1))
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
        await withDiscardingTaskGroup { group in
            var running = 0
            while !Task.isCancelled {
                running -= finished.withLock { count in
                    defer { count = 0 }
                    return count
                }
                let hooks =
                    running < Self.webhooksAtOnceMax
                    ? state.withLock { $0.twin.due(now: now, random: &$0.random) } : []
                for hook in hooks {
                    running += 1
                    group.addTask {
                        await self.send(hook, client)
                        self.finished.withLock { $0 += 1 }
                    }
                }
                await waitForNews(while: running >= Self.webhooksAtOnceMax)
            }
        }
        try await client.shutdown()
    }

    /// Until something may be due: an action was done, an answer came, or the next time is reached.
    private func waitForNews(while isFull: Bool) async {
        let next = state.withLock { $0.twin.nextDue }
        let wait = next.map { Duration.microseconds(max(0, $0.microseconds - now.microseconds)) } ?? Self.idleSleep
        guard isFull || wait > .zero else { return }
        let bell = self.bell
        let timer = Task {
            try await Task.sleep(for: isFull ? Self.idleSleep : wait)
            bell.ring()
        }
        await bell.next()
        timer.cancel()
    }

    private func send(_ hook: TwinWebhook, _ client: HTTPClient) async {
        var request = HTTPClientRequest(url: hook.address)
        request.method = .POST
        for field in hook.request.headers.fields { request.headers.add(name: field.name, value: field.value) }
        request.body = .bytes(ByteBuffer(bytes: hook.request.body))
        var status: Int?
        do {
            let response = try await client.execute(request, timeout: .milliseconds(Int64(hook.timeoutMilliseconds)))
            status = Int(response.status.code)
        } catch {
            // No answer in time is what the vendor learns too; it tries again.
            status = nil
        }
        let learned = status
        state.withLock { $0.twin.delivered(hook.id, status: learned, now: now, random: &$0.random) }
        bell.ring()
    }
}
