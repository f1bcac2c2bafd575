import JSON
import Testing

@testable import Bloomreach

@Suite("Bloomreach error envelopes")
struct FailureEnvelopeTests {
    @Test(
        "all envelopes are read by one parser",
        arguments: [
            (#"{"success":false,"error":"access key not found"}"#, ["access key not found"]),
            (#"{"success":false,"message":"No commands"}"#, ["No commands"]),
            (#"{"success":false,"errors":["a","b"]}"#, ["a", "b"]),
            (#"{"success":false,"errors":{"_global":["Customer does not exist"]}}"#, ["Customer does not exist"]),
            (
                #"{"errors":{"properties":["Fields [x] are not properly defined."]}}"#,
                ["properties: Fields [x] are not properly defined."]
            ),
            (#"{"errors":{"code":404,"description":"not found"}}"#, ["not found (404)"]),
            (#"{"success":false,"errors":{"code":"NotFoundError","message":"Import"}}"#, ["Import (NotFoundError)"]),
            (#"{"errors":[{"code":7,"description":"bad"}]}"#, ["bad (7)"]),
            (#"{"error":"bad path"}"#, ["bad path"]), (#""just text""#, ["just text"]),
            ("invalid secret\n", ["invalid secret"]),
            ("  <html><body>502</body></html>", ["a page for people instead of an answer"]),
            ("", ["no message"]), ("{}", ["no message"]), (#"{"success":false,"errors":[]}"#, ["no message"]),
        ])
    func envelopes(_ body: String, _ messages: [String]) {
        #expect(BloomreachFailure.parse(Array(body.utf8)).messages == messages)
    }

    @Test("only whole words are redacted, without case, the longest first")
    func redaction() {
        let redaction = Redaction(values: ["1", "Ada", "ada lovelace", "+44 7700", ""])
        #expect(
            redaction.applied(to: "100 orders of ADA LOVELACE, ada; 1 adamant")
                == "100 orders of [redacted], [redacted]; [redacted] adamant")
        #expect(redaction.applied(to: "phone +44 7700.") == "phone [redacted].")
        #expect(Redaction(values: []).applied(to: "write to x@y.test now") == "write to [redacted] now")
    }

    @Test(
        "the golden answers of the specification are classed as documented",
        .enabled(if: GoldenExamples.areThere, "the vendors' schemas are not beside this checkout"),
        arguments: [
            ("wrong project token", "unauthorised"), ("unknown API key id", "unauthorised"),
            ("wrong secret", "unauthorised"), ("batch, empty commands", "refused"),
            ("batch, a command is not an object", "refused"),
            ("batch, more than 50 commands (classic path)", "refused"), ("no id on single endpoint", "refused"),
            ("event type not permitted for the key", "refused"), ("over the per IP rate", "throttled"),
            ("export one customer, unknown", "absent"), ("unknown field on item", "refused"),
            ("batch, mixed outcome", "document"), ("bulk replace items", "document"), ("system time", "document"),
            ("list catalogs", "document"), ("create catalog", "document"),
        ])
    func golden(_ name: String, _ expected: String) throws {
        let reply = BloomreachReply(try GoldenExamples.example(name).answer)
        let kind =
            switch reply {
            case .document: "document"
            case .unintelligible: "unintelligible"
            case .refused: "refused"
            case .unauthorised: "unauthorised"
            case .absent: "absent"
            case .throttled: "throttled"
            case .failing: "failing"
            case .notSent: "not sent"
            case .unknown: "unknown"
            }
        #expect(kind == expected)
    }
}
