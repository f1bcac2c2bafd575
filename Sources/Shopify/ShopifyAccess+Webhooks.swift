import JSON
public import Transport

extension ShopifyAccess {
    /// One page of the subscriptions that were made through the API.
    public struct SubscriptionPage: Sendable, Hashable {
        public var subscriptions: [Subscription]
        public var nextCursor: String?
    }

    /// A webhook subscription. Those of the app's own file are never listed (docs/vendors/shopify.md, Webhooks:
    /// subscriptions), so a missing one is a finding only where the operator says that the API manages them.
    public struct Subscription: Sendable, Hashable {
        public var id: String
        /// `ORDERS_CREATE`
        public var topic: String
        public var uri: String
        public var format: String
        /// Not empty: the payload is cut down to these fields and would be no snapshot.
        public var includeFields: [String]
        public var filter: String?

        /// Whether it brings every whole payload of its topic to `uri`.
        public func delivers(to uri: String) -> Bool {
            self.uri == uri && format == "JSON" && includeFields.isEmpty && filter == nil
        }
    }

    public static func subscriptionsRequest(
        _ login: ShopifyLogin, cursor: String? = nil
    ) -> HTTPRequest {
        login.request(.webhookSubscriptions, variables: ["after": JSON(cursor)])
    }

    public static func interpretSubscriptions(_ outcome: HTTPOutcome) -> Answer<SubscriptionPage> {
        answer(outcome) { data throws(ShopifyError) in
            let connection = try data.requiredChild("webhookSubscriptions")
            var subscriptions: [Subscription] = []
            for node in try connection.requiredItems("nodes") {
                subscriptions.append(
                    Subscription(
                        id: try node.requiredText("id"), topic: try node.requiredText("topic"),
                        uri: try node.requiredText("uri"), format: try node.requiredText("format"),
                        includeFields: try node.texts("includeFields"), filter: try node.text("filter")))
            }
            let pageInfo = try connection.requiredChild("pageInfo")
            let next = try pageInfo.flag("hasNextPage") ? try pageInfo.requiredText("endCursor") : nil
            return SubscriptionPage(subscriptions: subscriptions, nextCursor: next)
        }
    }

    /// The topics that no subscription brings whole to `uri`, in their order.
    public static func missingTopics(
        in subscriptions: [Subscription], uri: String, wanted: [ShopifyTopic] = ShopifyTopic.allCases
    ) -> [ShopifyTopic] {
        wanted.filter { topic in
            !subscriptions.contains { $0.topic == topic.graphQLName && $0.delivers(to: uri) }
        }
    }

    /// Subscribes `uri` to a topic: `check --fix`.
    public static func subscribeRequest(
        _ topic: ShopifyTopic, uri: String, _ login: ShopifyLogin
    ) -> HTTPRequest {
        login.request(
            .webhookSubscriptionCreate, variables: ["topic": .string(topic.graphQLName), "uri": .string(uri)])
    }

    /// - Returns: the new subscription's id, or Shopify's refusal (`userErrors`) as `denied`.
    public static func interpretSubscribe(_ outcome: HTTPOutcome) -> Answer<String> {
        let created = answer(outcome) { data throws(ShopifyError) -> Answer<String> in
            let result = try data.requiredChild("webhookSubscriptionCreate")
            var refusals: [String] = []
            for error in try result.requiredItems("userErrors") { refusals.append(try error.requiredText("message")) }
            guard refusals.isEmpty else { return .denied(refusals.joined(separator: "; ")) }
            return .found(try result.requiredChild("webhookSubscription").requiredText("id"))
        }
        return switch created {
        case .found(let answer): answer
        case .later(let reason): .later(reason)
        case .denied(let reason): .denied(reason)
        case .unreadable(let reason): .unreadable(reason)
        }
    }
}
