/// What is promised to users, and the tests that prove it, are one list.
extension Rule {
    static let provenPromises: [Rule] = [promisesAreProven]

    private static let promisePage = "docs/promises.md"
    /// Above the table of what is proven; every other table of the page lists what is not.
    private static let builtHeading = "## Built"
    // Assembled from pieces, so that the samples are no tests.
    private static let testAttribute = "@Te" + "st("

    private static let promisesAreProven = Rule(
        "\(promisePage) lists what the tests prove, and names tests that prove it",
        advice: "one row for each id; each file of its row has a test whose name begins with the id",
        broken: [
            // A test of an id that is not listed, or is listed as not built.
            [built("| A1 | a | `SyncTests/A.swift` |"), sample("A1 a", "law 2 E10 b")],
            [built("| A1 | a | `SyncTests/A.swift` |\n\n## Later\n\n| A2 | b | |"), sample("A1 a", "A1 A2 b")],
            [sample("A1 a")],
            // A row that no test proves, that names no file, or one without such a test.
            [built("| A1 | a | `SyncTests/A.swift` |\n| A2 | b | |"), sample("A1 a")],
            [built("| A1 | a | |"), sample("A1 a")],
            [built("| A1 | a | `SyncTests/A.swift`, `SyncTests/B.swift` |"), sample("A1 a")],
            [
                built("| A1 | a | `SyncTests/A.swift` |\n| A2 | b | `SyncTests/A.swift` |"), sample("A1 a"),
                TextFile("Tests/SyncTests/B.swift", "\(testAttribute)\"A2 b\")"),
            ],
            // One id in two rows.
            [built("| A1 | a | `SyncTests/A.swift` |\n\n## Later\n\n| A1 | b | |"), sample("A1 a")],
        ],
        sound: [
            [built("| A1 | a | `SyncTests/A.swift` |"), sample("A1 a", "a K9 in the middle", "law 4 A1 b")],
            [built("| A1 | a | `SyncTests/A.swift` |\n\n## Later\n\n| A2 | b | |"), sample("A1 a")],
            [
                built("| A1 | a | `SyncTests/A.swift` |"),
                TextFile("Tests/SyncTests/A.swift", "\(testAttribute)\n    \"A1 a\", arguments: [\"A2\"])"),
            ],
        ]
    ) { files in
        let rows = files.first(where: { $0.path == promisePage }).map(promiseRows) ?? []
        let tests = files.filter { $0.isSwift && $0.isTest }.flatMap(promisedTests)
        let builtIDs = Set(rows.filter(\.isBuilt).map(\.id))
        let unlisted = tests.filter { !builtIDs.contains($0.id) }.map { test in
            Finding(path: test.path, line: test.line, detail: "\(test.id) is not listed as built")
        }
        var proven: [String: Set<String>] = [:]
        for test in tests { proven[test.id, default: []].insert(test.path) }
        var seen: Set<String> = []
        let faulty = rows.flatMap { row -> [Finding] in
            var details = row.isBuilt ? faults(of: row, provenIn: proven[row.id] ?? []) : []
            if !seen.insert(row.id).inserted { details.append("\(row.id) has two rows") }
            return details.map { Finding(path: promisePage, line: row.line, detail: $0) }
        }
        return unlisted + faulty
    }

    private struct PromiseRow {
        var id: String
        var line: Int
        var isBuilt: Bool
        /// Paths from the repository's root.
        var proofs: [String]
    }

    private struct PromisedTest {
        var id: String
        var path: String
        var line: Int
    }

    private static func faults(of row: PromiseRow, provenIn paths: Set<String>) -> [String] {
        if row.proofs.isEmpty { return ["\(row.id) names no file that proves it"] }
        return row.proofs.filter { !paths.contains($0) }.map { "\($0) has no test of \(row.id)" }
    }

    private static func promiseRows(in page: TextFile) -> [PromiseRow] {
        var isBuilt = false
        var rows: [PromiseRow] = []
        for index in 0..<page.lineCount {
            let line = page.line(index)
            if line.hasPrefix("## ") { isBuilt = line == builtHeading }
            guard line.hasPrefix("| "), let id = line.split(separator: " ").dropFirst().first, isPromise(id) else {
                continue
            }
            let files = line.split(separator: "`").filter { $0.hasSuffix(".swift") }.map { "Tests/\($0)" }
            rows.append(PromiseRow(id: String(id), line: index, isBuilt: isBuilt, proofs: files))
        }
        return rows
    }

    private static func promisedTests(in file: TextFile) -> [PromisedTest] {
        file.lines(with: testAttribute, inCode: true).flatMap { index in
            // The name may stand on the next line.
            let rest = index + 1 < file.lineCount ? file.line(index) + file.line(index + 1) : file.line(index)
            let quoted = rest.split(separator: "\"", omittingEmptySubsequences: false)
            return quoted.count < 2
                ? [] : promisedIDs(in: quoted[1]).map { PromisedTest(id: $0, path: file.path, line: index) }
        }
    }

    /// The ids that a name begins with; a law may stand among them.
    private static func promisedIDs(in name: Substring) -> [String] {
        name.split(separator: " ").prefix { isPromise($0) || $0 == "law" || $0.allSatisfy(\.isNumber) }
            .filter(isPromise).map(String.init)
    }

    private static func isPromise(_ word: Substring) -> Bool {
        guard let letter = word.first, ("A"..."Z").contains(letter) else { return false }
        return (2...3).contains(word.count) && word.dropFirst().allSatisfy { ("0"..."9").contains($0) }
    }

    private static func built(_ rows: String) -> TextFile {
        TextFile(promisePage, "# Promises\n\n\(builtHeading)\n\n| id | promise | proof |\n|---|---|---|\n\(rows)\n")
    }

    /// A test file with one test for each name.
    private static func sample(_ names: String...) -> TextFile {
        TextFile("Tests/SyncTests/A.swift", names.map { "\(testAttribute)\"\($0)\")" }.joined(separator: "\n"))
    }
}
