/// What would make two runs of one seed differ, money inexact, a test slow or a failure silent.
extension Rule {
    /// Modules that know no clock, no chance and no inexact number (docs/architecture.md, law 1; law 8).
    static let pureModules: Set<String> = [
        "JSON", "Transport", "Commerce", "Sync", "Shopify", "Bloomreach", "Flows", "Twins", "Simulation", "Conformance",
    ]

    static let bannedCalls: [Rule] =
        [
            pure("Date" + "()", "the time is a parameter: Commerce.Instant"),
            pure("UU" + "ID()", "ids come from the source, or from a StableDigest of it"),
            pure(".rand" + "om(", "take a seeded generator and its own range functions"),
            pure("SystemRandom" + "NumberGenerator", "take a seeded generator"),
            pure("Dispatch" + "Queue", "the core is one value; the shell has tasks"),
            pure("Dou" + "ble(", "Commerce.Amount, JSONNumber, or whole numbers in a smaller unit"),
            pure(": Dou" + "ble", "Commerce.Amount, JSONNumber, or whole numbers in a smaller unit"),
            everywhere("tr" + "y!", "throw, or answer with a value; in a test let the test throw"),
            everywhere("fatal" + "Error()", "name the assumption that was broken, or throw an error"),
            everywhere("precondition" + "Failure()", "name the assumption that was broken"),
            everywhere("Task.deta" + "ched", "a child task, or a service in the group: somebody must wait for it"),
            everywhere("Thread.sl" + "eep", "wait for the thing itself, with a time limit"),
            everywhere("usl" + "eep", "wait for the thing itself, with a time limit"),
            pure("Date" + ".now", "the time is a parameter: Commerce.Instant"),
            pure("Continuous" + "Clock", "the time is a parameter: Commerce.Instant"),
            pure("Task.sl" + "eep", "ask for a timer effect"),
            printing, sleepingTests, unsortedEncoder, timedComparison,
        ]

    private static func pure(_ call: String, _ advice: String) -> Rule {
        banned(
            call, "in pure modules", advice, broken: [TextFile("Sources/Sync/A.swift", "let a =\(call)")],
            sound: [
                TextFile("Sources/Server/A.swift", "let a =\(call)"),
                TextFile("Sources/Sync/A.swift", "let a = 1  // no \(call)"),
            ]
        ) { pureModules.contains($0.module ?? "") }
    }

    private static func everywhere(_ call: String, _ advice: String) -> Rule {
        banned(
            call, "anywhere", advice,
            broken: ["Sources/Server/A.swift", "Tests/SyncTests/A.swift"].map { TextFile($0, "a(1)\n \(call)") },
            sound: [TextFile("Sources/Server/A.swift", "let my\(call)")]
        ) { _ in true }
    }

    private static let out = "pri" + "nt("
    private static let printing = banned(
        out, "outside the shell", "return it; only the program and the server speak",
        broken: [TextFile("Sources/Flows/A.swift", "{ \(out)1) }"), TextFile("Tests/JSONTests/A.swift", "\(out)1)")],
        sound: [
            TextFile("Sources/plumbline/A.swift", "\(out)1)"), TextFile("Sources/Flows/A.swift", "finger\(out)1)"),
        ]
    ) { !["plumbline", "Server"].contains($0.module) }

    private static let sleep = "Task.sl" + "eep"
    private static let sleepingTests = Rule(
        "no \(sleep) in tests but in the one that waits", advice: "wait with `eventually`, which has a time limit",
        broken: [
            TextFile(
                "Tests/ScenarioTests/A.swift", "func eventually() {}\nfunc a() {\n    try await \(sleep)(for: b)\n}")
        ],
        sound: [
            TextFile(
                "Tests/ScenarioTests/A.swift", "func eventually() {\n    // func a\n    try await \(sleep)(for: b)\n}"),
            TextFile("Sources/Server/A.swift", "func a() { try await \(sleep)(for: b) }"),
        ]
    ) { file in
        guard file.isSwift, file.isTest else { return [] }
        let functions = file.lines(with: "func ", asWord: true, inCode: true)
        return file.lines(with: sleep, asWord: true, inCode: true)
            .filter { line in
                functions.last { $0 <= line }.map { !file.line($0).contains("func eventually") } ?? true
            }
            .map { Finding(path: file.path, line: $0) }
    }

    private static func banned(
        _ call: String, _ place: String, _ advice: String, broken: [TextFile], sound: [TextFile],
        applies: @escaping @Sendable (TextFile) -> Bool
    ) -> Rule {
        Rule("no \(call) \(place)", advice: advice, broken: broken, sound: sound) { file in
            guard file.isSwift, applies(file) else { return [] }
            return file.lines(with: call, asWord: call.first?.isLetter == true, inCode: true)
                .map { Finding(path: file.path, line: $0) }
        }
    }

    private static let code = "HMACSHA256.co" + "de("
    /// `==` ends at the first byte that differs, and its time tells how much of a forged signature was right.
    private static let timedComparison = Rule(
        "signatures are compared in constant time", advice: "HMACSHA256.matches, which takes the given code",
        broken: [
            TextFile("Sources/Server/A.swift", "if given == \(code)key: a, message: b) {}"),
            TextFile("Sources/Server/A.swift", "guard \(code)key: a, message: b) != given else {}"),
        ],
        sound: [
            TextFile("Sources/Server/A.swift", "if HMACSHA256.matches(given, key: a, message: b) {}"),
            TextFile("Sources/Server/A.swift", "let signature = \(code)key: a, message: b)"),
        ]
    ) { file in
        guard file.isSwift, file.module != nil else { return [] }
        return file.lines(with: code, inCode: true)
            .filter { index in ["==", "!="].contains { file.line(index).contains($0) } }
            .map { Finding(path: file.path, line: $0) }
    }

    private static let encoder = "JSON" + "Encoder()"
    /// Lines after the encoder's in which its output format must be chosen.
    private static let encoderReach = 3
    private static let unsortedEncoder = Rule(
        "every \(encoder) sorts its keys", advice: "outputFormatting = [.sortedKeys] in the next \(encoderReach) lines",
        broken: [
            TextFile("Sources/Server/A.swift", "let a = \(encoder)\n\n\n\na.outputFormatting = [.sortedKeys]"),
            TextFile("Tests/SyncTests/A.swift", "let a = \(encoder)"),
        ],
        sound: [TextFile("Sources/Server/A.swift", "let a = \(encoder)\na.outputFormatting = [.sortedKeys]")]
    ) { file in
        guard file.isSwift else { return [] }
        return file.lines(with: encoder, asWord: true, inCode: true).filter { index in
            !(index...min(index + encoderReach, file.lineCount - 1)).contains { file.line($0).contains(".sortedKeys") }
        }.map { Finding(path: file.path, line: $0) }
    }
}
