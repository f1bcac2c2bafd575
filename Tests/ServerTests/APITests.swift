import Commerce
import Foundation
import JSON
import Sync
import Testing

@testable import Server

@Suite("API, metrics and documents")
struct APITests {
    @Test("K5 K6 every path of openapi.json exists, and those of the API need the token") func openAPI() async throws {
        try await RunningServer.with(store: GatedStore()) { server async throws in
            let document = try #require(try await server.send("GET", "/openapi.json").json)
            #expect(document["paths"]?.object?.count == Set(OpenAPI.operations.map(\.path)).count)
            for operation in OpenAPI.operations {
                let path = operation.path.replacing("{connection}", with: "shop").replacing("{id}", with: "none")
                let open = try await server.send(operation.method.uppercased(), path)
                #expect((open.status == 401) == (!operation.isOpen || path.hasPrefix("/webhooks")), "\(path)")
                guard !operation.isOpen else { continue }
                let answer = try await server.admin(operation.method.uppercased(), path + "?key=1")
                #expect(operation.statuses.map(\.status).contains(answer.status), "\(path) \(answer.status)")
                #expect(answer.json != nil)
            }
        }
    }

    @Test("what does not exist says so") func notFound() async throws {
        try await RunningServer.with(store: GatedStore()) { server async throws in
            #expect(try await server.send("GET", "/").status == 404)
            #expect(try await server.admin("GET", "/api/v1/nothing").status == 404)
            let audit = try await server.admin("GET", "/api/v1/audit")
            #expect(audit.status == 404)
            #expect(audit.text.contains("no audit"))
            #expect(try await server.admin("GET", "/api/v1/trace").status == 400)
        }
    }

    @Test("flows, stages and freshness") func flows() async throws {
        try await RunningServer.with(store: GatedStore()) { server async throws in
            _ = try await server.hook("5", delivery: "a")
            #expect(try await server.settles())
            let flows = try await server.admin("GET", "/api/v1/flows").json
            #expect(flows?[0]?["name"]?.string == "edits")
            #expect(flows?[0]?["stage"]?.string == "live")
            let stages = try await server.admin("GET", "/api/v1/stages").json
            #expect(stages?[0]?["history"]?[0]?["stage"]?.string == "live")
            let freshness = try await server.admin("GET", "/api/v1/freshness").json
            #expect(freshness?["fresh"]?.bool == true)
            #expect(freshness?["flows"]?[0]?["objective_seconds"]?.decimalText == "300.000")
            #expect(freshness?["flows"]?[0]?["p95_seconds"]?.decimalText != nil)
        }
    }

    @Test("K5 the text form: escaped labels, cumulative buckets, sorted, whole numbers") func metricsText() {
        let metrics = Metrics()
        metrics.count(.receipts, ["shop", "a\"b\\c\nd", "false"], by: 2)
        metrics.observe(.appendSize, [], 1)
        metrics.observe(.appendSize, [], 7)
        metrics.observe(.appendSize, [], 1_000)
        let lines = metrics.text().split(separator: "\n").map(String.init)
        #expect(lines.contains(#"plumbline_receipts_total{connection="shop",topic="a\"b\\c\nd",duplicate="false"} 2"#))
        let sizes = lines.filter { $0.hasPrefix("plumbline_append_receipts") }
        #expect(
            sizes == [
                #"plumbline_append_receipts_bucket{le="1"} 1"#, #"plumbline_append_receipts_bucket{le="2"} 1"#,
                #"plumbline_append_receipts_bucket{le="5"} 1"#, #"plumbline_append_receipts_bucket{le="10"} 2"#,
                #"plumbline_append_receipts_bucket{le="20"} 2"#, #"plumbline_append_receipts_bucket{le="50"} 2"#,
                #"plumbline_append_receipts_bucket{le="100"} 2"#, #"plumbline_append_receipts_bucket{le="256"} 2"#,
                #"plumbline_append_receipts_bucket{le="+Inf"} 3"#, "plumbline_append_receipts_sum 1008",
                "plumbline_append_receipts_count 3",
            ])
        #expect(metrics.text() == metrics.text())
    }

    @Test("label values are bounded") func seriesMax() {
        let metrics = Metrics()
        for number in 0..<Metrics.seriesMax + 10 { metrics.count(.receipts, ["shop", "topic\(number)", "false"]) }
        let lines = metrics.text().split(separator: "\n").filter { $0.hasPrefix("plumbline_receipts_total{") }
        #expect(lines.count == Metrics.seriesMax + 1)
        #expect(lines.contains(#"plumbline_receipts_total{connection="other",topic="other",duplicate="other"} 10"#))
    }

    @Test("quantiles are bucket bounds over all series of a flow") func quantiles() {
        let metrics = Metrics()
        #expect(metrics.quantile(0.5, of: .lag, startingWith: ["edits"]) == nil)
        for _ in 0..<95 { metrics.observe(.lag, ["edits", "purchase"], 0.2) }
        for _ in 0..<5 { metrics.observe(.lag, ["edits", "return"], 50) }
        metrics.observe(.lag, ["other", "purchase"], 100_000)
        #expect(metrics.quantile(0.5, of: .lag, startingWith: ["edits"]) == 0.25)
        #expect(metrics.quantile(0.99, of: .lag, startingWith: ["edits"]) == 60)
        #expect(metrics.quantile(0.5, of: .lag, startingWith: ["other"]) == .infinity)
    }

    @Test("metric names follow the rule") func metricNames() throws {
        let name = try Regex("plumbline_[a-z]+(_[a-z]+)+")
        for metric in MetricDeclaration.all {
            #expect(metric.name.wholeMatch(of: name) != nil)
            #expect(metric.name.hasSuffix("_total") == (metric.kind == .counter))
            #expect(metric.buckets.isEmpty == (metric.kind != .histogram))
            #expect(metric.buckets == metric.buckets.sorted())
        }
        #expect(Set(MetricDeclaration.all.map(\.name)).count == MetricDeclaration.all.count)
    }

    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test("K5 docs/metrics.md is what the declaration says; PLUMBLINE_WRITE_DOCS=1 writes it") func metricsPage() throws
    {
        let file = Self.repository.appending(path: "docs/metrics.md")
        if ProcessInfo.processInfo.environment["PLUMBLINE_WRITE_DOCS"] == "1" {
            try MetricDeclaration.page.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == MetricDeclaration.page)
    }

    /// Kinds that this version raises.
    static let raised: [ExceptionKind] = [
        .signatureFailures, .unreadablePayload, .sourceUnreadable, .capacity, .destinationRefused,
        .destinationUnauthorised, .destinationUnreachable, .ambiguousDuplicate, .lagOverObjective, .driftFound,
        .rateMissing, .replacementDoubtful, .identityConflict, .identitySuspect, .consentConflict, .productUnknown,
        .mappingFailed, .privacyRequest,
    ]

    @Test("K2 each kind that is raised has a runbook section with all its parts", arguments: raised)
    func runbooks(_ kind: ExceptionKind) throws {
        let page = try String(contentsOf: Self.repository.appending(path: "docs/runbooks.md"), encoding: .utf8)
        let section = page.components(separatedBy: "\n## ").first { $0.hasPrefix(kind.rawValue + "\n") }
        let text = try #require(section, "docs/runbooks.md has no section \(kind.rawValue)")
        for part in ["**What it means.**", "**How to check.**", "**Who owns it.**", "**What to do.**"] {
            #expect(text.contains(part), "\(kind.rawValue): \(part)")
        }
        #expect(text.lowercased().contains(ExceptionAdvice.about(kind).owner.rawValue))
    }

    @Test("A12 what people type is looked up under every name") func traceKeys() {
        #expect(TraceKey("gid://shopify/Order/55?x=1").lookups(flows: []).contains(Lookup(.orderID, "55")))
        #expect(TraceKey("1001").lookups(flows: []).contains(Lookup(.name, "#1001")))
        #expect(TraceKey("Zoe@Example.test").lookups(flows: []).contains(Lookup(.email, "zoe@example.test")))
        #expect(TraceKey("shop-5:purchase").direct(flows: [.scripted]).map(\.description) == ["shop/order/5"])
        #expect(TraceKey("gid://shopify/Order/55").direct(flows: [.scripted]).map(\.description) == ["shop/order/55"])
        #expect(TraceKey("shop/order/5").direct(flows: [.scripted]).map(\.description) == ["shop/order/5"])
        func candidates(_ text: String) -> [String] {
            TraceKey(text).candidates(flows: [.scripted]).map(\.description)
        }
        for (text, key) in [
            ("shop/order/1 shop-1:revision:1", "shop/order/1"),
            ("acme/person/shop-order-5 e-mail", "acme/person/shop-order-5"),
            ("acme/person/a acme/person/b", "acme/person/b"), ("shop-1:purchase_item:9", "shop/order/1"),
            ("shop-product:7:variant:TEE:row:ab", "shop/product/7"),
            ("shop-consent:8:email:accept:1", "shop/customer/8"),
            ("shop-cart:tok:cart:1:ab", "shop/cart/tok"), ("shop-checkout:tok:begin", "shop/cart/tok"),
            ("person:shop-order-5:link:email_id:ab", "acme/person/shop-order-5"),
            ("shop-order-5 email_id at crm", "acme/person/shop-order-5"), ("shop/order/1 edits", "shop/order/1"),
        ] { #expect(candidates(text).contains(key), "\(text): \(candidates(text))") }
        #expect(TraceKey("shop-cart:tok:cart:1:ab").lookups(flows: [.scripted]).contains(Lookup(.cart, "tok")))
        #expect(
            TraceKey("gid://shopify/Customer/7").direct(flows: [.scripted]).map(\.description) == ["shop/customer/7"])
        #expect(TraceKey("7").direct(flows: [.scripted]).map(\.description) == ["shop/order/7", "shop/customer/7"])
    }
}
