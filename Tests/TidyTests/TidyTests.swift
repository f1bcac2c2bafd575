import Testing

@Suite("The repository is tidy")
struct TidyTests {
    @Test("the repository keeps every rule", arguments: Rule.all)
    func repositoryKeeps(_ rule: Rule) {
        let found = rule.find(Repository.files)
        if found.isEmpty { return }
        let list = found.map { "  \($0)" }.joined(separator: "\n")
        Issue.record("\(rule.name): \(rule.advice)\n\(list)")
    }

    @Test("every rule catches its broken samples", arguments: Rule.all)
    func catches(_ rule: Rule) {
        #expect(!rule.broken.isEmpty, "a rule without a broken sample proves nothing")
        for (index, sample) in rule.broken.enumerated() {
            let found = rule.find(sample)
            #expect(!found.isEmpty, "sample \(index) of \"\(rule.name)\" was not caught")
        }
    }

    @Test("no rule takes offence at a sound sample", arguments: Rule.all)
    func permits(_ rule: Rule) {
        for (index, sample) in rule.sound.enumerated() {
            let found = rule.find(sample)
            #expect(found.isEmpty, "sample \(index) of \"\(rule.name)\": \(found)")
        }
    }

    @Test("the rules read the repository, not an empty folder")
    func readsEverything() {
        let paths = Set(Repository.files.map(\.path))
        let expected = [
            "Package.swift", "README.md", "Makefile", "tools/setup", ".ci/run", "Sources/Sync/Plan.swift",
            "Tests/TidyTests/TidyTests.swift",
        ]
        for path in expected { #expect(paths.contains(path), "\(path) was not read") }
    }

    @Test("a line is found by word, and not in a comment")
    func findsLines() {
        let file = TextFile("A.swift", "a(b)\nxa(b) // a(b)\n// a(b)\nlet u = \"https://e.test\"; a(b)\n")
        #expect(file.lineCount == 4)
        #expect(file.lines(with: "a(b)") == [0, 1, 2, 3])
        #expect(file.lines(with: "a(b)", asWord: true) == [0, 1, 2, 3])
        #expect(file.lines(with: "a(b)", asWord: true, inCode: true) == [0, 3])
        let marks = String(repeating: "\"", count: 3)
        let script = TextFile("A.swift", "let s = \(marks)\na(b)\n\(marks)\na(b)\n")
        #expect(script.lines(with: "a(b)", inCode: true) == [3])
        #expect(script.lines(with: "a(b)") == [1, 3])
        #expect(TextFile("A.swift", "").lines(with: "a").isEmpty)
    }
}
