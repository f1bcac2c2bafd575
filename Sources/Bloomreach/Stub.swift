public struct IdentityType: Sendable, Hashable { public enum Source: Sendable, Hashable { case customerID(String), email, phone, cart, cookie }
 public enum Kind: Sendable, Hashable { case hard, soft }
 public var name: String; public var source: Source; public var kind: Kind }
public struct BloomreachConfiguration: Sendable, Hashable { public var identity: [IdentityType] }
enum BloomreachChannel { static let tracking = "tracking"; static let orders = "catalog:orders" }
