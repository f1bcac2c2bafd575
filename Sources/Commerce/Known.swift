/// A fact that a source may not have told: a redacted or absent field is *unknown*, which is not the same as known
/// to be empty, and never overwrites what is known (docs/architecture.md, Truth and acts).
public enum Known<Value: Sendable & Hashable & Codable>: Sendable, Hashable, Codable {
    case unknown
    case known(Value)

    /// The value, or `nil` where it is unknown.
    public var value: Value? { if case .known(let value) = self { value } else { nil } }
    public var isKnown: Bool { self != .unknown }

    /// This fact where it is known, else what was known before.
    public func or(_ earlier: Self) -> Self { isKnown ? self : earlier }

    public init(from decoder: any Decoder) throws {
        let values = try [Value](from: decoder)
        self = values.first.map(Known.known) ?? .unknown
    }
    public func encode(to encoder: any Encoder) throws {
        try (value.map { [$0] } ?? []).encode(to: encoder)
    }
}
