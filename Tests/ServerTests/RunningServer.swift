import AsyncHTTPClient
import Commerce
import Foundation
import JSON
import Logging
import NIOCore
import NIOHTTP1
import Server
import ServiceLifecycle
import Sync
import Synchronization
import Transport

/// A whole server in this process, behind real HTTP on a free port.
struct RunningServer: Sendable {
    static let token = "let me in"
    let port: Int
    let group: ServiceGroup
    let identity: ServerIdentity
    /// One for all tests; a refused connection is said at once, because some tests wait for it.
    static let client = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
    }()

    struct Answer: Sendable {
        var status: Int
        var headers: NIOHTTP1.HTTPHeaders
        var body: [UInt8]
        var json: JSON? { try? JSON.parse(body) }
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// Runs `work` against a server made of these parts, then ends it in good order.
    static func with(
        store: any Store, storeID: String = "1",
        exchanger: any Exchanger = ScriptedExchanger { _ in .answered(.init(status: 200)) },
        _ work: @escaping @Sendable (RunningServer) async throws -> Void
    ) async throws {
        let identity = ServerIdentity(storeID: storeID)
        let parts = ServerParts(
            store: store, identity: identity, flows: [.scripted], sources: [ScriptedSource()],
            destinations: [ScriptedDestination()],
            exchanger: exchanger, authenticate: { _, _ in [] }, adminToken: token, seed: 1)
        let (ports, sink) = AsyncStream.makeStream(of: Int.self)
        let server = PlumblineServer(parts, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) { port in
            sink.yield(port)
        }
        let group = server.group()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { sink.finish() }
                try await group.run()
            }
            var iterator = ports.makeAsyncIterator()
            if let port = await iterator.next() {
                let running = RunningServer(port: port, group: group, identity: identity)
                do {
                    try await running.becomesReady()
                    try await work(running)
                } catch {
                    await group.triggerGracefulShutdown()
                    throw error
                }
                await group.triggerGracefulShutdown()
            }
            try await tasks.waitForAll()
        }
    }

    func send(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8] = []
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = HTTPMethod(rawValue: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if !body.isEmpty { request.body = .bytes(ByteBuffer(bytes: body)) }
        return try await send(request)
    }

    func send(_ request: HTTPClientRequest) async throws -> Answer {
        let response = try await Self.client.execute(request, timeout: .seconds(20))
        let body = try await response.body.collect(upTo: 1_048_576)
        return Answer(status: Int(response.status.code), headers: response.headers, body: Array(buffer: body))
    }

    func hook(_ id: String, delivery: String, secret: String = ScriptedSource.secret) async throws -> Answer {
        try await send(
            "POST", "/webhooks/shop", headers: [("X-Secret", secret), ("X-Id", delivery)], body: Array(id.utf8))
    }

    func admin(_ method: String, _ path: String, body: [UInt8] = []) async throws -> Answer {
        try await send(method, path, headers: [("Authorization", "Bearer \(Self.token)")], body: body)
    }

    /// Asks until `isTrue`; the one place where tests wait.
    func eventually(_ isTrue: @Sendable () async throws -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if try await isTrue() { return true }
            try await Task.sleep(for: .milliseconds(5))
        }
        return false
    }

    private func becomesReady() async throws {
        _ = try await eventually { try await send("GET", "/health/ready").status == 200 }
    }

    func settles() async throws -> Bool {
        try await eventually { try await admin("GET", "/api/v1/settled").json?["settled"]?.bool == true }
    }
}
