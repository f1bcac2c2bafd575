import Transport

/// A strict simulator of one outside system, as a value: same seed and same calls give the same bytes.
///
/// It serves the vendor's own paths and, beside them, `/_twin/state`, `/_twin/calls?since=N`, `/_twin/act`,
/// `/_twin/faults` (POST and DELETE), `/_twin/time` and `/_twin/reset`. A twin imports no vendor module: it must not
/// share the mistakes of the client that it judges.
///
/// ```swift
/// var shop = ShopifyTwin(ShopifyTwinSettings(...), hmac: hmac)
/// let reply = shop.handle(request, now: now, random: &random)
/// for hook in shop.due(now: now, random: &random) {
///     shop.delivered(hook.id, status: post(hook), now: now, random: &random)
/// }
/// ```
public protocol Twin: Sendable {
    /// Answers one request. `now` is the caller's clock; the twin adds what `/_twin/time` advanced it by.
    mutating func handle(_ request: HTTPRequest, now: TwinInstant, random: inout TwinRandom) -> TwinReply
    /// The webhooks to send at `now`, in order. Each is handed out once; ``delivered(_:status:now:random:)`` must
    /// follow for each.
    mutating func due(now: TwinInstant, random: inout TwinRandom) -> [TwinWebhook]
    /// When ``due(now:random:)`` has something next, on the caller's clock; `nil` when nothing waits.
    var nextDue: TwinInstant? { get }
    /// What the sender of a webhook learned: the status, or `nil` for no answer within the time-out.
    mutating func delivered(_ id: String, status: Int?, now: TwinInstant, random: inout TwinRandom)
}

extension Twin {
    /// For twins whose vendor sends no webhooks.
    public mutating func due(now: TwinInstant, random: inout TwinRandom) -> [TwinWebhook] { [] }
    public var nextDue: TwinInstant? { nil }
    public mutating func delivered(_ id: String, status: Int?, now: TwinInstant, random: inout TwinRandom) {}
}

/// What a twin answers to one request.
public struct TwinReply: Sendable, Hashable {
    /// `nil`: the connection is cut or never answers.
    public var response: HTTPResponse?
    /// How long the answer takes; the wrapper waits, the twin never does.
    public var delayMilliseconds: Int
    /// Whether the request changed what the vendor holds.
    public var effect: Bool

    public init(response: HTTPResponse?, delayMilliseconds: Int = 0, effect: Bool = false) {
        self.response = response
        self.delayMilliseconds = delayMilliseconds
        self.effect = effect
    }
}

/// One webhook to send now.
public struct TwinWebhook: Sendable, Hashable {
    /// Names this attempt towards ``Twin/delivered(_:status:now:random:)``; unlike the vendor's delivery id it never
    /// repeats.
    public var id: String
    /// The subscriber's absolute address.
    public var address: String
    /// The path is the address's path and query; the headers carry the signature.
    public var request: HTTPRequest
    /// How long the vendor waits for an answer.
    public var timeoutMilliseconds: Int

    public init(id: String, address: String, request: HTTPRequest, timeoutMilliseconds: Int) {
        self.id = id
        self.address = address
        self.request = request
        self.timeoutMilliseconds = timeoutMilliseconds
    }
}

/// HMAC-SHA256, handed in from outside so that the twins need no cryptography package.
public typealias TwinHMAC = @Sendable (_ key: [UInt8], _ message: [UInt8]) -> [UInt8]
