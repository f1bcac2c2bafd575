/// Edited Shopify orders, told to Bloomreach: the source reads and hears orders, the destination's order plan says
/// what follows from them.
public enum OrderEditingToBloomreach {
    public static let blueprint = Blueprint(
        name: "order-editing-to-bloomreach", sourceKey: "from", sourceSystem: "shopify", destinationKey: "to",
        destinationSystem: "bloomreach")
}
