public import Bloomreach
public import Shopify
public import Sync

/// Edited Shopify orders, told to Bloomreach: the source hears and reads orders, the destination's order plan says
/// what follows from them.
public enum OrderEditingToBloomreach {
    public static let blueprint = Blueprint(
        name: "order-editing-to-bloomreach", sourceKey: "from", sourceSystem: "shopify", destinationKey: "to",
        destinationSystem: "bloomreach")

    public static func source(_ configuration: ShopifyConfiguration) -> any Source {
        ShopifySource(configuration: configuration)
    }

    public static func destination(_ configuration: BloomreachConfiguration) -> any Destination {
        BloomreachDestination(configuration: configuration)
    }
}
