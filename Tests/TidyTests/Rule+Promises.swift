/// Promises to the compiler that it cannot check need their reason beside them.
extension Rule {
    static let promises: [Rule] = ["@unch" + "ecked Sendable", "nonisolated(un" + "safe)"].map(justified)

    private static func justified(_ promise: String) -> Rule {
        Rule(
            "\(promise) says why it holds", advice: "a comment directly above with \"because\" or \"since\"",
            broken: [
                TextFile("Sources/Server/A.swift", "/// A box.\nlet a: \(promise)"),
                TextFile("Sources/Server/A.swift", "// Fine because locked.\n\nlet a: \(promise)"),
                TextFile("Sources/Server/A.swift", "let a: \(promise)"),
            ],
            sound: [
                TextFile(
                    "Sources/Server/A.swift", "/// A box. Safe because its lock\n/// guards it.\nlet a: \(promise)"),
                TextFile("Sources/Server/A.swift", "// Safe since it never changes.\n@frozen\nlet a: \(promise)"),
                TextFile("Sources/Server/A.swift", "/// Without \(promise)."),
            ]
        ) { file in
            guard file.isSwift else { return [] }
            return file.lines(with: promise, inCode: true).filter { !isJustified($0, in: file) }
                .map { Finding(path: file.path, line: $0) }
        }
    }

    private static func isJustified(_ index: Int, in file: TextFile) -> Bool {
        var above = index - 1
        // Attributes may stand between a comment and its declaration.
        while above >= 0, trimmed(above, in: file).hasPrefix("@") { above -= 1 }
        while above >= 0, trimmed(above, in: file).hasPrefix("//") {
            let comment = trimmed(above, in: file).lowercased()
            if comment.contains("because") || comment.contains("since") { return true }
            above -= 1
        }
        return false
    }

    private static func trimmed(_ index: Int, in file: TextFile) -> Substring {
        file.line(index).drop { $0 == " " }
    }
}
