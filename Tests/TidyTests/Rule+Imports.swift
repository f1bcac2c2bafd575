/// Who may import whom (docs/architecture.md, Modules): downward only, and no vendor knows another.
extension Rule {
    static let imports: [Rule] = [downward, fewOutsiders]

    /// Each module and the modules it may import.
    static let allowedImports: [String: Set<String>] = [
        "JSON": [],
        "Transport": [],
        "Commerce": ["JSON"],
        "Sync": ["Commerce", "JSON", "Transport"],
        "Shopify": ["Sync", "Commerce", "JSON", "Transport"],
        "Bloomreach": ["Sync", "Commerce", "JSON", "Transport"],
        "Flows": ["Shopify", "Bloomreach", "Sync", "Commerce"],
        // A twin must not share the mistakes of the client it judges.
        "Twins": ["JSON", "Transport"],
        "Conformance": ["Sync", "Commerce", "JSON"],
        "Simulation": ["Flows", "Twins", "Shopify", "Bloomreach", "Sync", "Commerce", "JSON", "Transport"],
        "Vault": [],
        "SQLiteStore": ["Vault", "Sync", "Commerce", "JSON"],
        "Server": [
            "Flows", "SQLiteStore", "Vault", "Twins", "Sync", "Commerce", "JSON", "Transport", "Shopify", "Bloomreach",
        ],
        program: [],
    ]
    /// The commands: they may import every module.
    static let program = "plumbline"

    /// Modules of the toolchain that a pure module may import.
    static let toolchain: Set<String> = ["Foundation", "Synchronization"]

    private static let downward = Rule(
        "imports point downward only", advice: "move the type down, or pass a value; a new module joins the table here",
        broken: [
            TextFile("Sources/Commerce/A.swift", "public import Sync"),
            TextFile("Sources/Twins/A.swift", "import JSON\nimport struct Shopify.Order"),
            TextFile("Sources/Shopify/A.swift", "  @preconcurrency import Bloomreach"),
            TextFile("Sources/Server/A.swift", "import Simulation"),
            TextFile("Sources/Bolt/A.swift", "import JSON"),
        ],
        sound: [
            TextFile("Sources/Sync/A.swift", "// import Server\npublic import Commerce\nimport Foundation"),
            TextFile("Sources/plumbline/A.swift", "import Simulation"),
        ]
    ) { file in
        guard file.isSwift, let module = file.module else { return [] }
        guard let allowed = allowedImports[module] else { return [Finding(path: file.path, detail: "unknown module")] }
        if module == program { return [] }
        return importedModules(file).filter { allowedImports[$0.module] != nil && !allowed.contains($0.module) }
            .map { Finding(path: file.path, line: $0.line, detail: "\(module) imports \($0.module)") }
    }

    private static let fewOutsiders = Rule(
        "pure modules import no outside module but \(toolchain.sorted().joined(separator: ", "))",
        advice: "they build in seconds and run anywhere; outside packages belong to the shell",
        broken: [TextFile("Sources/Sync/A.swift", "import NIOCore")],
        sound: [TextFile("Sources/Server/A.swift", "import NIOCore"), TextFile("Sources/Sync/A.swift", "import JSON")]
    ) { file in
        guard file.isSwift, let module = file.module, pureModules.contains(module) else { return [] }
        return importedModules(file).filter { allowedImports[$0.module] == nil && !toolchain.contains($0.module) }
            .map { Finding(path: file.path, line: $0.line, detail: $0.module) }
    }

    private static let kinds: Set<Substring> = [
        "class", "enum", "func", "let", "protocol", "struct", "typealias", "var",
    ]

    private static func importedModules(_ file: TextFile) -> [(module: String, line: Int)] {
        file.lines(with: "import ", asWord: true, inCode: true).compactMap { index in
            let words = file.line(index).split(separator: " ")
            guard let keyword = words.firstIndex(of: "import"), keyword + 1 < words.count,
                words[..<keyword].allSatisfy({ $0.hasPrefix("@") || accessLevels.contains($0) })
            else { return nil }
            let rest = words[(keyword + 1)...]
            guard let module = rest.first(where: { !kinds.contains($0) }) else { return nil }
            return (String(module.prefix { $0 != "." }), index)
        }
    }

    private static let accessLevels: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
}
