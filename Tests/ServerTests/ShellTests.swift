import Commerce
import JSON
import Sync
import Synchronization
import Testing
import Transport

@testable import Server

@Suite("Shell")
struct ShellTests {
    @Test("law 3: nothing leaves before its attempt is durable; then it is told once and everything settles")
    func order()
        async throws
    {
        let store = GatedStore()
        let wasDurable = Mutex<[Bool]>([])
        let exchanger = ScriptedExchanger { request in
            if request.path == "/events" {
                let id = String(decoding: request.body.dropLast(), as: UTF8.self)
                let records = (try? store.records([EntityKey(connection: "shop", kind: .order, id: id)])) ?? []
                let phase = records.first?[flow: "edits"].deliveries.first?.phase
                wasDurable.withLock { $0.append(phase == .attempted) }
            }
            return .answered(HTTPResponse(status: 200))
        }
        try await RunningServer.with(store: store, exchanger: exchanger) { server async throws in
            #expect(try await server.hook("77", delivery: "a").status == 200)
            #expect(try await server.settles())
            #expect(wasDurable.withLock { $0 } == [true])
            let trace = try #require(try await server.admin("GET", "/api/v1/trace?key=shop-77").json)
            #expect(trace["entities"]?[0]?.string == "shop/order/77")
            let kinds = trace["items"]?.array?.compactMap { $0["kind"]?.string } ?? []
            #expect(kinds == ["receipt", "decision", "answer"])
            #expect(trace["items"]?[1]?["decision"]?.string == "send")
            #expect(trace["items"]?[2]?["reason"]?.string == "told")
        }
        #expect(exchanger.requests.count { $0.path == "/events" } == 1)
    }

    @Test("A8 an unknown outcome is sent again with the same bytes") func ambiguous() async throws {
        let first = Mutex(true)
        let exchanger = ScriptedExchanger { request in
            guard request.method == "POST" else { return .answered(HTTPResponse(status: 200)) }
            let isFirst = first.withLock { first in
                defer { first = false }
                return first
            }
            return isFirst ? .unknown("time-out") : .answered(HTTPResponse(status: 200))
        }
        try await RunningServer.with(store: GatedStore(), exchanger: exchanger) { server async throws in
            #expect(try await server.hook("78", delivery: "a").status == 200)
            #expect(try await server.settles())
        }
        let posts = exchanger.requests.filter { $0.method == "POST" }
        #expect(posts.count == 2)
        #expect(Set(posts.map(\.body)).count == 1)
    }

    @Test("A11 a refusal is an exception with an owner; retry sends it again, skip gives it up") func exceptions()
        async throws
    {
        let isRefusing = Mutex(true)
        let exchanger = ScriptedExchanger { request in
            .answered(HTTPResponse(status: request.method == "POST" && isRefusing.withLock { $0 } ? 400 : 200))
        }
        try await RunningServer.with(store: GatedStore(), exchanger: exchanger) { server async throws in
            _ = try await server.hook("79", delivery: "a")
            _ = try await server.hook("80", delivery: "b")
            #expect(try await server.settles())
            let open = try #require(try await server.admin("GET", "/api/v1/exceptions").json?.array)
            #expect(open.count == 2)
            #expect(
                open.allSatisfy { $0["kind"]?.string == "destination_refused" && $0["owner"]?.string == "marketing" })
            let settled = try await server.admin("GET", "/api/v1/settled").json
            #expect(settled?["waiting"]?[0]?["reason"]?.string == "refused")
            #expect(settled?["waiting"]?[0]?["count"]?.int64 == 2)
            let first = try #require(open.first { $0["entity"]?.string?.contains("79") == true }?["id"]?.string)
            let second = try #require(open.first { $0["entity"]?.string?.contains("80") == true }?["id"]?.string)
            #expect(try await server.admin("POST", "/api/v1/exceptions/\(second)/resolve").status == 409)
            isRefusing.withLock { $0 = false }
            #expect(try await server.admin("POST", "/api/v1/exceptions/\(first)/retry").status == 202)
            let skip = try await server.admin(
                "POST", "/api/v1/exceptions/\(second)/resolve", body: Array(#"{"skip":true}"#.utf8))
            #expect(skip.status == 202)
            #expect(
                try await server.eventually {
                    let answer = try await server.admin("GET", "/api/v1/settled").json
                    return answer?["waiting"]?.array?.isEmpty == true && answer?["settled"]?.bool == true
                })
            #expect(try await server.admin("POST", "/api/v1/exceptions/\(first)/retry").status == 409)
            #expect(try await server.admin("POST", "/api/v1/exceptions/none/retry").status == 404)
            #expect(try await server.admin("GET", "/api/v1/exceptions/\(first)").json?["id"]?.string == first)
        }
        #expect(
            exchanger.requests.count { $0.method == "POST" } == 3
                || exchanger.requests.count { $0.method == "POST" } == 2)
    }

    @Test("a commit that cannot be written now is written later, and only then anything is sent") func commitRetry()
        async throws
    {
        let store = GatedStore()
        let exchanger = ScriptedExchanger { _ in .answered(HTTPResponse(status: 200)) }
        try await RunningServer.with(store: store, exchanger: exchanger) { server async throws in
            store.failCommits(StoreFailure(.unavailable, "disk full"))
            #expect(try await server.hook("81", delivery: "a").status == 200)
            #expect(
                try await server.eventually {
                    try await server.send("GET", "/metrics").text.contains(
                        "plumbline_store_failures_total{operation=\"commit\",code=\"store_unavailable\"}")
                })
            #expect(!exchanger.requests.contains { $0.path == "/events" })
            #expect(try await server.admin("GET", "/api/v1/settled").json?["settled"]?.bool == false)
            store.failCommits(nil)
            #expect(try await server.settles())
            #expect(exchanger.requests.count { $0.path == "/events" } == 1)
        }
    }

    @Test("a store that contradicts the engine ends the server with its reason") func conflict() async throws {
        let store = GatedStore()
        await #expect(throws: ServerFailure.self) {
            try await RunningServer.with(store: store) { server async throws in
                store.failCommits(StoreFailure(.conflict, "generation"))
                _ = try await server.hook("82", delivery: "a")
                let isGone = try await server.eventually {
                    do {
                        _ = try await server.send("GET", "/health/live")
                        return false
                    } catch {
                        return true
                    }
                }
                #expect(isGone)
            }
        }
    }

    @Test("A1 what one life left undone, the next one does") func restart() async throws {
        let store = GatedStore()
        let broken = ScriptedExchanger { request in
            request.method == "POST" ? .notSent("no connection") : .answered(HTTPResponse(status: 200))
        }
        try await RunningServer.with(store: store, exchanger: broken) { server async throws in
            #expect(try await server.hook("83", delivery: "a").status == 200)
            #expect(try await server.eventually { broken.requests.contains { $0.method == "POST" } })
        }
        let whole = ScriptedExchanger { _ in .answered(HTTPResponse(status: 200)) }
        try await RunningServer.with(store: store, exchanger: whole) { server async throws in
            #expect(try await server.settles())
        }
        #expect(whole.requests.count { $0.method == "POST" } == 1)
    }

    @Test("outcomes: only what certainly did not leave is notSent") func realClient() async throws {
        try await RunningServer.with(store: GatedStore()) { server async throws in
            let exchanger = HTTPExchanger(baseURLs: [
                "here": "http://127.0.0.1:\(server.port)", "nowhere": "http://127.0.0.1:1",
            ])
            func send(_ connection: String) async -> HTTPOutcome {
                await exchanger.send(
                    Exchange(id: 1, connection: connection, request: HTTPRequest(method: "GET", path: "/health/live")))
            }
            let outcomes = await [send("here"), send("nowhere"), send("unknown")]
            await exchanger.close()
            guard case .answered(let response) = outcomes[0] else { throw Unexpected() }
            #expect(response.status == 200)
            #expect(response.headers["content-type"] == "application/json")
            for outcome in outcomes.dropFirst() {
                guard case .notSent = outcome else {
                    Issue.record("\(outcome)")
                    continue
                }
            }
        }
    }
    struct Unexpected: Error {}
}
