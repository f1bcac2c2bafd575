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

/// Serves a twin over real HTTP. The twin stays pure; the host transports bytes, waits, and sends the twin's webhooks.
public final class TwinHost: Service {
    /// Larger requests are refused: the largest that a vendor accepts is a catalogue write of 10 MB.
    static let bodyBytesMax = 16 * 1_024 * 1_024
    /// Webhooks sent concurrently, as many as a busy shop sends.
    static let webhooksAtOnceMax = 64
    /// How long the webhook loop sleeps if the twin has none to send.
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
    private let changes = AsyncSignal()
    /// Webhooks that ended since the loop last checked.
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

    /// Handles one request without HTTP, for the demonstration's actions and for reading the state.
    public func handle(_ request: Transport.HTTPRequest) -> TwinReply {
        let reply = state.withLock { $0.twin.handle(request, now: now, random: &$0.random) }
        changes.signal()
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

    /// Closes the connection before the response: the client cannot know the outcome.
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
                await waitForWork(while: running >= Self.webhooksAtOnceMax)
            }
        }
        try await client.shutdown()
    }

    /// Waits until a webhook may be due: after an action or a response, or at the next due time.
    private func waitForWork(while isFull: Bool) async {
        let next = state.withLock { $0.twin.nextDue }
        let wait = next.map { Duration.microseconds(max(0, $0.microseconds - now.microseconds)) } ?? Self.idleSleep
        guard isFull || wait > .zero else { return }
        let changes = self.changes
        let timer = Task {
            try await Task.sleep(for: isFull ? Self.idleSleep : wait)
            changes.signal()
        }
        await changes.wait()
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
            // No response in time: the vendor retries as well.
            status = nil
        }
        let learned = status
        state.withLock { $0.twin.delivered(hook.id, status: learned, now: now, random: &$0.random) }
        changes.signal()
    }
}
