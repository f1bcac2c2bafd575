import Bloomreach
import Commerce
public import JSON
import Shopify
import Sync
import Transport

/// `plumbline check [--fix]`: looks at every outside system as the server would, and says what to do (K4).
public struct InstallationCheck: Sendable {
    public struct Finding: Sendable, Hashable {
        public enum State: String, Sendable {
            case ok, fixed, failed
            /// It could not be seen from here; no failure.
            case unseen
        }
        /// What was looked at: `shop: token and scopes`.
        public var subject: String
        public var state: State
        /// Plain words; with the next step where one is needed.
        public var detail: String

        public var document: JSON {
            ["subject": .string(subject), "state": .string(state.rawValue), "detail": .string(detail)]
        }
    }

    /// Pages of webhook subscriptions that are looked at: a shop has a few dozen at most.
    private static let subscriptionPagesMax = 20

    private let installation: Installation
    private let exchanger: any Exchanger
    private let isFixing: Bool
    private let clock = ServerClock.wall

    public init(_ installation: Installation, fixing: Bool) {
        self.init(installation, exchanger: HTTPExchanger(baseURLs: installation.baseURLs), fixing: fixing)
    }

    init(_ installation: Installation, exchanger: any Exchanger, fixing: Bool) {
        self.installation = installation
        self.exchanger = exchanger
        isFixing = fixing
    }

    public func run() async -> [Finding] {
        var findings = checkConfiguration()
        findings += await checkStore()
        for connection in installation.configuration.connections {
            if let shopify = installation.shopify(connection) {
                findings += await check(shopify)
            } else if let bloomreach = installation.bloomreach(connection) {
                findings += await check(bloomreach)
            } else {
                findings.append(
                    Finding(
                        subject: connection.name, state: .unseen,
                        detail: "\(connection.system.name.rawValue) is not part of this version; nothing uses it"))
            }
        }
        for flow in installation.configuration.flows {
            if let finding = await checkForeignPurchases(flow) { findings.append(finding) }
        }
        await exchanger.close()
        return findings
    }

    private func send(_ request: HTTPRequest, _ connection: String) async -> HTTPOutcome {
        // The engine numbers exchanges; a check sends one at a time and needs no number.
        await exchanger.send(Exchange(id: 0, connection: connection, request: request))
    }

    // MARK: Here

    private func checkConfiguration() -> [Finding] {
        let configuration = installation.configuration
        var findings = [
            Finding(
                subject: "configuration", state: .ok,
                detail: "\(configuration.connections.count) connections, \(configuration.flows.count) flows")
        ]
        if configuration.flows.isEmpty {
            findings[0] = Finding(
                subject: "configuration", state: .failed, detail: "no flow is configured: nothing will be told")
        }
        if let file = configuration.ratesFile, configuration.rates.count == 0 {
            findings.append(
                Finding(
                    subject: "rates", state: .unseen,
                    detail: "\(file) holds no rate: an order in a third currency will wait with rate_missing"))
        }
        return findings + configuration.brands.compactMap(checkProducts)
    }

    /// Whether goods in events are called as the rows of the catalogues are (E10).
    private func checkProducts(_ brand: Configuration.Brand) -> Finding? {
        let configuration = installation.configuration
        let fillsCatalogs = configuration.connections.contains { connection in
            connection.brand == brand.name && installation.bloomreach(connection)?.tellsProducts == true
        }
        let shops = Set(configuration.flows.map(\.from)).compactMap(configuration.connection).filter {
            $0.brand == brand.name
        }.map(\.name).sorted()
        guard fillsCatalogs, !shops.isEmpty else { return nil }
        let subject = "\(brand.name): products"
        let others = shops.filter { $0 != brand.productMaster }.joined(separator: ", ")
        switch (brand.productMaster, brand.productKey) {
        case (let master?, .id) where !others.isEmpty:
            return Finding(
                subject: subject, state: .failed,
                detail: "events of \(others) name goods by ids that \(master)'s rows do not have; set key: sku")
        case (nil, .sku) where shops.count > 1:
            return Finding(
                subject: subject, state: .ok,
                detail:
                    "rows of \(others), and goods in events, are called by their sku; where two shops share one, the "
                    + "older product has the row and the other is an exception: if their goods are the same, name one "
                    + "of them as products.master")
        case (let master, let key):
            return Finding(
                subject: subject, state: .ok,
                detail: "rows of \(master ?? others), and goods in events, are called by their \(key.rawValue)")
        }
    }

    private func checkStore() async -> [Finding] {
        do throws(CommandFailure) {
            let desk = try await OperatorClient.open(installation, server: nil, needsServer: false)
            defer { desk.close() }
            let opened =
                desk.isServer ? "in use by the running server" : "opened with this key, writable, no server runs"
            let differences = StageDifference.all(of: installation.configuration.flows, stored: try await desk.flows())
            return [Finding(subject: "store", state: .ok, detail: opened)]
                + differences.map { Finding(subject: "\($0.flow): stage", state: .unseen, detail: $0.text) }
        } catch {
            return [Finding(subject: "store", state: .failed, detail: error.description)]
        }
    }

    // MARK: Shopify

    private func check(_ shop: ShopifyConfiguration) async -> [Finding] {
        let subject = "\(shop.connection): token and scopes"
        func failed(_ detail: String) -> [Finding] { [Finding(subject: subject, state: .failed, detail: detail)] }
        var login = ShopifyLogin(shop)
        if let request = login.preparation(at: clock.now()) {
            switch login.prepared(await send(request, shop.connection), at: clock.now()) {
            case .ready: break
            case .later(_, let reason): return failed(Self.noAnswer(reason))
            case .impossible(let exception): return failed("denied: \(exception.cause)")
            }
        }
        switch ShopifyAccess.interpret(await send(ShopifyAccess.request(login), shop.connection), for: shop) {
        case .found(let report):
            var findings = report.findings.map {
                Finding(subject: subject, state: .failed, detail: Self.text($0, shop))
            }
            if findings.isEmpty {
                findings = [
                    Finding(subject: subject, state: .ok, detail: "\(report.shopName) answers in \(report.currency)")
                ]
            }
            return findings + [await checkWebhooks(login)]
        case .later(let reason), .unreadable(let reason): return failed(Self.noAnswer(reason))
        case .denied(let reason): return failed("denied: \(reason); look at \(shop.credentials.keys)")
        }
    }

    private static func noAnswer(_ reason: String) -> String {
        "no usable answer: \(reason); look at base_url and the network"
    }

    private static func text(_ finding: ShopifyAccess.Finding, _ shop: ShopifyConfiguration) -> String {
        switch finding {
        case .wrongShop(let configured, let answering):
            "\(answering) answers instead of \(configured); correct shop, or \(shop.credentials.keys)"
        case .missingScope(let scope, let purpose):
            "the app lacks the scope \(scope), needed for \(purpose); add it to the app"
        case .otherVersion(let configured, let served):
            "version \(configured) was asked for and \(served) served; correct api_version"
        }
    }

    private func checkWebhooks(_ login: ShopifyLogin) async -> Finding {
        let shop = login.configuration
        let subject = "\(shop.connection): webhooks"
        guard let publicURL = installation.configuration.publicURL else {
            return Finding(
                subject: subject, state: .failed, detail: "set server.public_url: the shop must know our address")
        }
        let uri = "\(publicURL)/webhooks/\(shop.connection)"
        var subscriptions: [ShopifyAccess.Subscription] = []
        var cursor: String?
        for _ in 0..<Self.subscriptionPagesMax {
            let outcome = await send(ShopifyAccess.subscriptionsRequest(login, cursor: cursor), shop.connection)
            switch ShopifyAccess.interpretSubscriptions(outcome) {
            case .found(let page):
                subscriptions += page.subscriptions
                cursor = page.nextCursor
            case .later(let reason), .denied(let reason), .unreadable(let reason):
                return Finding(subject: subject, state: .failed, detail: "the subscriptions cannot be seen: \(reason)")
            }
            if cursor == nil { break }
        }
        let missing = ShopifyAccess.missingTopics(in: subscriptions, uri: uri)
        guard !missing.isEmpty else {
            return Finding(subject: subject, state: .ok, detail: "every topic is sent to \(uri)")
        }
        guard isFixing else {
            let topics = missing.map(\.rawValue).joined(separator: ", ")
            return Finding(
                subject: subject, state: .failed,
                detail:
                    "not subscribed to \(uri): \(topics); run plumbline check --fix. Subscriptions of the app's own "
                    + "file are not shown to us; a second one does no harm")
        }
        return await subscribe(login, to: missing, uri, subject)
    }

    private func subscribe(
        _ login: ShopifyLogin, to topics: [ShopifyTopic], _ uri: String, _ subject: String
    ) async -> Finding {
        var refusals: [String] = []
        for topic in topics {
            let request = ShopifyAccess.subscribeRequest(topic, uri: uri, login)
            let outcome = await send(request, login.configuration.connection)
            switch ShopifyAccess.interpretSubscribe(outcome) {
            case .found: continue
            case .later(let reason), .denied(let reason), .unreadable(let reason):
                refusals.append("\(topic.rawValue): \(reason)")
            }
        }
        if refusals.isEmpty {
            return Finding(
                subject: subject, state: .fixed, detail: "\(topics.count) topics are sent to \(uri) from now on")
        }
        return Finding(
            subject: subject, state: .failed, detail: "could not subscribe: \(refusals.joined(separator: "; "))")
    }

    // MARK: A native connector beside us

    private func checkForeignPurchases(_ flow: Configuration.FlowEntry) async -> Finding? {
        guard let verdict = await foreignPurchases(flow) else { return nil }
        let subject = "\(flow.name): purchases of another connector"
        switch verdict {
        case .none(let buyers):
            return Finding(subject: subject, state: .ok, detail: "none on the profiles of \(buyers) recent buyers")
        case .found(let count) where flow.policies.acceptsForeignPurchases:
            return Finding(
                subject: subject, state: .ok,
                detail: "\(count) seen, and accepted by accept_foreign_purchases: leave them out of reports")
        case .found(let count):
            return Finding(
                subject: subject, state: .failed,
                detail: "\(count) purchases without our event_key: going live would count revenue twice. "
                    + ForeignPurchaseCheck.Verdict.advice)
        case .unseen(let reason): return Finding(subject: subject, state: .unseen, detail: reason)
        }
    }

    /// `nil` for a flow between other systems.
    func foreignPurchases(_ flow: Configuration.FlowEntry) async -> ForeignPurchaseCheck.Verdict? {
        guard let source = installation.configuration.connection(flow.from), let shop = installation.shopify(source),
            let destination = installation.configuration.connection(flow.to),
            let project = installation.bloomreach(destination)
        else { return nil }
        return await ForeignPurchaseCheck(shop: shop, project: project, exchanger: exchanger, now: clock.now()).run()
    }

    /// Lets go of the connections that it opened.
    func close() async { await exchanger.close() }

    // MARK: Bloomreach

    private func check(_ project: BloomreachConfiguration) async -> [Finding] {
        var access = BloomreachAccess(
            configuration: project, fixing: isFixing, catalogs: installation.catalogs(of: project))
        while let request = access.next {
            let outcome = await send(request, project.connection)
            access.take(outcome, at: clock.now())
        }
        return access.findings.map { finding in
            let state: Finding.State =
                switch finding.state {
                case .fine: .ok
                case .fixed: .fixed
                case .wrong: .failed
                case .unseen: .unseen
                }
            let subject = finding.subject.rawValue.replacing("_", with: " ")
            return Finding(subject: "\(project.connection): \(subject)", state: state, detail: finding.detail)
        }
    }
}
