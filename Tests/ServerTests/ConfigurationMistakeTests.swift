import Foundation
import Testing

@testable import Server

/// One mistake, one line, where the mistake is: every key of a whole file is misspelt, left out and given another kind
/// of value, one at a time.
@Suite("Mistakes in a configuration")
struct ConfigurationMistakeTests {
    /// Every key of this version, each on a line of its own.
    private static let whole = """
        store: sqlite:./data
        encryption:
          key: "${KEY}"
          previous: ["${KEY}"]
        server:
          listen: "127.0.0.1:8080"
          public_url: https://sync.example.test
        admin:
          token: "${TOKEN}"
        brands:
          - reference_currency: GBP
            name: acme
            products:
              key: sku
              master: shop
          - reference_currency: EUR
            name: other
        rates: ./rates.csv
        connections:
          shop:
            system: shopify
            brand: acme
            shop: acme.myshopify.com
            base_url: http://127.0.0.1:9101
            api_version: "2026-04"
            access_token: a
            webhook_secrets: [one, two]
            id_prefix: shop
          outlet:
            system: shopify
            brand: acme
            shop: outlet.myshopify.com
            access_token: b
            webhook_secrets: [three]
            id_prefix: outlet
          studio:
            system: shopify
            brand: acme
            shop: studio.myshopify.com
            client_id: j
            client_secret: k
            id_prefix: studio
          bc:
            system: bigcommerce
            brand: acme
            store_hash: abc123
            access_token: c
            client_secret: d
            webhook_headers:
              X-Key: e
            id_prefix: bc
          crm:
            system: bloomreach
            brand: acme
            base_url: http://127.0.0.1:9104
            project: 00000000-0000-4000-8000-000000000001
            key_id: f
            secret: g
            webhook_user: h
            webhook_password: i
            identity:
              shopify_id:
                from: shop.customer_id
                kind: hard
              outlet_id:
                from: outlet.customer_id
              email_id:
                from: email
              cart_id:
                from: cart
                kind: soft
            catalogs:
              orders: orders
              products: products
              variants: variants
            consents:
              email: newsletter
              sms: texts
            consent_in_ingest: false
            requests_per_minute: 600
            batches: 2
        flows:
          edits:
            blueprint: order-editing-to-bloomreach
            from: shop
            to: crm
            stage: live
            policies:
              replacement_hold: 60s
          outlet_edits:
            blueprint: order-editing-to-bloomreach
            from: outlet
            to: crm
            stage: observe
        policies:
          purchase_when: paid
          purchase_pattern: update
          replacement_hold: 120s
          edit_companion_wait: 3s
          poll_interval: 60s
          poll_overlap: 5m
          debounce: 2s
          debounce_max: 10s
          batch_linger: 20ms
          freshness_objective: 5m
          history_spacing: 250ms
          horizon: 400d
          read_back_delay: 5s
          retry_base: 1s
          retry_max: 5m
          retry_max_age: 7d
          body_retention: 30d
          trace_retention: 400d
          max_body: 2MiB
          accept_foreign_purchases: false
          tell_zero_value: false
          tell_test_orders: false
          migrated_tags: [imported]
          migrated_app_ids: ["77"]
          journeys:
            editor_app_ids: ["78"]
            replacement_tags: [Edit Order]
            cancelled_tags: [Edit Order - Cancelled]
            attribute_names: [replaces]
            join_at: 80
            doubt_at: 70
            window: 48h
            weights:
              named_by_attribute: 80
              mentioned: 60
        """

    /// A line with a key, and what is below it.
    struct Entry: Sendable, CustomTestStringConvertible {
        /// From 1.
        var line: Int
        var indent: String
        var key: String
        var value: String
        /// Keys from the top, with `*` for names that the operator chooses.
        var path: String
        /// Lines below that belong to it.
        var children: Int
        /// Where the section begins that it stands in.
        var sectionLine: Int

        var testDescription: String { "\(path), line \(line)" }
        var isName: Bool { path.hasSuffix("*") }
    }

    /// Sections whose keys are names, and lists whose items have keys.
    private static let named: Set<String> = ["connections", "flows", "connections.*.identity"]

    private static let lines = whole.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)

    private static func depth(_ line: String) -> Int {
        line.prefix { $0 == " " || $0 == "-" }.count
    }

    static let entries: [Entry] = {
        var open: [(depth: Int, path: String, line: Int)] = []
        var entries: [Entry] = []
        for (index, line) in lines.enumerated() {
            let depth = depth(line)
            open.removeAll { $0.depth >= depth }
            let text = line.dropFirst(depth)
            guard let colon = text.firstIndex(of: ":") else { continue }
            let key = String(text[..<colon])
            let parent = open.last?.path ?? ""
            let isFree = named.contains(parent) || parent.hasSuffix("webhook_headers")
            let path = (parent.isEmpty ? "" : parent + ".") + (isFree ? "*" : key)
            let below = lines[(index + 1)...].prefix { Self.depth($0) > depth }.count
            // A mapping begins with its first key; each item of a list is one.
            var first = index
            while first > 0, Self.depth(lines[first - 1]) >= depth {
                if Self.depth(lines[first]) == depth, lines[first].contains("- ") { break }
                first -= 1
            }
            entries.append(
                Entry(
                    line: index + 1, indent: String(line.prefix(depth)), key: key,
                    value: text[text.index(after: colon)...].trimmingCharacters(in: .whitespaces), path: path,
                    children: below, sectionLine: first + 1))
            open.append((depth, path, index + 1))
        }
        return entries
    }()

    private static func text(_ entry: Entry, _ line: String?, keepingChildren: Bool) -> String {
        var lines = Self.lines
        let last = entry.line - 1 + (keepingChildren ? 0 : entry.children)
        lines.replaceSubrange(entry.line - 1...last, with: [line].compactMap { $0 })
        return lines.joined(separator: "\n")
    }

    private static func problems(_ text: String) -> [ConfigurationProblem] {
        do throws(ConfigurationError) {
            _ = try ConfigurationTests.read(text)
            return []
        } catch {
            return error.problems
        }
    }

    private func expectOne(
        _ text: String, _ code: ConfigurationProblem.Code?, at line: Int, nearest: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let problems = Self.problems(text)
        #expect(problems.count == 1, "\(problems)", sourceLocation: sourceLocation)
        guard let problem = problems.first else { return }
        #expect(problem.line == line, "\(problem)", sourceLocation: sourceLocation)
        if let code { #expect(problem.code == code, "\(problem)", sourceLocation: sourceLocation) }
        if let nearest { #expect(problem.nearest == nearest, "\(problem)", sourceLocation: sourceLocation) }
    }

    @Test("K4 the whole file has no mistake, and every key of it is tried") func sound() {
        #expect(Self.problems(Self.whole) == [])
        #expect(Self.entries.count > 100)
        #expect(Set(Self.entries.map(\.path)).isSuperset(of: ["admin.token", "connections.*.identity.*.kind"]))
    }

    private static let keys = entries.filter { !$0.isName }

    /// One letter less, or one more where little is left; what stays is no other key.
    private static func misspelt(_ key: String) -> String {
        guard key.count > 3 else { return key + "x" }
        let middle = key.index(key.startIndex, offsetBy: key.count / 2)
        return String(key[..<middle] + key[key.index(after: middle)...])
    }

    @Test("K4 a misspelt key is one finding, with the key that was meant", arguments: keys)
    func misspeltKey(_ entry: Entry) {
        let line = "\(entry.indent)\(Self.misspelt(entry.key)): \(entry.value)"
        let text = Self.text(entry, line, keepingChildren: true)
        expectOne(text, .unknownKey, at: entry.line, nearest: entry.key)
    }

    private static let required: Set<String> = [
        "store", "encryption", "encryption.key", "admin", "admin.token", "brands", "brands.reference_currency",
        "brands.name", "connections", "connections.*.system", "connections.*.brand", "connections.*.shop",
        "connections.*.client_id", "connections.*.project", "connections.*.key_id", "connections.*.secret",
        "connections.*.identity", "connections.*.catalogs", "connections.*.identity.*.from", "flows.*.blueprint",
        "flows.*.from", "flows.*.to",
    ]
    /// Of these systems alone.
    private static let requiredOf = [
        "connections.*.access_token": ["shop", "outlet"], "connections.*.base_url": ["crm"],
        "connections.*.client_secret": ["studio"], "connections.*.webhook_secrets": ["shop", "outlet"],
    ]

    private static func isRequired(_ entry: Entry) -> Bool {
        guard let connections = requiredOf[entry.path] else { return required.contains(entry.path) }
        let owner = entries.last { $0.path == "connections.*" && $0.line < entry.line }
        return owner.map { connections.contains($0.key) } ?? false
    }

    @Test("K4 a key that is left out is one finding where it is required, and none elsewhere", arguments: keys)
    func missingKey(_ entry: Entry) {
        var text = Self.text(entry, nil, keepingChildren: false)
        var section = entry.sectionLine
        if entry.indent.contains("-") {
            // The item's mark goes to its next line.
            var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            let next = lines[entry.line - 1]
            lines[entry.line - 1] = entry.indent + next.dropFirst(entry.indent.count)
            text = lines.joined(separator: "\n")
            section = entry.line
        }
        // Where the last key of a section goes, the section goes with it.
        guard !Self.isOnlyKey(entry) else { return expectSomething(text, entry) }
        if Self.isRequired(entry) {
            expectOne(text, .missingKey, at: section)
        } else {
            #expect(Self.problems(text) == [])
        }
    }

    private static func isOnlyKey(_ entry: Entry) -> Bool {
        let depth = entry.indent.count
        let before = entry.line >= 2 ? Self.depth(lines[entry.line - 2]) : 0
        let next = entry.line + entry.children
        let after = lines.indices.contains(next) ? Self.depth(lines[next]) : 0
        return before < depth && after < depth
    }

    /// A section without a key has no value at all, and that is one finding.
    private func expectSomething(_ text: String, _ entry: Entry) {
        #expect(Self.problems(text).count == 1, "\(entry.path)")
    }

    @Test("K4 a value of another kind is one finding", arguments: entries)
    func wrongKind(_ entry: Entry) {
        guard !entry.path.hasSuffix("webhook_headers.*") else { return }
        let isText = entry.children == 0 && !entry.value.hasPrefix("[")
        let text = Self.text(entry, "\(entry.indent)\(entry.key): \(isText ? "[one]" : "one")", keepingChildren: false)
        expectOne(text, .wrongType, at: entry.line)
    }

    private static let texts = entries.filter { $0.children == 0 && !$0.path.hasSuffix("webhook_headers.*") }

    @Test("K4 an environment variable that is not set is one finding, and so is an empty value", arguments: texts)
    func nothing(_ entry: Entry) {
        let isList = entry.value.hasPrefix("[")
        for (value, code) in [("\"${NOT_THERE}\"", ConfigurationProblem.Code.environment), ("\"\"", .wrongValue)] {
            let text = Self.text(
                entry, "\(entry.indent)\(entry.key): \(isList ? "[\(value)]" : value)", keepingChildren: true)
            expectOne(text, code, at: entry.line)
        }
    }

    /// Path, the owner's name where there are several, a value, and the word that is meant.
    private static let badValues: [(path: String, owner: String, value: String, nearest: String?)] = [
        ("store", "", "./data", "sqlite:./data"), ("encryption.key", "", "c2hvcnQ=", nil),
        ("encryption.previous", "", "[c2hvcnQ=]", nil), ("server.listen", "", "8080", "127.0.0.1:8080"),
        ("server.public_url", "", "sync.example.test", "https://sync.example.test"),
        ("brands.reference_currency", "", "POUND", "GBP"), ("brands.products.key", "", "sku_code", "sku"),
        ("brands.products.master", "", "shpo", "shop"), ("connections.*.system", "shop", "shopfy", "shopify"),
        ("connections.*.system", "crm", "bloomrech", "bloomreach"), ("connections.*.brand", "shop", "acm", "acme"),
        ("connections.*.brand", "crm", "acm", "acme"), ("connections.*.brand", "shop", "other", nil),
        ("connections.*.brand", "outlet", "other", nil), ("connections.*.brand", "crm", "other", nil),
        ("connections.*.base_url", "shop", "http://127.0.0.1:9101/admin", "https://host.example"),
        ("connections.*.id_prefix", "shop", "a/b", "ab"), ("connections.*.id_prefix", "outlet", "shop", nil),
        ("connections.*.webhook_secrets", "shop", "[]", nil),
        ("connections.*.identity.*.from", "shopify_id", "shp.customer_id", "shop"),
        ("connections.*.identity.*.from", "shopify_id", "shop.customer", "shop.customer_id"),
        ("connections.*.identity.*.from", "email_id", "emial", "email"),
        ("connections.*.identity.*.kind", "shopify_id", "hrad", "hard"),
        ("connections.*.consent_in_ingest", "", "no", nil), ("connections.*.requests_per_minute", "", "0", nil),
        ("connections.*.batches", "", "many", nil),
        ("flows.*.blueprint", "edits", "order-editing-to-bloomrech", "order-editing-to-bloomreach"),
        ("flows.*.blueprint", "edits", "shopify-ometria", nil), ("flows.*.from", "edits", "shp", "shop"),
        ("flows.*.from", "edits", "crm", nil), ("flows.*.to", "edits", "shop", "crm"),
        ("flows.*.to", "outlet_edits", "cmr", "crm"), ("flows.*.stage", "edits", "alive", "live"),
        ("policies.purchase_when", "", "payed", "paid"), ("policies.poll_interval", "", "0s", nil),
        ("policies.retry_base", "", "0s", nil), ("policies.horizon", "", "400", nil),
        ("policies.max_body", "", "2MB", nil), ("policies.tell_zero_value", "", "yes", nil),
        ("policies.journeys.join_at", "", "60", nil), ("policies.journeys.doubt_at", "", "90", nil),
        ("policies.journeys.weights.mentioned", "", "-1", nil),
    ]

    @Test("K4 a value that cannot be is one finding, at the line that has it", arguments: badValues.indices)
    func badValue(_ index: Int) throws {
        let (path, owner, value, nearest) = Self.badValues[index]
        let owned = Self.entries.filter { $0.path == path }
        let entry = try #require(
            owned.first { entry in
                owner.isEmpty
                    || Self.entries.last { $0.isName && $0.line < entry.line && $0.indent.count < entry.indent.count }?
                        .key == owner
            }, "\(path) of \(owner)")
        // The second of two flows that tell the same is the one too many.
        let isTwin = path == "connections.*.id_prefix" && value == "shop"
        let text = Self.text(entry, "\(entry.indent)\(entry.key): \(value)", keepingChildren: false)
        expectOne(text, isTwin ? .clash : nil, at: entry.line, nearest: nearest)
    }

    @Test("K4 a misspelt name of a connection is told at the connection, when all that name it agree")
    func misspeltName() throws {
        for (name, wrong) in [("shop", "shp"), ("outlet", "outlett"), ("crm", "cmr")] {
            let entry = try #require(Self.entries.first { $0.path == "connections.*" && $0.key == name })
            let text = Self.text(entry, "\(entry.indent)\(wrong):", keepingChildren: true)
            expectOne(text, .unknownName, at: entry.line, nearest: name)
        }
        let brand = try #require(Self.entries.first { $0.path == "brands.name" })
        expectOne(
            Self.text(brand, "\(brand.indent)name: acm", keepingChildren: true), .unknownName, at: brand.line,
            nearest: "acme")
    }

    @Test("K4 a connection that is not there at all is one finding, at the first place that names it")
    func missingConnection() throws {
        for (name, first) in [("shop", "brands.products.master"), ("outlet", "connections.*.identity.*.from")] {
            let entry = try #require(Self.entries.first { $0.path == "connections.*" && $0.key == name })
            let place = try #require(Self.entries.first { $0.path == first && $0.value.hasPrefix(name) })
            let text = Self.text(entry, nil, keepingChildren: false)
            let moved = place.line > entry.line ? entry.children + 1 : 0
            expectOne(text, .unknownName, at: place.line - moved)
        }
    }

    @Test("K4 the same flow twice, and other rules for journeys in one brand, are one finding each")
    func flows() {
        let twice = Self.whole.replacing("from: outlet\n", with: "from: shop\n")
        let line = (Self.lines.firstIndex { $0 == "  outlet_edits:" } ?? 0) + 1
        expectOne(twice, .clash, at: line)
        let rules = "stage: observe\n    policies: { journeys: { window: 24h } }"
        expectOne(Self.whole.replacing("stage: observe", with: rules), .clash, at: line)
    }

    @Test("K4 two mistakes are two findings") func two() {
        let text = Self.whole.replacing("\n  token:", with: "\n  tokn:").replacing(
            "shop: acme.my", with: "shp: acme.my")
        #expect(Self.problems(text).map(\.nearest) == ["token", "shop"])
    }

    // MARK: The file of rates

    private static func ratesProblems(_ bytes: [UInt8]?) -> [String] {
        do throws(ConfigurationError) {
            _ = try Configuration.read(
                text: whole, file: "conf/plumbline.yaml", environment: ConfigurationTests.environment
            ) { _ in bytes }
            return []
        } catch {
            return error.description.split(separator: "\n").map(String.init)
        }
    }

    @Test("K4 a file of rates that is not there is told with the configuration's line, a wrong row with the row's own")
    func rates() {
        let line = (Self.lines.firstIndex { $0.hasPrefix("rates:") } ?? 0) + 1
        let missing = Self.ratesProblems(nil)
        #expect(missing.count == 1 && missing[0].hasPrefix("conf/plumbline.yaml:\(line):8: "), "\(missing)")
        #expect(missing.first?.contains("conf/rates.csv") == true)
        for (text, row) in [
            ("date,from,to,rate\n2026-11-20,EUR,GBP,0.85\n# note\n20.11.2026,EUR,GBP,0.86\n2026-11-21;EUR\n", 4),
            ("2026-11-20,EUR,GBP\n", 1), ("2026-11-20,EUR,GBP,0.85\n2026-11-20,EUR,GBP,0.86\n", 2),
        ] {
            let found = Self.ratesProblems(Array(text.utf8))
            #expect(found.count == 1 && found[0].hasPrefix("conf/rates.csv:\(row):1: "), "\(found)")
            #expect(found.first?.contains("conf/plumbline.yaml") == true)
        }
        let latin = Array("# caf".utf8) + [0xE9, 0x0A] + Array("2026-11-20,EUR,GBP,0.85\n".utf8)
        #expect(Self.ratesProblems(Array("# ok\n".utf8) + latin).first?.hasPrefix("conf/rates.csv:2:1: ") == true)
    }
}
