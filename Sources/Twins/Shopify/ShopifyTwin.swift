import JSON
import Transport

/// A strict Shopify: one shop, its Admin GraphQL API and its webhooks.
///
/// **Paths.** `POST /admin/api/{version}/graphql.json` (header `X-Shopify-Access-Token`; 401 for a wrong or expired
/// one, 404 for another version) and `POST /admin/oauth/access_token` (client-credentials grant, tokens of a day:
/// ``ShopifyTokens``). Beside them the `/_twin` paths of every ``Twin``. There is no REST Admin API: it is legacy
/// and no client here uses it.
///
/// **State** (`GET /_twin/state`), top-level keys:
/// - `shop` {domain, currency, api_version, time, offset_seconds}
/// - `orders` the checker's ledger: {id, name, created_at, updated_at, currency, net_value, void, ever_paid,
///   ever_authorised, test, customer_id, financial_status, fulfillment_status, tags, current_total, appeased, received,
///   refunded, refund_pending, outstanding, email, recreated_from, origin, cancelled_at, cart_token, checkout_token,
///   taxes_included, what is left of shipping, tax, duties and fees, tip (as received), shipping_removed,
///   contact_changes (of e-mail, phone, address),
///   lines: [{id, sku, quantity, current_quantity, unfulfilled, fulfilled, value, repriced, unscaled}],
///   refunds: [{id, created_at, money, pending, failed, discrepancy, shipping, duties, fees, due_later, edit, value,
///   lines: [{line, quantity, restock_type, subtotal, tax}]}], edits: [{id, at}],
///   fulfilments: [{id, status, shipment_status}]}.
///   `net_value` = received − refunded + outstanding, shop currency: what the order is worth to the shop after edits,
///   returns and appeasements. `void` orders (cancelled or deleted) are to be left out of sums. `ever_paid`: everything
///   on the order was once received; a deposit is not. A line's `value` is of its current units, as the shop prices
///   them; `repriced`: an edit put a discount on it; `unscaled`: payloads tell a discount of other units than it has.
///   A refund's `value` is what the worth fell by; `edit`: it is the removal of an edit.
///   `recreated_from` is the id of the order that `recreate_order` made this one of: the truth behind the marks. An
///   order made for another without taking its place has `origin` {kind: reshipment | exchange | split, order}.
/// - `customers` [{id, email, phone, first_name, last_name, state, tags, created_at, updated_at, email_consent,
///   sms_consent: {state, opt_in_level, updated_at}}], `merges` [{at, kept, removed}], `carts` [{token, email, lines,
///   updated_at}], `checkouts` [{token, cart_token, email, phone, customer_id, lines, updated_at, completed_at}],
///   `products`: one row for each variant [{variant_id, product_id, sku, title, option, price, compare_at_price,
///   inventory, gift_card, status, updated_at}], `subscriptions`, `webhooks` {pending, fired, attempts, succeeded,
///   failed, dropped, duplicated, gave_up, subscriptions_deleted}, `faults`, `throttle`, `tokens` {given, live} of the
///   grant.
///
/// **Actions** (`POST /_twin/act {"do": NAME, …}` → `{"ids": {…}, "event_ids": […]}`): ``ShopifyShop/actions`` is the
/// table; a refused action answers 400 with the valid names and changes nothing. `order` is a numeric id, a GID or a
/// name; a line is `line` (id, GID) or `sku`. Examples:
/// ```json
/// {"do": "place_order", "customer": {"email": "jo@example.com", "first_name": "Jo"}, "shipping": "4.95",
///  "lines": [{"sku": "TEE-RED-M", "quantity": 2}], "discount": {"code": "WELCOME", "amount": 5}}
/// {"do": "edit_order", "order": "#1001", "changes": [{"add_sku": "MUG-WHITE", "quantity": 1},
///  {"sku": "TEE-RED-M", "quantity": 1}, {"sku": "TEE-RED-M", "discount": "2.00"}, {"shipping": "Post", "price": 3}]}
/// {"do": "swap_line", "order": "#1001", "remove_sku": "TEE-RED-M", "add_sku": "TEE-BLUE-M", "quantity": 1}
/// {"do": "refund", "order": "#1001", "lines": [{"sku": "MUG-WHITE", "quantity": 1}], "restock": true}
/// {"do": "refund", "order": "#1001", "amount": "3.00"}
/// {"do": "refund", "order": "#1001", "lines": [{"sku": "MUG-WHITE"}], "pending": true}
/// {"do": "settle_refund", "order": "#1001", "status": "failure"}
/// {"do": "refund", "order": "#1001", "lines": [{"sku": "MUG-WHITE"}], "money": "later"}
/// {"do": "pay_refund", "order": "#1001"}
/// {"do": "place_order", "lines": [{"sku": "CAP-BLACK", "quantity": 3, "duty": "4.00"}], "fees": "2.50", "tip": "1.00"}
/// {"do": "refund", "order": "#1001", "lines": [{"sku": "CAP-BLACK", "quantity": 1}], "duties": "proportional"}
/// {"do": "refund", "order": "#1001", "duties": "full", "fees": "2.50"}
/// {"do": "place_order", "lines": [{"sku": "BAG-CANVAS"}], "deposit": "10.00"}
/// {"do": "recreate_order", "order": "#1001", "style": "letter_and_tags",
///  "changes": [{"sku": "CAP-BLACK", "quantity": 0}]}
/// {"do": "recreate_order", "order": "#1001", "style": "note", "close_original": false, "app_id": 77}
/// {"do": "reship_order", "order": "#1001", "lines": [{"sku": "CAP-BLACK", "quantity": 1}]}
/// {"do": "exchange_order", "order": "#1001", "back": [{"sku": "CAP-BLACK"}], "lines": [{"sku": "MUG-WHITE"}]}
/// {"do": "split_order", "order": "#1001", "lines": [{"sku": "CAP-BLACK"}], "close_original": false}
/// {"do": "create_account", "email": "jo@example.com", "phone": "+441"}
/// {"do": "set_consent", "customer": "jo@example.com", "channel": "email", "state": "unsubscribed"}
/// {"do": "merge_customers", "keep": "jo@example.com", "remove": "+442"}
/// {"do": "privacy_request", "kind": "data_request", "customer": "jo@example.com"}
/// {"do": "privacy_request", "kind": "redact", "customer": 55500000000000123}
/// {"do": "privacy_request", "kind": "shop_redact"}
/// {"do": "cart", "token": "c1", "lines": [{"sku": "MUG-WHITE", "quantity": 2}]}
/// {"do": "checkout", "token": "k1", "cart_token": "c1", "email": "jo@example.com", "buyer_accepts_marketing": true}
/// {"do": "place_order", "checkout_token": "k1"}
/// {"do": "set_stock", "sku": "MUG-WHITE", "quantity": 12}
/// {"do": "update_product", "sku": "MUG-WHITE", "price": "10.00", "compare_at_price": "12.50", "inventory": 3}
/// {"do": "create_product", "sku": "MUG-WHITE", "shares_sku": true, "title": "Mug, copy", "price": 9}
/// {"do": "update_product", "product": "mug-copy", "sku": "MUG-WHITE", "new_sku": "MUG-COPY"}
/// {"do": "set_currency", "currency": "JPY"}
/// {"do": "expire_tokens"}
/// ```
/// A customer is an id, a GID, an e-mail or a phone. An order with an e-mail, a phone or a `customer` belongs to the
/// customer record of that address, made with state disabled where there is none; `guest: true` leaves no record.
///
/// `recreate_order` does what editor apps do that recreate an order (docs/vendors/shopify.md, Editing apps).
/// `letter_and_tags` cancels `#1031` and creates `#1031A` with tags on both; `note` creates first, names the original
/// in `note` and `note_attributes` and leaves it open. `close_original` and `create_first` choose otherwise, `paid`
/// true takes the balance and false copies no payment; each call of the app is an Event-Id of its own. An original that
/// was left open is closed by a later `cancel`; one that the app cancelled a while before is named with
/// `closed_before`.
///
/// `reship_order` sends again for nothing what was sent; `exchange_order` takes units `back` that were sent and makes a
/// paid order of other goods; `split_order` makes two orders of one of which nothing was sent, the first with `lines`,
/// and cancels it unless `close_original` is false. Each new order names the first as `mark` says: `attribute` (in
/// `note_attributes` and `note`), `letter` (`#1031A`) or `note`.
///
/// A privacy request goes to the address of the oldest subscription: an app declares the three privacy topics in its
/// own file, and the API cannot subscribe to them.
///
/// Amounts are in the shop's currency; the buyer's side follows at the order's rate, rounded at its minor unit.
/// The tags of an action replace the order's. Ids start above 2^53. Times are whole seconds. `POST /_twin/reset`
/// forgets all but the clock, the currency, the subscriptions and the tokens. `expire_tokens` ends every token that was
/// given.
///
/// A refund takes off `lines`, `shipping` (as priced), `duties` (`proportional` to the units, or `full`) and `fees`,
/// and gives `amount`, or else what they were worth. The difference is an adjustment: kept back, or given beyond. While
/// a refund is `pending`, an adjustment says that nothing was paid yet; `settle_refund` takes it back with a second one
/// on success and leaves it on failure. `money: later` leaves the money to `pay_refund`, a record of its own.
///
/// **Settings** of what Shopify does not document: ``ShopifyTwinSettings`` (adjustments of shipping refunds, the tax in
/// their subtotal, discount codes on added units, tips in the subtotal).
///
/// **Faults**: `api` drop, status, delay, slow, timeout_before, timeout_after, partial (half the body), throttled,
/// stale (readers see each order as before its last action); `webhooks` drop, duplicate, delay, reorder, redact.
///
/// **Not simulated yet**: validation against the full SDL (the twin has its own, of the fields listed in
/// ``ShopifySchema``); mutations other than webhook subscriptions (edit sessions, `refundCreate`, holds, idempotency
/// table); fulfilment orders and holds; inventory beyond a variant's number (`products/update` on orders only with
/// ``ShopifyTwinSettings/productNoise``); returns as objects; B2B; bulk operations; payouts; topics beyond
/// ``ShopifyTopics/fired``, such as customers/enable, customer.tags_*, purchasing summaries and checkouts/delete;
/// mutations of consent and merges (actions only); stale reads of customers and products; customer merges that fail;
/// several addresses; discounts and other currencies in carts and checkouts; abandoned checkouts over GraphQL;
/// `includeFields` and `filter` of subscriptions; old payload versions; secret rotation; the native editor app's hold
/// and metafield (actions set its tags); discount on shipping; duties and fees in agreements, taxes on them; tips by
/// the card terminal; cash rounding; the delay of `customers/redact` and `shop/redact`.
public struct ShopifyTwin: Twin {
    private let hmac: TwinHMAC
    /// As it started, but for the currency that an action may change.
    var settings: ShopifyTwinSettings { shop.settings }
    var shop: ShopifyShop
    var sender: ShopifySender
    var throttle: ShopifyThrottle
    var tokens = ShopifyTokens()
    private var calls = TwinCalls()
    private var faults = Self.noFaults
    /// What `/_twin/time` added to the caller's clock, in seconds.
    private var offsetSeconds: Int64 = 0

    /// A year: a larger step is a slip of the pen, and two of them would overflow nothing but sense.
    private static let advanceMost: Int64 = 366 * 86_400

    private static let noFaults = TwinFaults(kinds: [
        (
            "api",
            ["drop", "status", "delay", "slow", "timeout_before", "timeout_after", "partial", "throttled", "stale"]
        ),
        ("webhooks", ["drop", "duplicate", "delay", "reorder", "redact"]),
    ])

    /// - Parameter subscriberAddress: where every simulated topic is sent from the start; `nil` leaves it to
    ///   `webhookSubscriptionCreate` or the `subscribe` action.
    public init(_ settings: ShopifyTwinSettings, subscriberAddress: String? = nil, hmac: @escaping TwinHMAC) {
        self.hmac = hmac
        shop = ShopifyShop(settings)
        sender = ShopifySender(settings, hmac: hmac)
        throttle = ShopifyThrottle(restoreRate: settings.restoreRate)
        if let subscriberAddress {
            subscribe(to: ShopifyTopics.fired, at: subscriberAddress, now: TwinInstant(microseconds: 0))
        }
    }

    private func own(_ now: TwinInstant) -> TwinInstant { now.advanced(seconds: offsetSeconds) }

    public mutating func handle(_ request: HTTPRequest, now: TwinInstant, random: inout TwinRandom) -> TwinReply {
        let time = own(now)
        let path = request.plainPath
        if path == "/_twin" || path.hasPrefix("/_twin/") {
            return control(request, path, now: time, random: &random)
        }
        let reply = faulty(request, path, now: time, random: &random)
        calls.record(request, reply, at: time)
        return reply
    }

    // MARK: Webhooks

    public mutating func due(now: TwinInstant, random: inout TwinRandom) -> [TwinWebhook] { sender.due(now: own(now)) }

    public var nextDue: TwinInstant? { sender.nextDue?.advanced(seconds: -offsetSeconds) }

    public mutating func delivered(_ id: String, status: Int?, now: TwinInstant, random: inout TwinRandom) {
        sender.delivered(id, status: status, now: own(now))
    }

    @discardableResult
    private mutating func subscribe(to topics: [String], at address: String, now: TwinInstant) -> [Int64] {
        topics.filter { !sender.isTaken(topic: $0, address: address) }.map { topic in
            sender.subscribe(topic: topic, address: address, name: nil, id: shop.newID(), now: now).id
        }
    }

    // MARK: The vendor's paths, with faults around them

    private mutating func faulty(
        _ request: HTTPRequest, _ path: String, now: TwinInstant, random: inout TwinRandom
    ) -> TwinReply {
        let struck = faults.strike(target: "api", now: now, random: &random)
        func has(_ kind: String) -> Bool { struck.contains { $0.kind == kind } }
        if has("drop") || has("timeout_before") { return TwinReply(response: nil) }
        if let fault = struck.first(where: { $0.kind == "status" }) {
            var response = HTTPResponse.json(fault.status, ["errors": "simulated"])
            if fault.status == 429 { response.headers["Retry-After"] = "2.0" }
            return TwinReply(response: response)
        }
        var reply = vendor(request, path, stale: has("stale"), throttled: has("throttled"), now: now)
        for fault in struck where ["delay", "slow"].contains(fault.kind) {
            reply.delayMilliseconds += Int(fault.milliseconds)
        }
        if has("partial"), var response = reply.response {
            response.body = Array(response.body.prefix(response.body.count / 2))
            reply.response = response
        }
        if has("timeout_after") { reply.response = nil }
        return reply
    }

    private mutating func vendor(
        _ request: HTTPRequest, _ path: String, stale: Bool, throttled: Bool, now: TwinInstant
    ) -> TwinReply {
        if path == "/admin/oauth/access_token" { return grant(request, now: now) }
        guard path == "/admin/api/\(settings.apiVersion)/graphql.json" else {
            return TwinReply(response: .json(404, ["errors": "Not Found"]))
        }
        guard request.method == "POST" else { return TwinReply(response: .json(405, ["errors": "Method Not Allowed"])) }
        guard isAdmitted(request, now: now) else {
            let text = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            return TwinReply(response: .json(401, ["errors": .string(text)]))
        }
        let type = request.headers["Content-Type"]?.lowercased() ?? ""
        guard type.hasPrefix("application/json"), let body = try? JSON.parse(request.body),
            let query = body["query"]?.string
        else { return TwinReply(response: .json(400, ["errors": ["query": "Required parameter missing or invalid"]])) }
        let (answer, effect) = graphQL(
            query, operation: body["operationName"]?.string, variables: body["variables"]?.object ?? JSONObject(),
            stale: stale, throttled: throttled, now: now)
        let headers: HTTPHeaders = ["X-Shopify-API-Version": settings.apiVersion, "X-Request-Id": "twin"]
        return TwinReply(response: .json(200, answer, headers: headers), effect: effect)
    }

    // MARK: /_twin

    private mutating func control(
        _ request: HTTPRequest, _ path: String, now: TwinInstant, random: inout TwinRandom
    ) -> TwinReply {
        do throws(TwinProblem) {
            switch (request.method, path) {
            case ("GET", "/_twin/state"): return TwinReply(response: .json(200, state(now: now)))
            case ("GET", "/_twin/calls"):
                let since = request.queryValue("since").flatMap { Int64($0) } ?? 0
                return TwinReply(response: .json(200, calls.json(since: since)))
            case ("POST", "/_twin/act"):
                let answer = try act(try body(request), now: now, random: &random)
                return TwinReply(response: .json(200, answer), effect: true)
            case ("POST", "/_twin/faults"):
                try faults.add(try body(request), now: now)
                return TwinReply(response: .json(200, ["faults": faults.json]))
            case ("DELETE", "/_twin/faults"):
                faults.clear()
                return TwinReply(response: .json(200, ["faults": []]))
            case ("POST", "/_twin/time"):
                try advance(try body(request))
                return TwinReply(response: .json(200, ["offset_seconds": JSON(offsetSeconds)]))
            case ("POST", "/_twin/reset"):
                reset()
                return TwinReply(response: .json(200, [:]), effect: true)
            default: return TwinReply(response: .json(404, ["error": "no such twin path"]))
            }
        } catch {
            return TwinReply(response: .json(400, error.json))
        }
    }

    private func body(_ request: HTTPRequest) throws(TwinProblem) -> JSON {
        guard let json = try? JSON.parse(request.body), json.object != nil else {
            throw TwinProblem("the body must be a JSON object", [])
        }
        return json
    }

    private mutating func advance(_ json: JSON) throws(TwinProblem) {
        guard let seconds = json["advance"]?.int64, (0...Self.advanceMost).contains(seconds) else {
            throw TwinProblem("advance must be whole seconds, zero or more, at most \(Self.advanceMost)", ["advance"])
        }
        offsetSeconds += seconds
    }

    /// Everything back to the start but the clock, the currency, the subscriptions and the tokens: a consumer stays
    /// connected.
    private mutating func reset() {
        let kept = sender.subscriptions
        shop = ShopifyShop(settings)
        sender = ShopifySender(settings, hmac: hmac)
        throttle = ShopifyThrottle(restoreRate: settings.restoreRate)
        calls = TwinCalls()
        faults.clear()
        for old in kept {
            _ = sender.subscribe(
                topic: old.topic, address: old.address, name: old.name, id: shop.newID(), now: old.createdAt)
        }
    }

    private mutating func act(_ json: JSON, now: TwinInstant, random: inout TwinRandom) throws(TwinProblem) -> JSON {
        if json["do"]?.string == "subscribe" { return try subscribe(json, now: now) }
        if json["do"]?.string == "expire_tokens" {
            _ = try ShopifyShop.arguments(json)
            tokens.expire()
            return ["ids": [:], "event_ids": []]
        }
        if json["do"]?.string == "privacy_request", sender.subscriptions.isEmpty {
            throw TwinProblem("privacy_request: there is no address to send it to; subscribe first", ["subscribe"])
        }
        let done = try shop.act(json, now: now)
        var events: [JSON] = []
        for hooks in [done.hooks] + done.further where !hooks.isEmpty {
            events.append(.string(sender.fire(hooks, faults: &faults, now: now, random: &random)))
        }
        return [
            "ids": .object(JSONObject(done.ids.map { (key: $0.name, value: $0.id) })), "event_ids": .array(events),
        ]
    }

    private mutating func subscribe(_ json: JSON, now: TwinInstant) throws(TwinProblem) -> JSON {
        let arguments = try ShopifyShop.arguments(json)
        let topics = try arguments.words("topics") ?? ShopifyTopics.fired
        guard let address = try arguments.string("address"), address.hasPrefix("http"),
            topics.allSatisfy(ShopifyTopics.all.contains)
        else { throw TwinProblem("subscribe needs address: an http(s) URL; topics are optional", ShopifyTopics.fired) }
        let ids = subscribe(to: topics, at: address, now: now)
        return ["ids": ["subscriptions": .array(ids.map { JSON($0) })], "event_ids": []]
    }

    private func state(now: TwinInstant) -> JSON {
        var json = JSONObject()
        json["shop"] = [
            "domain": .string(settings.domain), "currency": .string(settings.currency),
            "api_version": .string(settings.apiVersion), "time": .string(now.iso8601(fractionDigits: 6)),
            "offset_seconds": JSON(offsetSeconds),
        ]
        for member in ShopifyLedger(shop: shop, sender: sender).members { json[member.key] = member.value }
        json["faults"] = faults.json
        json["throttle"] = throttle.json(now: now)
        json["tokens"] = tokens.json(now: now)
        return .object(json)
    }
}
