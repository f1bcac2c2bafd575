import Bloomreach
import Commerce
import JSON
import Sync
import Transport
import Twins

/// What does not work for a while (``Outage``).
extension World {
    /// The catalogue that is renamed in a sick channel; its rows are those of orders, which every run has.
    static let sickCatalog = BloomreachCatalog.orders

    func scheduleOutages(in queue: inout EventQueue<Event>) {
        for outage in conditions.outages where outage.kind == .sickChannel {
            queue.schedule(.channel(isSick: true), at: start + outage.from)
            queue.schedule(.channel(isSick: false), at: start + outage.until)
        }
    }

    /// The outages that go on now.
    var outagesNow: [Outage] {
        conditions.outages.filter { start + $0.from <= now && now < start + $0.until }
    }

    // MARK: A sick channel

    /// A catalogue is looked up by its name once in a session, so the sickness begins with a restart.
    mutating func setChannel(isSick: Bool) {
        let name = Self.sickCatalog.rawValue
        rename(isSick ? name : "\(name)-renamed", to: isSick ? "\(name)-renamed" : name)
        story.append("\(now) the catalogue \(name) is \(isSick ? "renamed" : "there again")")
        if isSick, engine != nil { crash() }
    }

    /// As a person does in the vendor's console; the credentials are those that the engine uses.
    private mutating func rename(_ name: String, to newName: String) {
        guard let list = parts.destination.preparation(for: Self.sickCatalog.channel) else {
            preconditionFailure("the catalogues cannot be listed, so none falls sick")
        }
        var random = TwinRandom(seed: 0)
        let answer = crm.handle(list, now: Self.twinTime(now), random: &random)
        let catalogs = (answer.response?.body).flatMap { try? JSON.parse($0) }?["data"]?.array ?? []
        guard let id = catalogs.first(where: { $0["name"]?.string == name })?["_id"]?.string else {
            preconditionFailure("there is no catalogue \(name) to be renamed")
        }
        let fields = Self.sickCatalog.fields.map { field -> JSON in
            ["name": .string(field.name), "type": .string(field.type.rawValue)]
        }
        var headers = list.headers
        headers["Content-Type"] = "application/json"
        let body: JSON = ["name": .string(newName), "fields": .array(fields)]
        let request = HTTPRequest(
            method: "PUT", path: "\(list.path)/\(id)", headers: headers, body: body.encoded())
        let done = crm.handle(request, now: Self.twinTime(now), random: &random)
        precondition(done.response?.status == 200, "the catalogue \(name) could not be renamed")
    }

    // MARK: Connections that are out

    /// What the network says instead of the other system; `nil` when it can be reached.
    mutating func outcomeOfOutage(_ exchange: Exchange) -> HTTPOutcome? {
        guard let outage = outagesNow.first(where: { $0.connection == exchange.connection }) else { return nil }
        guard outage.kind == .silentDestination else { return .notSent("connection refused") }
        if outage.losesAnswers { _ = reply(to: exchange) }
        return .unknown("time-out")
    }

    /// Whether nothing but a feed will tell of what a webhook is about. What changed in a clock second at the edge of
    /// the outage may have been told in part, and a feed does not show that it changed again.
    func isDeaf(to hook: TwinWebhook) -> Bool {
        guard let text = hook.request.headers["X-Shopify-Triggered-At"], let changed = Instant(iso8601: text) else {
            return false
        }
        let margin = TimeSpan.seconds(3)
        return outagesNow.contains {
            $0.kind == .deafness && start + $0.from + margin <= changed && changed + margin <= start + $0.until
        }
    }

    /// Whether a webhook is lost because the connector is deaf.
    mutating func isUnheard(_ hook: TwinWebhook) -> Bool {
        guard isDeaf(to: hook), let body = try? JSON.parse(hook.request.body) else { return false }
        let order = body["order_edit"]?["order_id"] ?? body["order_id"] ?? body["id"] ?? .null
        let change = "\(order.text()) \(now.wholeSeconds)"
        if mustArrive(hook) {
            heardWhileDeaf.insert(change)
            return false
        }
        // It changed again in the second of which the engine has heard.
        if heardWhileDeaf.contains(change) { noteLater(on: hook) }
        return true
    }

    // MARK: Feeds

    /// As the shop is asked for a page of a feed.
    private static let feedPage = "first: 250"

    static func isFeed(_ exchange: Exchange) -> Bool {
        exchange.connection == SimulationParts.shopName
            && isFeed(String(decoding: exchange.request.body, as: UTF8.self))
    }

    private static func isFeed(_ body: String) -> Bool {
        body.contains("UPDATED_AT") && body.contains("updated_at:")
    }

    /// The shop's pages are small.
    func paged(_ request: HTTPRequest) -> HTTPRequest {
        guard let pageSize = conditions.pageSize else { return request }
        let body = String(decoding: request.body, as: UTF8.self)
        guard body.contains(Self.feedPage) || !Self.isFeed(body) else {
            preconditionFailure("a feed asks for pages of another size, so they do not become small")
        }
        var paged = request
        paged.body = Array(body.replacing(Self.feedPage, with: "first: \(pageSize)").utf8)
        return paged
    }

    /// Whether the engine ends here, with a page of a feed on its way.
    mutating func crashesAtPage(_ exchange: Exchange, _ response: HTTPResponse) -> Bool {
        guard feedCrashesLeft > 0, !rates.isCalm, Self.isFeed(exchange),
            String(decoding: response.body, as: UTF8.self).contains("\"hasNextPage\":true"), strikes(200_000)
        else { return false }
        feedCrashesLeft -= 1
        return true
    }

    /// Whether the engine ends here, with the cursor of a feed just made durable.
    mutating func crashesAtCursor(_ commit: Commit) -> Bool {
        guard feedCrashesLeft > 0, !rates.isCalm, commit.settings.contains(where: { $0.name.hasPrefix("poll:") }),
            strikes(30_000)
        else { return false }
        feedCrashesLeft -= 1
        return true
    }

    // MARK: A heavy buyer

    /// Many orders from before the connector began; the shop is looked at once, when all are there.
    mutating func performAll(_ actions: [History.ShopAction]) {
        var placed: [(id: String, shopper: Int, buyer: JSON)] = []
        for action in actions {
            now = action.at
            guard var body = action.body.object, let shopper = body["shopper"]?.int64 else { continue }
            body["shopper"] = JSON?.none
            guard let answer = act(.object(body)), let id = answer["ids"]?["order"]?.decimalText else { continue }
            placed.append((id, Int(shopper), .object(body)))
        }
        report.actions += placed.count
        report.orders += placed.count
        let truth = shopTruth
        let orders = Dictionary(truth.orders.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for (id, shopper, buyer) in placed {
            if let order = orders[id] { witness.saw(shopper, behind: order, buyer: buyer) }
        }
        witness.look(at: truth)
    }
}
