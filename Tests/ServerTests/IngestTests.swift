import AsyncHTTPClient
import Commerce
import JSON
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Sync
import Testing
import Transport

@testable import Server

@Suite("Webhooks over HTTP")
struct IngestTests {
    @Test("A1 nothing is acknowledged before it is durable; what waits is written together") func groupCommit()
        async throws
    {
        let store = GatedStore()
        try await RunningServer.with(store: store) { server async throws in
            store.hold()
            try await withThrowingTaskGroup(of: Int.self) { group in
                group.addTask { try await server.hook("1", delivery: "first").status }
                #expect(await store.appendArrived())
                for number in 2...6 {
                    group.addTask { try await server.hook("\(number)", delivery: "d\(number)").status }
                }
                #expect(
                    try await server.eventually {
                        try await server.send("GET", "/metrics").text.contains("plumbline_pending_receipts 6")
                    })
                #expect(store.appends.isEmpty)
                store.release()
                for try await status in group { #expect(status == 200) }
            }
            #expect(store.appends.map(\.count) == [1, 5])
            #expect(try await server.settles())
        }
    }

    @Test("A1 a store that cannot be written answers 503 and Retry-After; the same delivery is taken later")
    func unavailable()
        async throws
    {
        let store = GatedStore()
        try await RunningServer.with(store: store) { server async throws in
            store.fail(StoreFailure(.unavailable, "disk full"))
            let answer = try await server.hook("1", delivery: "a")
            #expect(answer.status == 503)
            #expect(answer.headers["Retry-After"].first == "5")
            #expect(try await server.send("GET", "/health/ready").status == 503)
            store.fail(nil)
            #expect(try await server.hook("1", delivery: "a").status == 200)
            #expect(try await server.send("GET", "/health/ready").status == 200)
            #expect(store.appends.map(\.count) == [1])
        }
    }

    @Test("A2 a copy is answered only with its original, and stored once") func duplicates() async throws {
        let store = GatedStore()
        try await RunningServer.with(store: store) { server async throws in
            store.hold()
            try await withThrowingTaskGroup(of: Int.self) { group in
                group.addTask { try await server.hook("1", delivery: "same").status }
                #expect(await store.appendArrived())
                for _ in 0..<3 { group.addTask { try await server.hook("1", delivery: "same").status } }
                store.release()
                for try await status in group { #expect(status == 200) }
            }
            #expect(try await server.hook("1", delivery: "same").status == 200)
            #expect(store.appends.flatMap(\.self).count == 1)
            let metrics = try await server.send("GET", "/metrics").text
            #expect(metrics.contains("plumbline_webhooks_total{connection=\"shop\",result=\"duplicate\"} 4"))
            #expect(metrics.contains("plumbline_webhooks_total{connection=\"shop\",result=\"accepted\"} 1"))
        }
    }

    @Test("copies of a delivery that failed are failed too") func failedCopies() async throws {
        let store = GatedStore()
        try await RunningServer.with(store: store) { server async throws in
            store.hold()
            store.fail(StoreFailure(.unavailable, "disk full"))
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<2 { group.addTask { try await server.hook("1", delivery: "same").status } }
                #expect(await store.appendArrived())
                store.release()
                for try await status in group { #expect(status == 503) }
            }
        }
    }

    @Test("a wrong signature is refused, counted, and becomes one exception") func badSignature() async throws {
        let store = GatedStore()
        try await RunningServer.with(store: store) { server async throws in
            for number in 0..<5 {
                #expect(try await server.hook("1", delivery: "\(number)", secret: "guess").status == 401)
            }
            #expect(store.appends.isEmpty)
            #expect(
                try await server.eventually {
                    try await server.admin("GET", "/api/v1/exceptions").json?[0]?["kind"]?.string
                        == "signature_failures"
                })
            let exceptions = try #require(try await server.admin("GET", "/api/v1/exceptions").json)
            #expect(exceptions.array?.count == 1)
            #expect(exceptions[0]?["owner"]?.string == "engineering")
            #expect(exceptions[0]?["runbook"]?.string == "docs/runbooks.md#signature_failures")
            let metrics = try await server.send("GET", "/metrics").text
            #expect(metrics.contains("plumbline_webhooks_total{connection=\"shop\",result=\"bad_signature\"} 5"))
            // Nothing cures it: somebody looks, and says so.
            let id = try #require(exceptions[0]?["id"]?.string)
            #expect(try await server.admin("POST", "/api/v1/exceptions/\(id)/retry").status == 409)
            #expect(try await server.admin("POST", "/api/v1/exceptions/\(id)/resolve").status == 202)
            #expect(
                try await server.eventually {
                    try await server.admin("GET", "/api/v1/exceptions").json?.array?.isEmpty == true
                })
        }
    }

    @Test("a body that announces too many bytes is refused before it is read") func announcedTooLarge() async throws {
        try await RunningServer.with(store: GatedStore()) { server async throws in
            let answer = try await server.send(
                "POST", "/webhooks/shop", headers: [("X-Secret", ScriptedSource.secret)],
                body: Array(repeating: 0x31, count: 1_001))
            #expect(answer.status == 413)
            #expect(try await server.hook(String(repeating: "1", count: 1_000), delivery: "fits").status == 200)
        }
    }

    @Test("a body without an end is refused at the limit, while the sender still sends") func endlessBody() async throws
    {
        try await RunningServer.with(store: GatedStore()) { server async throws in
            var request = HTTPClientRequest(url: "http://127.0.0.1:\(server.port)/webhooks/shop")
            request.method = .POST
            request.headers.add(name: "X-Secret", value: ScriptedSource.secret)
            // 64 MiB in chunks: were it kept, the budget would show it; the answer comes after the first kilobyte.
            let chunks = AsyncStream<ByteBuffer> { stream in
                let chunk = ByteBuffer(repeating: 0x31, count: 65_536)
                for _ in 0..<1_024 { stream.yield(chunk) }
                stream.finish()
            }
            request.body = .stream(chunks, length: .unknown)
            #expect(try await server.send(request).status == 413)
            #expect(
                try await server.eventually {
                    try await server.admin("GET", "/api/v1/exceptions").json?.array?
                        .contains { $0["kind"]?.string == "capacity" } == true
                })
        }
    }

    @Test("an unknown connection is 404, whatever it is called, and becomes no label") func unknownConnection()
        async throws
    {
        try await RunningServer.with(store: GatedStore()) { server async throws in
            #expect(try await server.send("POST", "/webhooks/nobody", body: [1]).status == 404)
            #expect(try await server.send("POST", "/webhooks/no%20body%22", body: [1]).status == 404)
            #expect(try await server.send("GET", "/webhooks/shop").status == 405)
            let metrics = try await server.send("GET", "/metrics").text
            #expect(metrics.contains("plumbline_webhooks_total{connection=\"\",result=\"unknown_connection\"} 2"))
            #expect(!metrics.contains("body"))
        }
    }

    @Test("bytes that cannot be understood are kept, acknowledged, and become an exception") func unreadable()
        async throws
    {
        try await RunningServer.with(store: GatedStore()) { server async throws in
            #expect(try await server.hook("{\"id\":", delivery: "x").status == 200)
            #expect(try await server.settles())
            let exceptions = try await server.admin("GET", "/api/v1/exceptions").json
            #expect(exceptions?[0]?["kind"]?.string == "unreadable_payload")
        }
    }

    @Test("what was durable is told to the senders even when the server ends") func shutdown() async throws {
        let store = GatedStore()
        try await RunningServer.with(store: store) { server async throws in
            store.hold()
            try await withThrowingTaskGroup(of: Int.self) { group in
                group.addTask { try await server.hook("1", delivery: "last").status }
                #expect(await store.appendArrived())
                await server.group.triggerGracefulShutdown()
                store.release()
                for try await status in group { #expect(status == 200) }
            }
        }
        #expect(try store.status().inbox + store.status().entities >= 1)
    }
}

@Suite("Parts of ingest")
struct IngestPartTests {
    @Test("refusals of one connection and kind pass once a second") func limiter() {
        let limiter = RefusalRateLimiter()
        let start = Instant(seconds: 1_000)
        #expect(limiter.admits(.badSignature, of: "shop", at: start))
        #expect(!limiter.admits(.badSignature, of: "shop", at: start + .milliseconds(999)))
        #expect(limiter.admits(.tooLarge, of: "shop", at: start + .milliseconds(999)))
        #expect(limiter.admits(.badSignature, of: "other", at: start))
        #expect(limiter.admits(.badSignature, of: "shop", at: start + .seconds(1)))
    }

    @Test("the window of recent deliveries is bounded and forgets the oldest") func window() {
        typealias Recent = RecentDeliveries<Int>
        var recent = Recent()
        func key(_ number: Int) -> Recent.Key { .init(connection: "shop", deliveryID: "\(number)") }
        for number in 0...Recent.entriesMax {
            #expect(recent.arrive(key(number), waiter: number) == .new)
            #expect(recent.becomeDurable(key(number)).isEmpty)
        }
        #expect(recent.arrive(key(1), waiter: 0) == .durable)
        #expect(recent.arrive(key(0), waiter: 0) == .new)
    }

    @Test("bytes are taken up to the limit and come back") func budget() {
        let budget = BodyBudget()
        #expect(budget.reserve(BodyBudget.bytesMax))
        #expect(!budget.reserve(1))
        budget.release(1)
        #expect(budget.reserve(1))
    }

    @Test(
        "K6 the admin token is compared whole",
        arguments: [nil, "", "Bearer ", "Bearer secre", "Bearer secret2", "secret", "bearer secret"])
    func wrongToken(_ header: String?) { #expect(!AdminToken("secret").admits(header)) }

    @Test("K6 the right token is admitted") func rightToken() { #expect(AdminToken("secret").admits("Bearer secret")) }
}
