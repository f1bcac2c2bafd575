import JSON
import Transport
import Twins

/// One Bloomreach twin with its clock and its random stream, as a test drives it.
struct BloomreachFixture {
    static let token = BloomreachProjectSettings.defaultToken
    static let basic = "Basic dHdpbi1rZXk6dHdpbi1zZWNyZXQ="
    static let publicToken = "Token twin-public"

    var twin: BloomreachTwin
    var random: TwinRandom
    var now = TwinInstant(microseconds: 1_790_000_000_000_000)

    init(_ settings: BloomreachSettings = BloomreachSettings(), seed: UInt64 = 1) {
        twin = BloomreachTwin(settings)
        random = TwinRandom(seed: seed)
    }

    struct Answer {
        var status: Int?
        var body: JSON
        var headers: HTTPHeaders
        var reply: TwinReply
    }

    mutating func raw(
        _ method: String, _ path: String, bytes: [UInt8] = [], authorization: String? = basic,
        headers: HTTPHeaders = [:]
    ) -> Answer {
        var request = HTTPRequest(method: method, path: path, headers: headers, body: bytes)
        request.headers["Authorization"] = authorization
        let reply = twin.handle(request, now: now, random: &random)
        let body = reply.response.flatMap { try? JSON.parse($0.body) } ?? .null
        return Answer(
            status: reply.response?.status, body: body, headers: reply.response?.headers ?? [:], reply: reply)
    }

    /// `path` after `/track/v2/projects/{token}/`.
    mutating func track(
        _ path: String, _ body: JSON, authorization: String? = basic, headers: HTTPHeaders = [:]
    ) -> Answer {
        raw(
            "POST", "/track/v2/projects/\(Self.token)/\(path)", bytes: body.encoded(), authorization: authorization,
            headers: headers)
    }

    /// `path` after `/data/v2/projects/{token}/`.
    mutating func data(_ method: String, _ path: String, _ body: JSON? = nil, authorization: String? = basic) -> Answer
    {
        raw(
            method, "/data/v2/projects/\(Self.token)/\(path)", bytes: body?.encoded() ?? [],
            authorization: authorization)
    }

    mutating func batch(_ commands: [JSON]) -> [JSON] {
        track("batch", ["commands": .array(commands)]).body["results"]?.array ?? []
    }

    /// An event with an explicit time; answers the whole body.
    @discardableResult
    mutating func event(
        _ ids: JSON, _ type: String, at timestamp: JSON = 1_790_000_000, _ properties: JSON = [:]
    ) -> JSON {
        track(
            "customers/events",
            ["customer_ids": ids, "event_type": .string(type), "timestamp": timestamp, "properties": properties]
        ).body
    }

    @discardableResult
    mutating func update(_ ids: JSON, _ properties: JSON, at timestamp: JSON = 1_790_000_000) -> JSON {
        track("customers", ["customer_ids": ids, "properties": properties, "update_timestamp": timestamp]).body
    }

    @discardableResult
    mutating func act(_ action: JSON) -> Answer { raw("POST", "/_twin/act", bytes: action.encoded()) }

    mutating func fault(_ fault: JSON) -> Answer { raw("POST", "/_twin/faults", bytes: fault.encoded()) }

    mutating func advance(seconds: Int64) { now = now.advanced(seconds: seconds) }

    mutating func state() -> JSON { raw("GET", "/_twin/state").body }

    mutating func profiles() -> [JSON] { state()["profiles"]?.array ?? [] }

    /// The types of a stored profile's events, in order.
    mutating func eventTypes(_ number: Int64) -> [String] {
        let profile = profiles().first { $0["number"]?.int64 == number }
        return profile?["events"]?.array?.compactMap { $0["type"]?.string } ?? []
    }

    mutating func ids(_ number: Int64) -> JSON? { profiles().first { $0["number"]?.int64 == number }?["ids"] }
}
