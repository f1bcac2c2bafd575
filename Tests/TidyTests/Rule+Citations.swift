/// A reader of a citation can look it up: it names a page of this repository and a heading of that page.
extension Rule {
    static let citations: [Rule] = [standsAlone, leadsSomewhere]

    // Assembled from pieces, so that this file does not find itself.
    private static let factSheets = "ap" + "is/"
    private static let papers = ["DES" + "IGN", "CONTR" + "ACTS", "REQUIRE" + "MENTS"]
    private static let lost: [String] =
        papers.map { "\($0) section 4" } + ["\(factSheets)shop.md 3.4", "../shared/\(factSheets)shop.md"]
    private static let docs = "do" + "cs/"
    private static let samplePage = docs + "sample.md"

    private static let standsAlone = Rule(
        "nothing cites what is not in the repository", advice: "cite a page of \(docs) by a heading, or leave it out",
        broken: lost.map { TextFile("Sources/Server/A.swift", "/// What is sent (\($0)).") },
        sound: [
            TextFile("Sources/Server/A.swift", "/// What is sent (\(samplePage), Refunds)."),
            TextFile(samplePage, "The limits: https://vendor.test/\(factSheets)limits"),
        ]
    ) { file in
        let sheets = file.lines(with: factSheets).filter { index in
            file.line(index).split(separator: " ").contains { $0.contains(factSheets) && !$0.contains("://") }
        }
        return (sheets + papers.flatMap { file.lines(with: $0, asWord: true) })
            .map { Finding(path: file.path, line: $0) }
    }

    private static let leadsSomewhere = Rule(
        "every citation names a page and a heading of it",
        advice: "(\(docs)page.md, Heading; Another), headings without number and code marks; or law 3",
        broken: [
            [cited("Refunds")],
            [TextFile(samplePage, "# Shop\n## Refunds"), cited("Returns")],
            [TextFile(samplePage, "# Shop\n## Refunds"), cited("Refunds; Returns")],
            [TextFile(samplePage, "# Shop\n## Refunds"), cited("\n    /// Returns")],
            [TextFile(samplePage, "# Shop\n## Refunds"), cited("Refunds and more")],
            [TextFile(samplePage, "## Law 3: frozen"), cited("law 4")],
        ],
        sound: [
            [TextFile(samplePage, "# Shop\n## 2. Refunds: `who`"), cited("Refunds:\n    /// who")],
            [TextFile(samplePage, "# Shop\n## Law 3: frozen"), cited("Shop; law 3")],
            [TextFile("Sources/Server/A.swift", "/// Printed into `\(samplePage)`, whole.")],
        ]
    ) { files in
        let pages = files.filter { $0.path.hasPrefix(docs) && $0.path.hasSuffix(".md") }
        let headings = Dictionary(pages.map { ($0.path, headingsOf($0)) }, uniquingKeysWith: { first, _ in first })
        return files.flatMap { file in
            file.lines(with: docs).flatMap { index in
                citationsIn(file, at: index)
                    .filter { citation in
                        guard let known = headings[citation.page] else { return true }
                        return !citation.headings.allSatisfy { known.contains($0) }
                    }
                    .map { citation in
                        let detail = "\(citation.page), \(citation.headings.joined(separator: "; "))"
                        return Finding(path: file.path, line: index, detail: detail)
                    }
            }
        }
    }

    private static func cited(_ headings: String) -> TextFile {
        TextFile("Sources/Server/A.swift", "    /// What is sent (\(samplePage), \(headings)).\n    func a() {}")
    }

    private struct Citation {
        var page: String
        var headings: [String]
    }

    /// Lines after its first in which a citation may go on.
    private static let citationReach = 2

    /// Those that begin in the line.
    private static func citationsIn(_ file: TextFile, at index: Int) -> [Citation] {
        let line = file.line(index)
        let count = line.split(separator: docs, omittingEmptySubsequences: false).count - 1
        var text = line
        for next in (index + 1)..<(index + 1 + citationReach) where next < file.lineCount {
            let isMark: (Character) -> Bool = { " /#".contains($0) }
            text = trimmedEnd(text) + " " + String(file.line(next).drop(while: isMark))
        }
        let pieces: [Substring] = text.split(separator: docs, omittingEmptySubsequences: false)
        return pieces.dropFirst().prefix(count).compactMap { piece in
            guard let comma = piece.firstRange(of: ".md, ") else { return nil }
            let name = piece[..<comma.lowerBound]
            guard name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" || $0 == "/" }) else { return nil }
            let headings = piece[comma.upperBound...].prefix { $0 != ")" && $0 != "]" }
            return Citation(
                page: "\(docs)\(name).md", headings: headings.split(separator: "; ").map { String($0) })
        }
    }

    private static func trimmedEnd(_ text: String) -> String {
        var text = text
        while text.last == " " { text.removeLast() }
        return text
    }

    /// As they are cited: "2. Keys" as "Keys", "Law 3: frozen before the first attempt" also as "law 3".
    private static func headingsOf(_ page: TextFile) -> Set<String> {
        var found: Set<String> = []
        for index in 0..<page.lineCount {
            let line = page.line(index)
            guard line.hasPrefix("#") else { continue }
            var words = line.drop { $0 == "#" }.split(separator: " ")
            if let first = words.first, first.hasSuffix("."), first.dropLast().allSatisfy(\.isNumber) {
                words.removeFirst()
            }
            found.insert(words.joined(separator: " ").replacing("`", with: ""))
            if words.count > 1, words[0] == "Law" {
                let number = words[1].prefix { $0.isNumber }
                found.insert("law \(number)")
            }
        }
        return found
    }
}
