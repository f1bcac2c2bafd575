import Foundation
import JSON
import Sync
import Testing
import Transport

@testable import Shopify

@Suite("Our documents against the stored 2026-04 schema")
struct ContractTests {
    /// graphql-core, the reference implementation in Python: another reader than our twin's.
    private static let script = """
        import gzip, json, sys
        from graphql import build_schema, execute, parse, validate
        schema = build_schema(gzip.open(sys.argv[1], "rt").read(), assume_valid=True)
        told, seen = [], set()
        for path in sys.argv[2:]:
            case = json.load(open(path))
            document = parse(case["query"])
            if case["query"] not in seen:
                seen.add(case["query"])
                told += [case["operationName"] + ": " + error.message for error in validate(schema, document)]
            if case["root"] is not None:
                answer = execute(schema, document, case["root"], variable_values=case["variables"])
                told += [case["operationName"] + " answer: " + error.message for error in answer.errors or []]
        print("\\n".join(told), end="")
        """

    static let canRun: Bool = Specs.areHere && (try? run(["-c", "import graphql"]))?.status == 0

    private static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }

    /// One request, and the value at the schema's root that it is executed over.
    private func check(_ cases: [(request: JSON, root: JSON)]) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "plumbline-contract-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var paths: [String] = []
        for (index, item) in cases.enumerated() {
            let path = folder.appending(path: "\(index).json")
            try Data(item.request.with("root", item.root).encoded()).write(to: path)
            paths.append(path.path)
        }
        let schema = Specs.folder.appending(path: "admin-2026-04.schema.graphql.gz").path
        return try Self.run(["-c", Self.script, schema] + paths).output
    }

    @Test("every document is valid, and the answers that the mapping is tested with fit it", .enabled(if: canRun))
    func documents() throws {
        let bundle = ShopBundle()
        var cases: [(JSON, JSON)] = try [
            bundle.source.request(for: bundle.read(.changes(.order, since: bundle.now, cursor: nil))),
            bundle.source.request(for: bundle.read(.changes(.customer, since: bundle.now, cursor: nil))),
            bundle.source.request(for: bundle.read(.changes(.product, since: bundle.now, cursor: nil))),
            bundle.source.request(for: bundle.read(.orders(of: .email("a@b.test"), cursor: nil))),
            ShopifyAccess.request(bundle.source.login), ShopifyAccess.subscriptionsRequest(bundle.source.login),
            ShopifyAccess.subscribeRequest(.ordersEdited, uri: "https://us.test", bundle.source.login),
        ].map { (try JSON.parse($0.body), JSON.null) }
        cases += try ShopifyTopic.allCases.map { topic in
            let request = ShopifyAccess.subscribeRequest(topic, uri: "https://us.test", bundle.source.login)
            return (try JSON.parse(request.body), ["webhookSubscriptionCreate": nil])
        }
        let read = bundle.source.request(for: bundle.read(.entities([bundle.key("1")])))
        for seed in 0..<20 {
            var random = SeededRandom(UInt64(seed))
            let order = GraphQLTranscription.order(SampleOrders.random(&random))
            cases.append((try JSON.parse(read.body), ["nodes": [order]]))
            for (kind, answer) in [
                (EntityKind.customer, GraphQLTranscription.customer(SampleGoods.randomCustomer(&random))),
                (.product, GraphQLTranscription.product(SampleGoods.randomProduct(&random))),
            ] {
                let request = bundle.source.request(for: bundle.read(.entities([bundle.key(kind, "1")])))
                cases.append((try JSON.parse(request.body), GraphQLTranscription.answer([answer])["data"] ?? .null))
            }
        }
        // Two that must be found, or the check is dead.
        let broken: JSON = ["query": "query X { shop { nickname } }", "operationName": "X", "variables": [:]]
        cases.append((broken, .null))
        let strange = GraphQLTranscription.order(SampleOrders.order().with("financial_status", "haggled"))
        cases.append((try JSON.parse(read.body), ["nodes": [strange]]))
        let told = try check(cases).split(separator: "\n")
        #expect(told.count == 2, "\(told)")
        #expect(told.first?.contains("nickname") == true)
        #expect(told.last?.contains("HAGGLED") == true)
    }
}
