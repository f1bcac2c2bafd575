import JSON
import Transport

/// The webhook sender: fan-out, signatures, retries with the original payload and address, deletion
/// (docs/vendors/shopify.md, Webhooks: delivery and retries).
struct ShopifySender: Sendable {
    /// One delivery to one subscription, over all its attempts.
    private struct Delivery: Sendable {
        var subscriptionID: Int64
        var topic: String
        var address: String
        var body: [UInt8]
        var webhookID: String
        var eventID: String
        var triggeredAt: TwinInstant
        var due: TwinInstant
        var sequence: Int64
        /// Attempts made so far.
        var attempts = 0
        /// `order` in the sender's history when the first attempt failed.
        var firstFailure: Int64?
    }

    private let settings: ShopifyTwinSettings
    private let hmac: TwinHMAC
    private(set) var subscriptions: [ShopifySubscription] = []
    private var waiting: [Delivery] = []
    /// Handed out and not yet answered, by attempt id.
    private var inFlight: [String: Delivery] = [:]
    private var sequence: Int64 = 0
    private(set) var counts = Counts()

    struct Counts: Sendable {
        var fired = 0
        var attempts = 0
        var succeeded = 0
        var failed = 0
        var dropped = 0
        var duplicated = 0
        var gaveUp = 0
        var subscriptionsDeleted = 0
    }

    init(_ settings: ShopifyTwinSettings, hmac: @escaping TwinHMAC) {
        self.settings = settings
        self.hmac = hmac
    }

    // MARK: Subscriptions

    mutating func subscribe(topic: String, address: String, name: String?, id: Int64, now: TwinInstant)
        -> ShopifySubscription
    {
        let made = ShopifySubscription(id: id, topic: topic, address: address, name: name, createdAt: now.wholeSecond)
        subscriptions.append(made)
        return made
    }

    func isTaken(topic: String, address: String) -> Bool {
        subscriptions.contains { $0.topic == topic && $0.address == address }
    }

    /// Deliveries that wait for a deleted subscription are not sent any more.
    mutating func unsubscribe(_ id: Int64) -> Bool {
        guard let index = subscriptions.firstIndex(where: { $0.id == id }) else { return false }
        subscriptions.remove(at: index)
        waiting.removeAll { $0.subscriptionID == id }
        return true
    }

    // MARK: Firing

    /// Queues the hooks of one merchant action for every subscription; returns the Event-Id they share.
    mutating func fire(
        _ hooks: [(topic: String, body: JSON)], faults: inout TwinFaults, now: TwinInstant, random: inout TwinRandom
    ) -> String {
        let eventID = Self.uuid(&random)
        for hook in hooks {
            for subscription in subscribers(of: hook.topic) {
                counts.fired += 1
                let struck = faults.strike(target: "webhooks", now: now, random: &random)
                let webhookID = Self.uuid(&random)
                if struck.contains(where: { $0.kind == "drop" }) {
                    counts.dropped += 1
                    continue
                }
                let redacted = struck.contains { $0.kind == "redact" }
                let body = redacted ? ShopifyRedaction.redacted(hook.body) : hook.body
                var due = now
                for fault in struck {
                    if fault.kind == "delay" { due = due.advanced(microseconds: fault.milliseconds * 1_000) }
                    if fault.kind == "reorder", fault.milliseconds > 0 {
                        let wait = Int64(random.next() % UInt64(fault.milliseconds * 1_000))
                        due = due.advanced(microseconds: wait)
                    }
                }
                let copies = struck.contains { $0.kind == "duplicate" } ? 2 : 1
                counts.duplicated += copies - 1
                for _ in 0..<copies {
                    enqueue(
                        Delivery(
                            subscriptionID: subscription.id, topic: hook.topic, address: subscription.address,
                            body: body.encoded(), webhookID: webhookID, eventID: eventID, triggeredAt: now, due: due,
                            sequence: 0))
                }
            }
        }
        return eventID
    }

    /// The app's file names one address for the privacy topics. Here it is that of the oldest subscription.
    private func subscribers(of topic: String) -> [ShopifySubscription] {
        ShopifyTopics.privacy.contains(topic)
            ? Array(subscriptions.prefix(1)) : subscriptions.filter { $0.topic == topic }
    }

    private mutating func enqueue(_ delivery: Delivery) {
        sequence += 1
        var delivery = delivery
        delivery.sequence = sequence
        // Kept sorted by (due, sequence): nearly always an append.
        let place = waiting.lastIndex { $0.due <= delivery.due }.map { $0 + 1 } ?? 0
        waiting.insert(delivery, at: place)
    }

    // MARK: Sending

    var nextDue: TwinInstant? { waiting.first?.due }
    var pending: Int { waiting.count + inFlight.count }

    mutating func due(now: TwinInstant) -> [TwinWebhook] {
        let ready = waiting.prefix { $0.due <= now }
        waiting.removeFirst(ready.count)
        return ready.map { delivery in
            let attempt = "\(delivery.sequence)-\(delivery.attempts + 1)"
            inFlight[attempt] = delivery
            counts.attempts += 1
            return TwinWebhook(
                id: attempt, address: delivery.address, request: request(delivery),
                timeoutMilliseconds: ShopifyTwinAssumptions.timeoutMilliseconds)
        }
    }

    private func request(_ delivery: Delivery) -> HTTPRequest {
        let signature = base64(hmac(Array(settings.webhookSecret.utf8), delivery.body))
        var headers: HTTPHeaders = [
            "Content-Type": "application/json", "X-Shopify-Topic": delivery.topic,
            "X-Shopify-Hmac-Sha256": signature, "X-Shopify-Shop-Domain": settings.domain,
            "X-Shopify-API-Version": settings.apiVersion, "X-Shopify-Webhook-Id": delivery.webhookID,
            "X-Shopify-Event-Id": delivery.eventID,
            "X-Shopify-Triggered-At": delivery.triggeredAt.iso8601(fractionDigits: 6),
        ]
        headers["X-Shopify-Name"] = subscriptions.first { $0.id == delivery.subscriptionID }?.name
        return HTTPRequest(method: "POST", path: Self.path(of: delivery.address), headers: headers, body: delivery.body)
    }

    /// Only 2xx counts; a redirect is a failure (2.3).
    mutating func delivered(_ id: String, status: Int?, now: TwinInstant) {
        guard var delivery = inFlight.removeValue(forKey: id) else { return }
        guard let index = subscriptions.firstIndex(where: { $0.id == delivery.subscriptionID }) else { return }
        sequence += 1
        if let status, (200...299).contains(status) {
            counts.succeeded += 1
            subscriptions[index].lastSuccess = sequence
            return
        }
        counts.failed += 1
        delivery.attempts += 1
        let firstFailure = delivery.firstFailure ?? sequence
        delivery.firstFailure = firstFailure
        guard delivery.attempts <= ShopifyTwinAssumptions.retries else {
            counts.gaveUp += 1
            // What the app's file declares is never deleted.
            if subscriptions[index].lastSuccess < firstFailure, !ShopifyTopics.privacy.contains(delivery.topic) {
                counts.subscriptionsDeleted += 1
                _ = unsubscribe(delivery.subscriptionID)
            }
            return
        }
        let gap = ShopifyTwinAssumptions.retryGaps[delivery.attempts - 1]
        delivery.due = now.advanced(microseconds: gap * settings.retryScaleMillionths)
        enqueue(delivery)
    }

    /// `https://host:port/path?query` -> `/path?query`.
    static func path(of address: String) -> String {
        let parts = address.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        return parts.count == 4 ? "/" + parts[3] : "/"
    }

    /// A version-4 shape from the seeded stream.
    static func uuid(_ random: inout TwinRandom) -> String {
        func hex(_ value: UInt64) -> String {
            let digits = String(value, radix: 16)
            return String(repeating: "0", count: 16 - digits.utf8.count) + digits
        }
        let high = hex(random.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000)
        let low = hex(random.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
        return "\(high.prefix(8))-\(high.dropFirst(8).prefix(4))-\(high.suffix(4))-\(low.prefix(4))-\(low.dropFirst(4))"
    }
}

/// A payload as an app without level-2 customer data gets it: name, e-mail, phone and street are absent, addresses keep
/// country and province (docs/vendors/shopify.md, Protected customer data).
enum ShopifyRedaction {
    private static let personal = [
        "email", "contact_email", "email_address", "phone", "sms_marketing_phone", "first_name", "last_name",
        "browser_ip",
    ]
    private static let addresses = [
        "billing_address", "shipping_address", "destination", "default_address", "addresses",
    ]
    private static let kept = ["country", "country_code", "province", "province_code"]

    static func redacted(_ json: JSON) -> JSON {
        switch json {
        case .array(let values): .array(values.map(redacted))
        case .object(let object):
            .object(
                JSONObject(
                    object.members.filter { !personal.contains($0.key) }.map { key, value in
                        (key, addresses.contains(key) ? rough(value) : redacted(value))
                    }))
        default: json
        }
    }

    /// An address, or a list of them, down to its province.
    private static func rough(_ json: JSON) -> JSON {
        switch json {
        case .array(let values): .array(values.map(rough))
        case .object(let fields): .object(JSONObject(fields.members.filter { kept.contains($0.key) }))
        default: json
        }
    }
}
