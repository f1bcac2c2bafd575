/// A kind of flow: which systems it joins. The configuration names it; nothing here holds a rule.
public struct Blueprint: Sendable, Hashable {
    public var name: String
    /// The key that names the source's connection in a flow of the configuration.
    public var sourceKey: String
    public var sourceSystem: String
    public var destinationKey: String
    public var destinationSystem: String

    /// Every blueprint of this version, sorted by name.
    public static let all = [OrderEditingToBloomreach.blueprint]

    /// Blueprints of later versions; a flow that names one is refused with an explanation.
    public static let announced = [
        "bigcommerce-to-bloomreach", "order-editing-to-shopify", "shopify-ometria", "sitoo-to-bloomreach",
    ]

    public static func named(_ name: String) -> Blueprint? { all.first { $0.name == name } }
}
