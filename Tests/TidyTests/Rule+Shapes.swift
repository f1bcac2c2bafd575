/// How files look, and what they are called.
extension Rule {
    static let lineLengthMax = 120
    static let fileLinesMax = 900

    static let shapes: [Rule] = [lineLength, trailingSpace, tabs, fileLength, names, markers, machines]

    private static let lineLength = Rule(
        "lines are at most \(lineLengthMax) characters", advice: "break the line",
        broken: [TextFile("Sources/Sync/A.swift", "let a = 1\n// " + String(repeating: "é", count: lineLengthMax))],
        sound: [TextFile("Sources/Sync/A.swift", String(repeating: "é", count: lineLengthMax))]
    ) { file in
        guard file.isSwift else { return [] }
        return (0..<file.lineCount).filter { index in
            file.lineBytes(index).count > lineLengthMax && file.line(index).count > lineLengthMax
        }.map { Finding(path: file.path, line: $0) }
    }

    private static let trailingSpace = Rule(
        "no line ends in a space", advice: "remove it",
        broken: [TextFile("docs/a.md", "one \ntwo"), TextFile("Sources/JSON/A.swift", "let a = 1\t\n")],
        sound: [TextFile("docs/a.md", "one\n\n  two")]
    ) { file in
        (0..<file.lineCount).filter { [0x20, 0x09, 0x0D].contains(file.lineBytes($0).last) }
            .map { Finding(path: file.path, line: $0) }
    }

    private static let tabs = Rule(
        "Swift is indented with spaces", advice: "four spaces; in a text write \\t",
        broken: [TextFile("Sources/JSON/A.swift", "func a() {\n\tb()\n}")], sound: [TextFile("Makefile", "a:\n\tb")]
    ) { file in
        file.isSwift ? file.lines(with: "\u{9}").map { Finding(path: file.path, line: $0) } : []
    }

    private static let fileLength = Rule(
        "no source has more than \(fileLinesMax) lines", advice: "one main type per file; Type+Area.swift",
        broken: [TextFile("Tests/JSONTests/A.swift", String(repeating: "\n", count: fileLinesMax + 1))],
        sound: [TextFile("Tests/JSONTests/A.swift", String(repeating: "\n", count: fileLinesMax))]
    ) { file in
        let isSource = [".swift", ".py", ".graphql"].contains { file.path.hasSuffix($0) }
        return isSource && file.lineCount > fileLinesMax
            ? [Finding(path: file.path, detail: "\(file.lineCount) lines")] : []
    }

    /// Names that say nothing, and so collect everything.
    private static let empty = ["Util", "Utils", "Helper", "Helpers", "Common", "Manager", "Managers"]

    private static let names = Rule(
        "no file or folder is named \(empty.joined(separator: ", "))", advice: "name it by what it is about",
        broken: [TextFile("Sources/Sync/Helpers/A.swift", ""), TextFile("Sources/Sync/OrderUtils.swift", "")],
        sound: [TextFile("Sources/Sync/Ledger.swift", "")]
    ) { file in
        let parts = file.path.split(separator: "/").map { $0.prefix { $0 != "." } }
        return parts.contains { part in empty.contains { part.hasSuffix($0) || part.lowercased() == $0.lowercased() } }
            ? [Finding(path: file.path)] : []
    }

    // Assembled from pieces, so that this file does not find itself.
    private static let leftovers = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]

    private static let markers = Rule(
        "no leftover markers", advice: "do it, or describe it in an issue",
        broken: leftovers.map { TextFile("docs/a.md", "one\n\($0): two") },
        sound: [TextFile("docs/a.md", leftovers.map { "A" + $0 }.joined(separator: "\n"))]
    ) { file in
        leftovers.flatMap { file.lines(with: $0, asWord: true) }.map { Finding(path: file.path, line: $0) }
    }

    private static let places =
        ["/wo" + "rk/", "/ho" + "me/", "/ro" + "ot/", "/Us" + "ers/", "/tmp/" + "h-"]
    private static let registries = [
        "registry.npm" + "js.org", "py" + "pi.org", "files.python" + "hosted.org", "crates" + ".io",
        "proxy.go" + "lang.org", "docker" + ".io", "gh" + "cr.io", "deb.de" + "bian.org", "arti" + "factory",
    ]

    private static let machines = Rule(
        "no paths of one machine, no package registries", advice: "relative paths; the package manager knows its hosts",
        broken: (places + registries.map { "https://" + $0 }).map { TextFile("tools/setup", "cd \($0)plumbline") },
        sound: [TextFile("docs/a.md", places.map { "https://example.test\($0)a" }.joined(separator: "\n"))]
    ) { file in
        (places.flatMap { file.lines(with: $0, asWord: true) } + registries.flatMap { file.lines(with: $0) })
            .map { Finding(path: file.path, line: $0) }
    }
}
