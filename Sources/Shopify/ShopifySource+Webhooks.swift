public import Commerce
import JSON
public import Sync
public import Transport

extension ShopifySource {
    public func admit(
        _ request: HTTPRequest, receivedAt: Instant, authenticate: MessageAuthentication
    ) -> Admission {
        guard request.body.count <= bodyBytesMax else {
            return .refused(.tooLarge, detail: "\(request.body.count) bytes, at most \(bodyBytesMax)")
        }
        let headers = WebhookHeaders(request.headers)
        guard let signature = headers["Hmac-Sha256"] else {
            return .refused(.badSignature, detail: "no signature header")
        }
        guard
            WebhookSignature.isGenuine(
                signature, body: request.body, secrets: configuration.webhookSecrets, authenticate: authenticate)
        else { return .refused(.badSignature, detail: "the signature fits none of our webhook_secrets") }
        // One app's secret signs for all shops that installed it, and no header is signed.
        guard headers["Shop-Domain"]?.lowercased() == configuration.shop.lowercased() else {
            return .refused(.badSignature, detail: "the shop's domain is not that of connection \(connection)")
        }
        guard let topic = headers["Topic"]?.lowercased() else {
            return .refused(.badSignature, detail: "no topic header")
        }
        return .admitted(
            Receipt(
                connection: connection, topic: topic,
                deliveryID: headers["Webhook-Id"] ?? Self.deliveryID(topic: topic, body: request.body),
                eventID: headers["Event-Id"], triggeredAt: headers["Triggered-At"].flatMap(Instant.init(iso8601:)),
                receivedAt: receivedAt, body: request.body))
    }

    /// Retries carry the original payload (docs/vendors/shopify.md, Webhooks: delivery and retries), so without an id
    /// equal content is one delivery.
    static func deliveryID(topic: String, body: [UInt8]) -> String {
        "digest-" + StableDigest.of(Array(topic.utf8) + [0x0A] + body)
    }

    public func status(for refusal: WebhookRefusal) -> Int {
        switch refusal {
        case .badSignature: 401
        case .tooLarge: 413
        case .storeUnavailable: 503
        }
    }

    public func observations(in receipt: Receipt) -> [Observation] {
        let topic = ShopifyTopic(rawValue: receipt.topic)
        let privacyTopic = ShopifyPrivacyTopic(rawValue: receipt.topic)
        guard topic != nil || privacyTopic != nil else { return [.unknownTopic(receipt.topic)] }
        let payload: Payload
        do throws(JSONError) {
            guard let object = try JSON.parse(receipt.body).object else {
                return [.unreadable(nil, code: ShopifyError.Code.badField.rawValue, detail: "the body is no object")]
            }
            payload = Payload(object)
        } catch {
            return [
                .unreadable(nil, code: error.code.rawValue, detail: "byte \(error.offset) of \(receipt.body.count)")
            ]
        }
        do throws(ShopifyError) {
            if let privacyTopic {
                return [.privacyRequest(try privacyRequest(payload, privacyTopic, of: receipt))]
            }
            guard let topic else { return [] }
            let seen = try observation(payload, topic: topic, of: receipt)
            return [seen] + acts(of: payload, topic, beside: seen)
        } catch {
            let key = topic.map { subject(of: payload, topic: $0) } ?? customer(in: payload)
            return [.unreadable(key, code: error.code.rawValue, detail: error.description)]
        }
    }

    private func observation(
        _ payload: Payload, topic: ShopifyTopic, of receipt: Receipt
    ) throws(ShopifyError) -> Observation {
        switch topic {
        case .ordersCreate, .ordersUpdated, .ordersPaid, .ordersCancelled, .ordersFulfilled,
            .ordersPartiallyFulfilled:
            try orderSnapshot(payload, of: receipt)
        case .ordersEdited:
            try companionHint(payload.requiredChild("order_edit"), time: ["committed_at"], of: receipt)
        case .refundsCreate: try companionHint(payload, time: ["created_at", "processed_at"], of: receipt)
        case .fulfillmentsCreate, .fulfillmentsUpdate:
            try companionHint(payload, time: ["updated_at", "created_at"], of: receipt)
        case .customersCreate, .customersUpdate, .customersEnable, .customersDisable:
            try customerSnapshot(payload, of: receipt)
        case .customersMerge: try merge(payload, of: receipt)
        case .emailConsentUpdate: try consent(payload, .email, of: receipt)
        case .smsConsentUpdate: try consent(payload, .sms, of: receipt)
        case .cartsCreate, .cartsUpdate: try cartSnapshot(payload, of: receipt)
        case .checkoutsCreate, .checkoutsUpdate: try checkoutSnapshot(payload, of: receipt)
        case .checkoutsDelete: try checkoutDeletion(payload, of: receipt)
        case .productsCreate, .productsUpdate: try productSnapshot(payload, of: receipt)
        case .ordersDelete: try deletion(payload, .order, of: receipt)
        case .customersDelete: try deletion(payload, .customer, of: receipt)
        case .productsDelete: try deletion(payload, .product, of: receipt)
        }
    }

    /// What no later read can tell: that an order of which this webhook is only a hint was paid, or authorised. The
    /// next edit may make it partially paid again.
    private func acts(of payload: Payload, _ topic: ShopifyTopic, beside seen: Observation) -> [Observation] {
        guard case .hint(let key, let updatedAt, _, _) = seen, topic.isWholeOrder,
            let status = try? OrderMapping.financialStatus(payload.text("financial_status"), at: ""),
            let placedAt = try? payload.time("processed_at") ?? payload.time("created_at")
        else { return [] }
        // An order that begins as paid was sold when it was placed.
        let time = topic == .ordersCreate ? placedAt : updatedAt ?? placedAt
        var acts: [Act] = []
        if status == .paid { acts.append(.paid(order: key.id, at: time)) }
        if status.hasBeenAuthorized { acts.append(.authorized(order: key.id, at: time)) }
        return acts.map { .act(key, $0) }
    }

    /// The whole order; or a hint, where the payload is sound but too old or one-sided to be believed.
    private func orderSnapshot(_ payload: Payload, of receipt: Receipt) throws(ShopifyError) -> Observation {
        let key = key(order: try payload.requiredID("id", kind: "Order"))
        do throws(ShopifyError) {
            let mapped = try OrderMapping.rest(payload)
            return .snapshot(
                key, .order(mapped.order), sourceTime: mapped.order.updatedAt, eventID: receipt.eventID,
                isPartial: mapped.isPartial)
        } catch {
            guard error.asksForRead else { throw error }
            return .hint(
                key, sourceTime: try payload.time("updated_at"), eventID: receipt.eventID, awaitsCompanion: false)
        }
    }

    /// A thin payload about an order; `orders/updated` of the same action brings the order as a rule
    /// (docs/vendors/shopify.md, Webhooks: delivery and retries).
    private func companionHint(
        _ payload: Payload, time keys: [String], of receipt: Receipt
    ) throws(ShopifyError) -> Observation {
        let key = key(order: try payload.requiredID("order_id", kind: "Order"))
        var sourceTime: Instant?
        for name in keys where sourceTime == nil { sourceTime = try payload.time(name) }
        return .hint(key, sourceTime: sourceTime, eventID: receipt.eventID, awaitsCompanion: true)
    }

    /// `KIND/delete` tells little more than the id, and no time of its own.
    private func deletion(
        _ payload: Payload, _ kind: EntityKind, of receipt: Receipt
    ) throws(ShopifyError) -> Observation {
        let id = try payload.requiredID("id", kind: ShopifyID.type(of: kind))
        return .act(
            key(kind, id),
            Act(id: "\(receipt.topic)/\(id)", kind: .deleted, at: receipt.triggeredAt ?? receipt.receivedAt))
    }

    /// What a broken payload is about, where that much can be told.
    private func subject(of payload: Payload, topic: ShopifyTopic) -> EntityKey? {
        func key(_ kind: EntityKind, _ names: String..., in object: JSONObject? = payload.object) -> EntityKey? {
            for name in names {
                guard let value = object?[name], !value.isNull else { continue }
                return ShopifyID.digits(value, kind: ShopifyID.type(of: kind)).map { self.key(kind, $0) }
            }
            return nil
        }
        switch topic {
        case .ordersEdited: return key(.order, "order_id", in: payload.object["order_edit"]?.object)
        case .refundsCreate, .fulfillmentsCreate, .fulfillmentsUpdate: return key(.order, "order_id")
        case .ordersCreate, .ordersUpdated, .ordersPaid, .ordersCancelled, .ordersFulfilled,
            .ordersPartiallyFulfilled, .ordersDelete:
            return key(.order, "id")
        case .customersCreate, .customersUpdate, .customersEnable, .customersDisable, .customersDelete:
            return key(.customer, "id")
        case .customersMerge: return key(.customer, Self.mergedField)
        case .emailConsentUpdate, .smsConsentUpdate: return key(.customer, "customer_id", "id")
        case .cartsCreate, .cartsUpdate: return (try? CartMapping.cartToken(payload)).map { self.key(cart: $0) }
        case .checkoutsCreate, .checkoutsUpdate, .checkoutsDelete:
            return (try? CartMapping.checkoutToken(payload)).map { self.key(checkout: $0) }
        case .productsCreate, .productsUpdate, .productsDelete: return key(.product, "id")
        }
    }
}
