/// What is written down twice, or not used at all.
extension Rule {
    static let references: [Rule] = [documentsAreUsed, metricsAreDocumented]

    private static let documentsAreUsed = Rule(
        "every GraphQL document is used", advice: "use PackageResources.<name>_graphql, or delete the file",
        broken: [
            [
                TextFile("Sources/Shopify/GraphQL/Orders.graphql", "{ shop { id } }"),
                TextFile(
                    "Sources/Shopify/A.swift", "PackageResources.B_graphql // PackageResources.Orders_graphql"),
            ]
        ],
        sound: [
            [
                TextFile("Sources/Shopify/GraphQL/Orders.graphql", "{ shop { id } }"),
                TextFile("Sources/Shopify/A.swift", "let text = PackageResources.Orders_graphql"),
            ]
        ]
    ) { files in
        let sources = files.filter { $0.isSwift && $0.module != nil }
        return files.filter { $0.module != nil && $0.path.hasSuffix(".graphql") }.filter { document in
            let name = document.name.replacing(".", with: "_")
            return !sources.contains { !$0.lines(with: "PackageResources.\(name)", inCode: true).isEmpty }
        }.map { Finding(path: $0.path) }
    }

    private static let page = "docs/metrics.md"
    // Assembled from pieces, so that the samples are no metrics.
    private static let prefix = "plumb" + "line_"

    private static let metricsAreDocumented = Rule(
        "every metric is in \(page)", advice: "write the name whole, and describe it there",
        broken: [
            [TextFile(page, "`\(prefix)sent_total`"), TextFile("Sources/Server/A.swift", "\"\(prefix)sent\"")],
            [TextFile(page, "`\(prefix)sent`"), TextFile("Sources/Server/A.swift", "\"\(prefix)\\(name)\"")],
        ],
        sound: [
            [TextFile(page, "`\(prefix)sent`"), TextFile("Sources/Server/A.swift", "\"\(prefix)sent\"")],
            [TextFile(page, "`\(prefix)lag`"), TextFile("Sources/Server/A.swift", "\"\(prefix)lag_bucket\"")],
            [TextFile("Sources/Server/A.swift", "\"\(prefix)not_documented_yet\"")],
        ]
    ) { files in
        guard let page = files.first(where: { $0.path == page }) else { return [] }
        let documented = Set((0..<page.lineCount).flatMap { metricNames(in: page.line($0)) })
        return files.filter { $0.isSwift && $0.module != nil }.flatMap { file in
            file.lines(with: "\"" + prefix, inCode: true).flatMap { index in
                metricNames(in: file.line(index)).filter { !documented.contains(base(of: $0, in: documented)) }
                    .map { Finding(path: file.path, line: index, detail: $0) }
            }
        }
    }

    /// A histogram writes three series under one documented name.
    private static func base(of name: String, in documented: Set<String>) -> String {
        guard !documented.contains(name), let suffix = ["_bucket", "_sum", "_count"].first(where: name.hasSuffix) else {
            return name
        }
        return String(name.dropLast(suffix.count))
    }

    private static func metricNames(in line: String) -> [String] {
        line.split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_")) }.filter { $0.hasPrefix(prefix) }
            .map(String.init)
    }
}
