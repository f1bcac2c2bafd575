import Bloomreach
import Commerce
public import JSON
import Shopify
import Sync
import Transport

/// `plumbline check [--fix]`: checks every external system as the server would use it, and reports what to do (K4).
public struct InstallationCheck: Sendable {
    public struct Finding: Sendable, Hashable {
        public enum State: String, Sendable {
            case ok, fixed, failed
            /// It cannot be checked from here; not a failure.
            case unseen
        }
        /// What was checked: `shop: token and scopes`.
        public var subject: String
        public var state: State
        /// Plain language; includes the next step if one is needed.
        public var detail: String

        public var document: JSON {
            ["subject": .string(subject), "state": .string(state.rawValue), "detail": .string(detail)]
        }
    }

    /// Pages of webhook subscriptions to read: a shop has a few dozen subscriptions at most.
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
                        detail: "this version does not support \(connection.system.name.rawValue); nothing uses it"))
            }
        }
        for flow in installation.configuration.flows {
            if let finding = await checkForeignPurchases(flow) { findings.append(finding) }
        }
        await exchanger.close()
        return findings
    }

    private func send(_ request: HTTPRequest, _ connection: String) async -> HTTPOutcome {
        // Only the engine needs to number requests; the check sends one at a time.
        await exchanger.send(Exchange(id: 0, connection: connection, request: request))
    }

    // MARK: Configuration and store

    private func checkConfiguration() -> [Finding] {
        let configuration = installation.configuration
        var findings = [
            Finding(
                subject: "configuration", state: .ok,
                detail: "\(configuration.connections.count) connections, \(configuration.flows.count) flows")
        ]
        if configuration.flows.isEmpty {
            findings[0] = Finding(
                subject: "configuration", state: .failed, detail: "no flow is configured: nothing will be sent")
        }
        if let file = configuration.ratesFile, configuration.rates.count == 0 {
            findings.append(
                Finding(
                    subject: "rates", state: .unseen,
                    detail: "\(file) contains no rates: orders in a third currency will wait with rate_missing"))
        }
        return findings + configuration.brands.compactMap(checkProducts)
    }

    /// Checks that events and catalogue rows use the same product ids (E10).
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
                detail: "events of \(others) use product ids that \(master)'s rows do not have; set key: sku")
        case (nil, .sku) where shops.count > 1:
            return Finding(
                subject: subject, state: .ok,
                detail:
                    "rows of \(others), and events, use the sku as product id; if two shops share a SKU, the older "
                    + "product has the row and the other raises an exception: if they sell the same goods, set one of "
                    + "them as products.master")
        case (let master, let key):
            return Finding(
                subject: subject, state: .ok,
                detail: "rows of \(master ?? others), and events, use the \(key.rawValue) as product id")
        }
    }

    private func checkStore() async -> [Finding] {
        do throws(CommandFailure) {
            let client = try await OperatorClient.open(installation, server: nil, needsServer: false)
            defer { client.close() }
            let opened =
                client.isServer ? "in use by the running server" : "opened with this key, writable, no server runs"
            let differences = StageDifference.all(
                of: installation.configuration.flows, stored: try await client.flows())
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
        case .denied(let reason): return failed("denied: \(reason); check \(shop.credentials.keys)")
        }
    }

    private static func noAnswer(_ reason: String) -> String {
        "no usable response: \(reason); check base_url and the network"
    }

    private static func text(_ finding: ShopifyAccess.Finding, _ shop: ShopifyConfiguration) -> String {
        switch finding {
        case .wrongShop(let configured, let answering):
            "\(answering) answered instead of \(configured); correct shop, or \(shop.credentials.keys)"
        case .missingScope(let scope, let purpose):
            "the app lacks the scope \(scope), needed for \(purpose); add it to the app"
        case .otherVersion(let configured, let served):
            "api_version is \(configured), but the shop serves \(served); correct api_version"
        }
    }

    private func checkWebhooks(_ login: ShopifyLogin) async -> Finding {
        let shop = login.configuration
        let subject = "\(shop.connection): webhooks"
        guard let publicURL = installation.configuration.publicURL else {
            return Finding(
                subject: subject, state: .failed, detail: "set server.public_url: the shop needs our address")
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
                return Finding(subject: subject, state: .failed, detail: "the subscriptions cannot be read: \(reason)")
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
                    "not subscribed to \(uri): \(topics); run plumbline check --fix. The API does not list "
                    + "subscriptions made in the app's own file; a second subscription does no harm")
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

    // MARK: Another connector

    private func checkForeignPurchases(_ flow: Configuration.FlowEntry) async -> Finding? {
        guard let verdict = await foreignPurchases(flow) else { return nil }
        let subject = "\(flow.name): purchases of another connector"
        switch verdict {
        case .none(let buyers):
            return Finding(subject: subject, state: .ok, detail: "none on the profiles of \(buyers) recent buyers")
        case .found(let count) where flow.policies.acceptsForeignPurchases:
            return Finding(
                subject: subject, state: .ok,
                detail: "\(count) found, and accepted by accept_foreign_purchases: exclude them from reports")
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

    /// Closes the connections that the check opened.
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
