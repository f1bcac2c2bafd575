import Bloomreach
import Commerce
import JSON
import Shopify
import Sync
import Transport
import Twins

/// Shop, engine, store and destination on virtual time. The engine runs exactly as in `serve`; only the shell is this.
struct World {
    enum Event {
        case action(JSON)
        case webhooksDue
        case webhook(TwinWebhook)
        case webhookAnswer(id: String, status: Int?)
        case input(Input, life: Int)
        case timer(life: Int, token: Int)
        case request(Exchange, life: Int)
        case commit(Commit, life: Int)
        case claim(ClaimRequest, life: Int)
        case restart
        case faultsEnd
        case channel(isSick: Bool)
        case look
    }

    let settings: SimulationSettings
    let parts: SimulationParts
    let ways: ShopWays
    let conditions: Conditions
    let start: Instant
    var now: Instant
    var queue = EventQueue<Event>()
    var random: SeededRandom
    var twinRandom: TwinRandom
    var rates: FaultRates
    var report: SimulationReport

    var shop: ShopifyTwin
    var crm: BloomreachTwin
    let store = MemoryStore()
    /// What the engine claims from: ``store``, unless a mutant stands before it.
    let claims: any Store
    /// `nil` while the engine is down.
    var engine: Engine?
    var life = 0
    var timerToken = 0
    /// Timers that followed one another at once.
    private var restlessWakes = 0
    private var lastTimerAt = Instant(microseconds: 0)
    var webhooksArmedAt: Instant?
    var story: [String] = []
    var witness = Oracle()
    var seenTruth: ShopTruth?
    /// What was said before it was known; each once.
    var saidTooSoon: Set<String> = []
    var watch = Watch()
    var feedCrashesLeft: Int
    /// Orders and seconds of which a webhook came through in a deafness.
    var heardWhileDeaf: Set<String> = []

    init(_ settings: SimulationSettings) {
        self.settings = settings
        parts = SimulationParts(mutant: settings.mutant, tellsGoods: settings.goods > 0)
        start = Instant(seconds: 1_790_000_000)
        now = start
        random = SeededRandom(seed: settings.seed)
        twinRandom = TwinRandom(seed: settings.seed &+ 1)
        rates = settings.faults
        report = SimulationReport(seed: settings.seed, digest: "", problems: [])
        report.replay = settings.replay
        conditions =
            settings.conditions
            ?? (settings.faults.isCalm ? Conditions() : Conditions(seed: settings.seed &+ 4))
        feedCrashesLeft = conditions.crashesInFeeds
        claims = settings.mutant == .sharedQuota ? SharedQuota(inner: store) : store
        ways = ShopWays(seed: settings.seed &+ 3)
        shop = parts.makeShop(ways)
        crm = parts.makeCRM()
    }

    static func twinTime(_ instant: Instant) -> TwinInstant { TwinInstant(microseconds: instant.microseconds) }

    mutating func strikes(_ millionths: Int64) -> Bool { random.below(1_000_000) < millionths }

    // MARK: Running

    /// Runs until everything is settled, or until patience ends.
    mutating func run() {
        story.append("the shop: \(ways.text)")
        story.append("conditions: \(conditions.text)")
        var history = History(
            seed: settings.seed &+ 2, orders: settings.orders, ways: ways,
            heavyBuyerOrders: conditions.heavyBuyerOrders)
        performAll(history.heavyBuyer(before: start))
        for action in history.earlier(before: start) {
            now = action.at
            perform(action.body)
        }
        begin()
        let actions = history.actions(from: start + .seconds(2), over: settings.day)
        var goods = GoodsHistory(seed: settings.seed &+ 3, steps: settings.goods)
        let goodsActions = settings.goods > 0 ? goods.actions(from: start + .seconds(2), over: settings.day) : []
        for action in actions + goodsActions { queue.schedule(.action(action.body), at: action.at) }
        queue.schedule(.faultsEnd, at: start + settings.faultsEndAfter)
        scheduleOutages(in: &queue)
        queue.schedule(.look, at: start + Watch.interval)
        let end = start + settings.patience
        let lastAction = max(actions.last?.at ?? start, goodsActions.last?.at ?? start, start + settings.faultsEndAfter)
        while let (time, event) = queue.next(), time <= end {
            now = max(now, time)
            take(event)
            armWebhooks()
            report.steps += 1
            if now > lastAction + .seconds(600), isSettled { break }
        }
        report.lasted = now - start
        if !isSettled { report.problems.append("not settled after \(report.lasted): \(statusText)") }
        report.problems += watch.problems
        if let status = try? store.status() { report.problems += Watch.problems(atRest: status, now: now) }
    }

    /// The connector is installed: from here on the shop sends webhooks.
    private mutating func begin() {
        now = start
        witness.begin(shopTruth, at: now)
        witness.wasDeaf = conditions.outages.contains { $0.kind == .deafness }
        act(["do": "subscribe", "address": .string(SimulationParts.subscriberAddress)])
        boot()
    }

    /// Polls come back for ever, so quiet is a matter of the store's numbers and of what is under way.
    private var isSettled: Bool {
        guard engine != nil, shop.nextDue == nil, let status = try? store.status() else { return false }
        // A list of orders that failed too often counts as an exception, and is asked for all the same.
        let isListing = status.stations.contains { $0.station.task == .list }
        return status.inbox == 0 && status.dirty == 0 && status.unsent == 0 && status.ambiguous == 0
            && status.readBacks == 0 && status.holds == 0 && !isListing
    }

    private var statusText: String {
        guard let status = try? store.status() else { return "the store does not answer" }
        let keys = ShopTruth(of: shop, at: Self.twinTime(now)).orders.map {
            EntityKey(connection: SimulationParts.shopName, kind: .order, id: $0.id)
        }
        let dirty = ((try? store.records(keys)) ?? []).compactMap { record in
            record.truth.dirty.map {
                "\(record.key): \($0.reason.rawValue), not before \($0.notBefore), \($0.attempts) attempts"
            }
        }
        return dirty.joined(separator: "; ")
            + " inbox \(status.inbox), dirty \(status.dirty), unsent \(status.unsent), ambiguous \(status.ambiguous), "
            + "read-backs \(status.readBacks), holds \(status.holds), waiting "
            + status.waiting.map { "\($0.reason.rawValue) \($0.count)" }.joined(separator: ", ")
    }

    private mutating func take(_ event: Event) {
        switch event {
        case .action(let body): perform(body)
        case .webhooksDue: sendDueWebhooks()
        case .webhook(let hook): receive(hook)
        case .webhookAnswer(let id, let status):
            shop.delivered(id, status: status, now: Self.twinTime(now), random: &twinRandom)
        case .input(let input, let from):
            guard from == life else { return }
            if case .answered(let id, _) = input { watch.hear(id, now: now) }
            step(input)
        case .timer(let from, let token): if from == life, token == timerToken { wake() }
        case .request(let exchange, let from): serve(exchange, life: from)
        case .commit(let commit, let from): save(commit, life: from)
        case .claim(let request, let from): load(request, life: from)
        case .restart: boot()
        case .faultsEnd: rates = .none
        case .channel(let isSick): setChannel(isSick: isSick)
        case .look: lookAtCapacity()
        }
    }

    // MARK: The engine's life

    private mutating func boot() {
        life += 1
        watch.begin()
        engine = parts.makeEngine(seed: settings.seed &+ UInt64(life), limits: conditions.limits)
        guard let status = try? store.status() else { return }
        step(.started(status))
    }

    mutating func crash() {
        report.crashes += 1
        engine = nil
        life += 1
        queue.schedule(.restart, at: now + .seconds(1 + random.below(20)))
    }

    private mutating func step(_ input: Input) {
        guard var running = engine else { return }
        let effects = running.step(input, now: now)
        engine = running
        for effect in effects {
            if case .measure = effect { continue }
            // A crash is dropping the core between any two effects.
            if strikes(rates.crash) { return crash() }
            perform(effect)
        }
    }

    private static let restlessWakesMost = 1_000

    /// A timer; an engine that is awake all the time wears out its machine.
    private mutating func wake() {
        restlessWakes = now - lastTimerAt <= TimeSpan(microseconds: 10) ? restlessWakes + 1 : 0
        lastTimerAt = now
        if restlessWakes == Self.restlessWakesMost {
            report.problems.append("restless: the engine wakes again and again at \(now), and nothing happens")
        }
        step(.timer)
    }

    private mutating func perform(_ effect: Effect) {
        switch effect {
        case .claim(let request): queue.schedule(.claim(request, life: life), at: now + .milliseconds(1))
        case .commit(let commit):
            queue.schedule(.commit(commit, life: life), at: now + .milliseconds(1 + random.below(5)))
        case .exchange(let exchange):
            report.requests += 1
            watch.leaves(exchange, now: now)
            queue.schedule(.request(exchange, life: life), at: now + .milliseconds(1 + random.below(40)))
        case .wake(let time):
            timerToken += 1
            queue.schedule(.timer(life: life, token: timerToken), at: max(time, now + TimeSpan(microseconds: 1)))
        case .measure: break
        }
    }

    private mutating func load(_ request: ClaimRequest, life from: Int) {
        guard from == life else { return }
        do throws(StoreFailure) {
            if strikes(rates.storeFails) { throw StoreFailure(.unavailable, "simulated") }
            let claim = try claims.claim(request)
            queue.schedule(.input(.claimed(claim), life: life), at: now + .milliseconds(1))
        } catch {
            queue.schedule(.input(.claimFailed(error), life: life), at: now + .milliseconds(1))
        }
    }

    /// The commit happens, and then the engine hears of it, or is gone before it can.
    private mutating func save(_ commit: Commit, life from: Int) {
        guard from == life else { return }
        do throws(StoreFailure) {
            if strikes(rates.storeFails) { throw StoreFailure(.unavailable, "simulated") }
            try store.commit(commit)
            for item in commit.trace { story.append(Self.line(item)) }
            if strikes(rates.crash) || crashesAtCursor(commit) { return crash() }
            queue.schedule(.input(.committed(commit.id), life: life), at: now + .milliseconds(1))
        } catch {
            queue.schedule(.input(.commitFailed(commit.id, error), life: life), at: now + .milliseconds(1))
        }
    }

    private static func line(_ item: TraceItem) -> String {
        let about = [item.entity.map(\.description), item.eventType, item.reason?.rawValue].compactMap { $0 }
        return "\(item.at) \(item.kind.rawValue) \(about.joined(separator: " ")): \(item.detail)"
    }

    // MARK: The network between engine and twins

    private mutating func serve(_ exchange: Exchange, life from: Int) {
        let latency = TimeSpan.milliseconds(5 + random.below(120))
        if strikes(rates.requestNotSent) {
            return answer(exchange, .notSent("connection refused"), from, after: latency)
        }
        let timeout = TimeSpan.seconds(30)
        if let outcome = outcomeOfOutage(exchange) {
            if case .notSent = outcome { return answer(exchange, outcome, from, after: latency) }
            return answer(exchange, outcome, from, after: timeout)
        }
        if strikes(rates.requestLostBeforeEffect) {
            return answer(exchange, .unknown("time-out"), from, after: timeout)
        }
        if strikes(rates.throttled) {
            return answer(exchange, .answered(throttled(exchange)), from, after: latency)
        }
        if strikes(rates.serverError) {
            return answer(
                exchange, .answered(HTTPResponse(status: 502, body: Array("bad gateway".utf8))), from, after: latency)
        }
        guard let response = reply(to: exchange), !strikes(rates.requestLostAfterEffect) else {
            return answer(exchange, .unknown("time-out"), from, after: timeout)
        }
        if from == life, crashesAtPage(exchange, response) { return crash() }
        answer(exchange, .answered(response), from, after: latency)
    }

    /// What a twin does and says.
    mutating func reply(to exchange: Exchange) -> HTTPResponse? {
        if exchange.connection == SimulationParts.shopName {
            return shop.handle(paged(exchange.request), now: Self.twinTime(now), random: &twinRandom).response
        }
        let reply = crm.handle(exchange.request, now: Self.twinTime(now), random: &twinRandom)
        if exchange.request.body.count > 0 {
            watchTotals(exchange.request)
            watchReturns(String(decoding: exchange.request.body, as: UTF8.self))
        }
        return reply.response
    }

    private mutating func throttled(_ exchange: Exchange) -> HTTPResponse {
        var response = HTTPResponse(status: 429)
        guard conditions.namesRetryAfter, random.below(2) == 0 else { return response }
        let seconds = 5 + random.below(40)
        response.headers["Retry-After"] = String(seconds)
        watch.announce(exchange, rest: .seconds(seconds))
        return response
    }

    private mutating func answer(_ exchange: Exchange, _ outcome: HTTPOutcome, _ from: Int, after span: TimeSpan) {
        queue.schedule(.input(.answered(exchange.id, outcome), life: from), at: now + span)
    }

    // MARK: Webhooks

    private mutating func armWebhooks() {
        guard let next = shop.nextDue else { return }
        let time = max(Instant(microseconds: next.microseconds), now)
        if let armed = webhooksArmedAt, armed <= time, armed >= now { return }
        webhooksArmedAt = time
        queue.schedule(.webhooksDue, at: time)
    }

    private mutating func sendDueWebhooks() {
        webhooksArmedAt = nil
        for hook in shop.due(now: Self.twinTime(now), random: &twinRandom) {
            if isUnheard(hook) {
                queue.schedule(.webhookAnswer(id: hook.id, status: 200), at: now + .milliseconds(1))
                continue
            }
            if strikes(rates.webhookDropped), !mustArrive(hook) {
                // Lost on the way and never repeated: the vendor believes it arrived. Polling finds the change by its
                // time, but not a change in the same clock second as one that did arrive; a later update does.
                noteLater(on: hook)
                queue.schedule(.webhookAnswer(id: hook.id, status: 200), at: now + .milliseconds(1))
                continue
            }
            let delay =
                strikes(rates.webhookDelayed)
                ? TimeSpan.seconds(1 + random.below(180)) : .milliseconds(random.below(300))
            queue.schedule(.webhook(hook), at: now + delay)
            if strikes(rates.webhookDuplicated) {
                var copy = hook
                copy.id = ""
                queue.schedule(.webhook(copy), at: now + delay + .milliseconds(random.below(90_000)))
            }
        }
    }

    /// Nothing but their own webhook tells of a merge, of a wish about consent, or that a product was deleted: a lost
    /// one would be nobody's fault. While the shop cannot be read, the same goes for a payment: the order that
    /// is read later shows no more that it was paid once.
    func mustArrive(_ hook: TwinWebhook) -> Bool {
        let topic = hook.request.headers["X-Shopify-Topic"] ?? ""
        if topic == "orders/paid" { return outagesNow.contains { $0.connection == SimulationParts.shopName } }
        return topic == "customers/merge" || topic == "products/delete" || topic.hasSuffix("marketing_consent/update")
    }

    /// One harmless change to the order or the customer when the faults are over.
    mutating func noteLater(on hook: TwinWebhook) {
        guard let body = try? JSON.parse(hook.request.body) else { return }
        let time = start + settings.faultsEndAfter + .seconds(30 + random.below(120))
        if hook.request.headers["X-Shopify-Topic"]?.hasPrefix("customers") == true {
            guard let id = body["customer_id"] ?? body["id"] else { return }
            let note: JSON = ["do": "update_customer", "customer": id, "note": "looked at"]
            return queue.schedule(.action(note), at: time)
        }
        if hook.request.headers["X-Shopify-Topic"]?.hasPrefix("products") == true {
            guard let id = body["id"] else { return }
            let note: JSON = ["do": "update_product", "product": id, "tags": ["looked at"]]
            return queue.schedule(.action(note), at: time)
        }
        guard let id = body["order_edit"]?["order_id"] ?? body["order_id"] ?? body["id"] else { return }
        queue.schedule(.action(["do": "update_order", "order": id, "note": "looked at"]), at: time)
    }

    /// What `POST /webhooks/{connection}` does: admit, make durable, acknowledge.
    private mutating func receive(_ hook: TwinWebhook) {
        var status: Int?
        defer {
            if !hook.id.isEmpty {
                queue.schedule(.webhookAnswer(id: hook.id, status: status), at: now + .milliseconds(1))
            }
        }
        guard engine != nil else { return }
        switch parts.source.admit(hook.request, receivedAt: now, authenticate: SimulationParts.authenticate) {
        case .refused(let refusal, _): status = parts.source.status(for: refusal)
        case .admitted(let receipt):
            guard !strikes(rates.storeFails), (try? store.append([receipt])) != nil else {
                status = parts.source.status(for: .storeUnavailable)
                return
            }
            status = 200
            report.receipts += 1
            queue.schedule(.input(.receiptsDurable, life: life), at: now + .milliseconds(1))
        }
    }
}
