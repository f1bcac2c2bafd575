import Commerce
import Flows
import Foundation
import Sync
import Yams

extension Configuration {
    /// Reads and checks a configuration file, and the file of rates that it names. Relative paths in it start at the
    /// file's folder.
    /// - Throws: ``ConfigurationError`` with all problems.
    public static func read(file: String, environment: [String: String]) throws(ConfigurationError) -> Configuration {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw ConfigurationError(
                file: file,
                problems: [
                    ConfigurationProblem(
                        .unreadable, line: 1, column: 1,
                        what: "there is no such file, or it is not readable; name another with --config")
                ])
        }
        return try read(text: String(decoding: data, as: UTF8.self), file: file, environment: environment)
    }

    /// The same, from text.
    /// - Parameter contents: reads the file of rates; `nil` if it is missing or not readable.
    public static func read(
        text: String, file: String, environment: [String: String],
        contents: (String) -> [UInt8]? = { FileManager.default.contents(atPath: $0).map(Array.init) }
    ) throws(ConfigurationError) -> Configuration {
        let list = ProblemList(environment: environment)
        let configuration = ConfigurationReader(file: file, list: list).read(text, contents)
        guard let configuration, list.problems.isEmpty else {
            throw ConfigurationError(file: file, problems: list.problems)
        }
        return configuration
    }
}

/// Parses the file into values and records every problem.
struct ConfigurationReader {
    let file: String
    let list: ProblemList

    /// May have a path: a proxy may add one.
    private func publicURL(_ section: Section) -> String? {
        guard let node = section.node("public_url"), let text = section.text(node, "public_url") else { return nil }
        let isURL = ["https://", "http://"].contains { text.hasPrefix($0) && text.count > $0.count }
        if !isURL {
            list.add(
                .wrongValue, at: node, "server.public_url begins with https://", nearest: "https://\(text)")
        }
        return Self.withoutSlash(text)
    }

    func read(_ text: String, _ contents: (String) -> [UInt8]?) -> Configuration? {
        guard let root = compose(text), let top = Section(root, "the file", list) else { return nil }
        let store = top.requiredText("store").flatMap { storeFolder($0, top) }
        let keys = top.requiredSection("encryption").map(encryptionKeys)
        let server = top.section("server")
        let listen = server.flatMap { listenAddress($0) } ?? ("127.0.0.1", 8_080)
        let publicURL = server.flatMap(publicURL)
        server?.finish()
        let admin = top.requiredSection("admin")
        let token = admin?.requiredText("token")
        admin?.finish()
        var names = DeclaredNames()
        let brands = readBrands(top, &names)
        let ratesFile = top.text("rates").map(relative)
        let rates = ratesFile.map { readRates($0, top, contents) } ?? .empty
        let connections = readConnections(top, &names)
        var policies = Policies()
        if let section = top.section("policies") { readPolicies(section, into: &policies) }
        let flows = readFlows(top, policies)
        top.finish()
        ConfigurationValidator(brands: brands, connections: connections, flows: flows, names: names, list: list)
            .validate()
        guard let store, let keys, let key = keys.current, let token else { return nil }
        return Configuration(
            file: file, storeFolder: store, encryptionKey: key, previousKeys: keys.previous, listenHost: listen.0,
            listenPort: listen.1, publicURL: publicURL, adminToken: token, brands: brands, ratesFile: ratesFile,
            rates: rates, connections: connections, flows: flows)
    }

    private func compose(_ text: String) -> Node? {
        func refuse(_ what: String, _ line: Int, _ column: Int) {
            list.add(.notYAML, at: Configuration.Place(line: line, column: column), what)
        }
        do {
            if let root = try Yams.compose(yaml: text) { return root }
            refuse("the file is empty", 1, 1)
        } catch YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _)
        {
            refuse("not YAML: \(problem)", mark.line, mark.column)
        } catch YamlError.duplicatedKeysInMapping(let duplicates, let context) {
            refuse(
                "the key \"\(duplicates.sorted().joined(separator: "\", \""))\" occurs twice", context.mark.line,
                context.mark.column)
        } catch {
            // The library's message may quote the file, and the file may contain a secret by mistake.
            refuse("not YAML that can be read", 1, 1)
        }
        return nil
    }

    // MARK: The small sections

    private func storeFolder(_ text: String, _ top: Section) -> String? {
        let scheme = "sqlite:"
        guard text.hasPrefix(scheme), text.count > scheme.count else {
            if let node = top.node("store") {
                list.add(.wrongValue, at: node, "store must be sqlite: followed by a folder", nearest: "sqlite:./data")
            }
            return nil
        }
        return relative(String(text.dropFirst(scheme.count)))
    }

    /// Paths are relative to the file's folder, so that commands work from any folder.
    private func relative(_ path: String) -> String {
        guard !path.hasPrefix("/") else { return path }
        let folder = (file as NSString).deletingLastPathComponent
        let below = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
        return folder.isEmpty ? path : (folder as NSString).appendingPathComponent(below)
    }

    private func encryptionKeys(_ section: Section) -> (current: String?, previous: [String]) {
        let node = section.required("key")
        let current = node.flatMap { node in section.text(node, "key").flatMap { key($0, node) } }
        let previousNode = section.node("previous")
        let previous = section.texts("previous") ?? []
        section.finish()
        return (current, previous.compactMap { text in previousNode.flatMap { key(text, $0) } })
    }

    private func key(_ text: String, _ node: Node) -> String? {
        if let data = Data(base64Encoded: text), data.count == 32 { return text }
        list.add(.wrongValue, at: node, "an encryption key is 32 bytes in base64; `plumbline keygen` makes one")
        return nil
    }

    private func listenAddress(_ section: Section) -> (String, Int)? {
        guard let node = section.node("listen"), let text = section.text(node, "listen") else { return nil }
        if let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port), colon > text.startIndex
        {
            return (String(text[..<colon]), port)
        }
        list.add(.wrongValue, at: node, "server.listen must be HOST:PORT", nearest: "127.0.0.1:8080")
        return nil
    }

    static func withoutSlash(_ text: String) -> String { text.hasSuffix("/") ? String(text.dropLast()) : text }

    private func readBrands(_ top: Section, _ names: inout DeclaredNames) -> [Configuration.Brand] {
        guard let node = top.required("brands") else { return [] }
        guard case .sequence(let values) = node, !values.isEmpty else {
            list.add(.wrongType, at: node, "brands must be a list with at least one brand")
            return []
        }
        var brands: [Configuration.Brand] = []
        names.brands = []
        for value in values {
            guard let section = Section(value, "brand", list) else {
                names.brands = nil
                continue
            }
            let brand = readBrand(section, &names)
            guard let brand else { continue }
            if brands.contains(where: { $0.name == brand.name }) {
                list.add(.clash, at: value, "the brand \"\(brand.name)\" occurs twice")
            }
            brands.append(brand)
        }
        return brands
    }

    private func readBrand(_ section: Section, _ names: inout DeclaredNames) -> Configuration.Brand? {
        let name = section.requiredText("name")
        let currencyNode = section.required("reference_currency")
        let currencyText = currencyNode.flatMap { section.text($0, "reference_currency") }
        let currency = currencyText.flatMap { Currency($0) }
        if let currencyNode, currencyText != nil, currency == nil {
            list.add(
                .wrongValue, at: currencyNode, "reference_currency must be a code of three letters", nearest: "GBP")
        }
        var key = Configuration.ProductKeyName.id
        var master: String?
        var masterPlace = Configuration.Place(section.node)
        if let products = section.section("products") {
            key = products.choice("key", Configuration.ProductKeyName.self) ?? .id
            master = products.text("master")
            masterPlace = products.place(of: "master")
            products.finish()
        }
        section.finish()
        // If a brand's name cannot be read, references to brands cannot be checked.
        if let name { names.brands?.insert(name) } else { names.brands = nil }
        guard let name, let currency else { return nil }
        return Configuration.Brand(
            name: name, referenceCurrency: currency, productKey: key, productMaster: master,
            place: section.place(of: "name"), masterPlace: masterPlace)
    }

    /// Reads the dated table; a problem in it is reported with the table's own line.
    private func readRates(_ path: String, _ top: Section, _ contents: (String) -> [UInt8]?) -> RateTable {
        guard let bytes = contents(path) else {
            let what =
                FileManager.default.fileExists(atPath: path)
                ? "\(path) cannot be read; check its permissions, and that it is not a folder"
                : "there is no file \(path); correct the path, which is relative to this file's folder, or remove rates"
            list.add(.unreadable, at: top.place(of: "rates"), "rates: \(what)")
            return .empty
        }
        let named = "; \(file) names this file under rates"
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
            let index = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
            list.add(.unreadable, in: path, line: index + 1, "not UTF-8; save it as plain text\(named)")
            return .empty
        }
        do throws(RateTableError) {
            return try RateTable(csv: text)
        } catch {
            list.add(.wrongValue, in: path, line: error.line, error.advice + named)
            return .empty
        }
    }

    // MARK: Flows and policies

    private func readFlows(_ top: Section, _ policies: Policies) -> [Configuration.FlowEntry] {
        guard let all = top.section("flows") else { return [] }
        return all.members.compactMap { member in
            guard let section = Section(member.value, "flows.\(member.key)", list) else { return nil }
            return readFlow(section, member.key, at: member.keyNode, policies)
        }
    }

    private func readFlow(
        _ section: Section, _ name: String, at place: Node, _ policies: Policies
    ) -> Configuration.FlowEntry? {
        let stage = section.choice("stage", RolloutStage.self) ?? .observe
        var policies = policies
        if let own = section.section("policies") { readPolicies(own, into: &policies) }
        guard let blueprintNode = section.node("blueprint") else {
            section.finish(without: "blueprint")
            return nil
        }
        guard let blueprint = section.text(blueprintNode, "blueprint") else { return nil }
        guard let ends = Blueprint.named(blueprint) else {
            refuse(blueprint, at: blueprintNode)
            return nil
        }
        let from = section.requiredText(ends.sourceKey)
        let to = section.requiredText(ends.destinationKey)
        section.finish()
        guard let from, let to else { return nil }
        return Configuration.FlowEntry(
            name: name, blueprint: blueprint, from: from, to: to, stage: stage, policies: policies,
            place: Configuration.Place(place), fromPlace: section.place(of: ends.sourceKey),
            toPlace: section.place(of: ends.destinationKey))
    }

    /// Explains a blueprint of a later version; suggests the nearest name for a misspelt one.
    private func refuse(_ blueprint: String, at node: Node) {
        if Blueprint.announced.contains(blueprint) {
            list.add(
                .notBuilt, at: node,
                "this version of Plumbline does not support the blueprint \"\(blueprint)\"; remove this flow for now, "
                    + "its connections may stay")
        } else {
            list.add(
                .unknownName, at: node, "there is no blueprint \"\(blueprint)\"",
                nearest: Spelling.nearest(to: blueprint, among: Blueprint.all.map(\.name) + Blueprint.announced))
        }
    }

    private func readPolicies(_ section: Section, into policies: inout Policies) {
        policies.purchaseWhen = section.choice("purchase_when") ?? policies.purchaseWhen
        policies.purchasePattern = section.choice("purchase_pattern") ?? policies.purchasePattern
        policies.replacementHold = section.span("replacement_hold") ?? policies.replacementHold
        policies.editCompanionWait = section.span("edit_companion_wait") ?? policies.editCompanionWait
        policies.pollInterval = section.span("poll_interval") ?? policies.pollInterval
        policies.pollOverlap = section.span("poll_overlap") ?? policies.pollOverlap
        policies.debounce = section.span("debounce") ?? policies.debounce
        policies.debounceMax = section.span("debounce_max") ?? policies.debounceMax
        policies.batchLinger = section.span("batch_linger") ?? policies.batchLinger
        policies.freshnessObjective = section.span("freshness_objective") ?? policies.freshnessObjective
        policies.historySpacing = section.span("history_spacing") ?? policies.historySpacing
        policies.horizon = section.span("horizon") ?? policies.horizon
        policies.readBackDelay = section.span("read_back_delay") ?? policies.readBackDelay
        policies.retryMaxAge = section.span("retry_max_age") ?? policies.retryMaxAge
        policies.retryBase = section.span("retry_base") ?? policies.retryBase
        policies.retryMax = section.span("retry_max") ?? policies.retryMax
        policies.bodyRetention = section.span("body_retention") ?? policies.bodyRetention
        policies.traceRetention = section.span("trace_retention") ?? policies.traceRetention
        policies.maxBodyBytes = section.bytes("max_body") ?? policies.maxBodyBytes
        policies.acceptsForeignPurchases =
            section.truth("accept_foreign_purchases") ?? policies.acceptsForeignPurchases
        policies.tellZeroValue = section.truth("tell_zero_value") ?? policies.tellZeroValue
        policies.tellTestOrders = section.truth("tell_test_orders") ?? policies.tellTestOrders
        policies.migratedTags = section.texts("migrated_tags") ?? policies.migratedTags
        policies.migratedAppIDs = section.texts("migrated_app_ids") ?? policies.migratedAppIDs
        if let journeys = section.section("journeys") { readJourneys(journeys, into: &policies.journeys) }
        section.finish()
        for (key, span) in [("poll_interval", policies.pollInterval), ("retry_base", policies.retryBase)]
        where section.has(key) && span <= .zero {
            // Without a pause the engine would poll in a tight loop.
            list.add(.wrongValue, at: section.place(of: key), "\(section.name).\(key) must be longer than 0s")
        }
    }

    /// Reads the marks of editing apps and the weight of each sign (docs/architecture.md, Journeys).
    private func readJourneys(_ section: Section, into rules: inout JourneyRules) {
        if let ids = section.texts("editor_app_ids") { rules.editorAppIDs = Set(ids) }
        rules.replacementTags = section.texts("replacement_tags") ?? rules.replacementTags
        rules.cancelledTags = section.texts("cancelled_tags") ?? rules.cancelledTags
        rules.attributeNames = section.texts("attribute_names") ?? rules.attributeNames
        rules.joinAt = section.number("join_at", 1...1_000) ?? rules.joinAt
        rules.doubtAt = section.number("doubt_at", 1...1_000) ?? rules.doubtAt
        rules.window = section.span("window") ?? rules.window
        if let weights = section.section("weights") {
            for (key, weight) in JourneyWeights.configurable {
                rules[keyPath: weight] = weights.number(key, 0...1_000) ?? rules[keyPath: weight]
            }
            weights.finish()
        }
        section.finish()
        // The value that differs from the default is probably the mistake.
        let keys = rules.doubtAt == JourneyRules().doubtAt ? ["join_at", "doubt_at"] : ["doubt_at", "join_at"]
        if let key = keys.first(where: section.has), rules.doubtAt > rules.joinAt {
            list.add(
                .wrongValue, at: section.place(of: key),
                "\(section.name): doubt_at (\(rules.doubtAt)) must not be above join_at (\(rules.joinAt))")
        }
    }
}
