import Bloomreach
import Commerce
import JSON
import Sync
import Testing
import Transport

@Suite("Bloomreach answers to batches")
struct DeliveryBatchAnswerTests {
    private let destination = Sample.prepared()

    private func interpret(_ outcome: HTTPOutcome, _ batch: DeliveryBatch) -> DeliveryBatchResult {
        destination.interpret(outcome, of: batch)
    }

    @Test("every command accepted")
    func accepted() {
        let body = #"{"results":[{"success":true},{"success":true}],"success":true}"#
        #expect(
            interpret(Sample.answer(200, body), Sample.events(2))
                == DeliveryBatchResult(answers: [.accepted, .accepted]))
    }

    @Test("results are matched by command_id, else by position")
    func matched() {
        let batch = Sample.events(3)
        let shuffled = """
            {"results":[{"success":true,"command_id":"shop-3:purchase"},
            {"success":false,"command_id":"shop-1:purchase","errors":["no"]},
            {"success":true,"command_id":"shop-2:purchase"}],"success":true}
            """
        #expect(interpret(Sample.answer(200, shuffled), batch).answers == [.refused("no"), .accepted, .accepted])
        let byPosition = #"{"results":[{"success":true},{"success":false,"errors":["no"]},{"success":true}]}"#
        #expect(interpret(Sample.answer(200, byPosition), batch).answers == [.accepted, .refused("no"), .accepted])
    }

    @Test(
        "a 200 that does not account for each command leaves all of them ambiguous",
        arguments: [
            #"{"results":[{"success":true}],"success":true}"#,
            #"{"results":[{"success":true},{"success":true},{"success":true}]}"#,
            #"{"results":[{"success":true,"command_id":"other"},{"success":true}]}"#,
            #"{"results":[{"success":true,"command_id":"shop-2:purchase"},{"success":true}]}"#,
            #"{"success":true}"#, #"[{"success":true},{"success":true}]"#, "", "null", "3",
            "<!DOCTYPE html><html>maintenance</html>", #"{"results":[{"success":true}"#,
        ])
    func unaccounted(_ body: String) {
        let result = interpret(Sample.answer(200, body), Sample.events(2))
        #expect(result.answers.count == 2)
        for answer in result.answers {
            guard case .ambiguous = answer else {
                Issue.record("\(answer) for \(body)")
                continue
            }
        }
        #expect(result.mustRest)
    }

    @Test("a result without success is ambiguous, the others keep theirs")
    func noSuccess() {
        let body = #"{"results":[{"success":true},{"status":"ok"}],"success":true}"#
        #expect(
            interpret(Sample.answer(200, body), Sample.events(2)).answers
                == [.accepted, .ambiguous("a result without success")])
    }

    @Test("a missing permission names the permission")
    func permission() {
        let body =
            #"{"results":[{"success":false,"errors":["not authorized to add event of specified type"]}]}"#
        let batch = Sample.batch([Sample.event("shop-1:revision:1", type: "purchase_update")])
        #expect(
            interpret(Sample.answer(200, body), batch).answers == [
                .refused(
                    "not authorized to add event of specified type; give the key the permission Events > Set for "
                        + "purchase_update")
            ])
    }

    @Test("a refusal carries no personal data and at most 300 characters")
    func redacted() {
        let vendor = "id ADA@example.test (777) clashes with bob@example.test. " + String(repeating: "x", count: 500)
        let body = JSON.object(["results": [["success": false, "errors": [.string(vendor)]]]]).text()
        guard case .refused(let message)? = interpret(Sample.answer(200, body), Sample.events(1)).answers.first else {
            Issue.record("not refused")
            return
        }
        #expect(message.count == 300)
        #expect(message.hasPrefix("id [redacted] ([redacted]) clashes with [redacted] xxx"))
    }

    @Test(
        "a whole request refused is final for each delivery: it would be refused for ever",
        arguments: [
            (400, #"{"success":false,"message":"Invalid JSON"}"#, "Invalid JSON"),
            (400, #"{"success":false,"message":"No commands"}"#, "No commands"),
            (
                400, #"{"success":false,"error":"too many commands in the batch request"}"#,
                "too many commands in the batch request"
            ),
            (
                200, #"{"success":false,"errors":["At least one valid id should be specified"]}"#,
                "At least one valid id should be specified"
            ),
            (413, "Payload Too Large", "Payload Too Large"),
        ])
    func wholeRefused(status: Int, body: String, message: String) {
        let result = interpret(Sample.answer(status, body), Sample.events(2))
        #expect(result == DeliveryBatchResult(answers: [.refused(message), .refused(message)]))
    }

    @Test(
        "a refused key or project stops the destination and costs no delivery its turn",
        arguments: [
            (400, #"{"success":false,"error":"Could not authenticate"}"#, "Could not authenticate"),
            (400, #"{"success":false,"error":"Invalid project id"}"#, "Invalid project id"),
            (401, #"{"success":false,"error":"access key not found"}"#, "access key not found"),
            (403, "invalid secret", "invalid secret"),
            (403, "key key-7 may not", "key [redacted] may not"),
        ])
    func unauthorised(status: Int, body: String, message: String) {
        let result = interpret(Sample.answer(status, body), Sample.events(2))
        #expect(result.answers == [.retry(message), .retry(message)])
        #expect(result.unauthorised == message)
    }

    @Test("a wrong path waits for somebody to correct the configuration", arguments: [404, 301])
    func wrongPath(status: Int) {
        let body = #"{"errors":{"code":404,"description":"The requested URL was not found"}}"#
        let result = interpret(Sample.answer(status, body), Sample.events(1))
        let cause = "not found, check base_url, project and catalogues: The requested URL was not found (404)"
        #expect(result == DeliveryBatchResult(answers: [.retry(cause)], unauthorised: cause))
    }

    @Test("A7 over the rate: sent again after Retry-After where it is told")
    func throttled() {
        let batch = Sample.events(1)
        let plain = DeliveryBatchResult(answers: [.retry("over the rate")], mustRest: true)
        #expect(interpret(Sample.answer(429), batch) == plain)
        var asked = plain
        asked.restFor = .seconds(7)
        #expect(interpret(Sample.answer(429, headers: ["retry-after": "7"]), batch) == asked)
        asked.restFor = .minutes(15)
        #expect(interpret(Sample.answer(429, headers: ["Retry-After": "9999999"]), batch) == asked)
        #expect(
            interpret(Sample.answer(429, headers: ["Retry-After": "Fri, 01 Jan 2027 00:00:00 GMT"]), batch) == plain)
        #expect(interpret(Sample.answer(429, headers: ["Retry-After": "-1"]), batch) == plain)
    }

    @Test(
        "A8 a server error, a time-out or a lost connection may have stored it", arguments: [500, 502, 503, 504, 408])
    func ambiguous(status: Int) {
        let result = interpret(Sample.answer(status, "<html>"), Sample.events(2))
        let answer = Answer.ambiguous("HTTP \(status)")
        #expect(result == DeliveryBatchResult(answers: [answer, answer], mustRest: true))
        let lost = interpret(.unknown("time-out"), Sample.events(1))
        #expect(lost == DeliveryBatchResult(answers: [.ambiguous("time-out")], mustRest: true))
    }

    @Test("what was never sent goes again")
    func notSent() {
        let result = interpret(.notSent("connection refused"), Sample.events(1))
        #expect(result == DeliveryBatchResult(answers: [.retry("connection refused")], mustRest: true))
    }

    @Test("E6 rows: one result each, booleans also as text, undefined columns say what to run")
    func rows() {
        let batch = Sample.batch([Sample.row("shop-1"), Sample.row("shop-2"), Sample.row("shop-3")])
        let body = """
            [{"success":"True","queued":true},{"success":"False","queued":"False","errors":{"properties":
            ["Fields [nope] are not properly defined."]}},{"success":true,"queued":true}]
            """
        #expect(
            interpret(Sample.answer(200, body), batch).answers == [
                .accepted,
                .refused("properties: Fields [nope] are not properly defined.; run plumbline check --fix"), .accepted,
            ])
        let short = interpret(Sample.answer(200, #"[{"success":true}]"#), batch)
        #expect(short.answers == Array(repeating: .ambiguous("1 results for 3 deliveries"), count: 3))
        let object = interpret(Sample.answer(200, #"{"success":true}"#), batch)
        #expect(object.answers == Array(repeating: .ambiguous("an answer without results"), count: 3))
    }

    @Test("whatever comes back, there is one answer for each delivery and nothing is accepted without its own success")
    func oneAnswerEach() {
        let fragments = [
            #"{"success":true}"#, #"{"success":false,"errors":["x"]}"#, #"{"success":"True"}"#, "null", "1", "{}",
            #"{"success":true,"command_id":"shop-2:purchase"}"#, #"{"success":false,"error":{"code":1}}"#, "[]",
            #"{"errors":{"_global":["Customer does not exist"],"a":[{"description":"d"}]}}"#, "<html>",
        ]
        let statuses = [100, 200, 201, 204, 302, 400, 401, 403, 404, 408, 413, 429, 500, 503, 599, 700]
        for seed in 1...400 as ClosedRange<UInt64> {
            var random = SeededGenerator(seed: seed)
            let count = Int.random(in: 1...6, using: &random)
            let isTracking = Bool.random(using: &random)
            let batch = isTracking ? Sample.events(count) : Sample.batch((1...count).map { Sample.row("shop-\($0)") })
            let parts = (0..<Int.random(in: 0...7, using: &random)).map { _ in
                fragments.randomElement(using: &random) ?? ""
            }
            let list = "[" + parts.joined(separator: ",") + "]"
            let bodies = [
                list, #"{"results":\#(list),"success":true}"#, #"{"success":false,"errors":\#(list)}"#,
                parts.first ?? "",
            ]
            let status = statuses.randomElement(using: &random) ?? 200
            let outcomes = [
                Sample.answer(status, bodies.randomElement(using: &random) ?? ""), .notSent("n"), .unknown("u"),
            ]
            for outcome in outcomes {
                let result = interpret(outcome, batch)
                #expect(result.answers.count == batch.items.count, "seed \(seed)")
                guard result.answers.contains(.accepted) else { continue }
                let successes = parts.count { $0.lowercased().contains(#""success":true"#) || $0.contains("True") }
                #expect((200..<300).contains(status) && parts.count == count, "seed \(seed)")
                #expect(result.answers.count { $0 == .accepted } == successes, "seed \(seed)")
            }
        }
    }
}
