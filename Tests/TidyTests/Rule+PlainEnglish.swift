/// Phrases that a reader had to read twice, with what to write instead.
extension Rule {
    static let plainEnglish: [Rule] = phrases.map(plain)

    /// What the rules leave out: tests and past decisions, and files that still use the phrases and await their turn.
    static let phrasesAreAllowedIn = [
        "Tests/", "docs/decisions/", "Sources/Sync/", "Sources/Simulation/", "docs/architecture.md", "docs/promises.md",
    ]

    private struct Phrase {
        /// Spellings in lower case; each is also found with a capital.
        var texts: [String]
        var advice: String

        init(_ texts: String..., advice: String) {
            self.texts = texts
            self.advice = advice
        }
    }

    private static let phrases = [
        Phrase("web hook", "web-hook", advice: "webhook"),
        Phrase(
            "whoever", "whomever", "somebody", "nobody", "anybody",
            advice: "name the actor: the operator, the customer, the buyer, the sender, the shop, the caller"),
        Phrase("what is gone", "that is gone", "who is gone", advice: "deleted"),
        Phrase("what nobody", "what no one", advice: "say what is missing: \"a profile that was never created\""),
        Phrase(
            "a life of the engine", "the engine's life", "life of the process", "begins its life", "a new life",
            advice: "a session of the engine"),
        Phrase("a destination stands", "what it stands", advice: "what the destination tolerates, or its rate limits"),
        Phrase("who they are", "who the person is", "who is who", advice: "identity; or: which persons are the same"),
        Phrase("this room", "vendor room", "vendor's room", "shop's room", "pure room", advice: "module"),
        Phrase("front door", advice: "RequestRouter"),
        Phrase("for ever", advice: "for good, forever, or never changes"),
        Phrase("anew", advice: "again; to make anew is to recreate"),
        Phrase("a person must", "a person decides", "a person has looked", advice: "an operator; people are shoppers"),
        Phrase("is no edit", "is no revenue", "is no purchase", "is no failure", advice: "is not a purchase"),
        Phrase("has looked and says", "must be looked at", advice: "stays open until you run ..."),
        Phrase("beside the first", advice: "Changing it later leaves inconsistent data."),
        Phrase("come again", "comes again", advice: "send again, retry"),
        Phrase("over and over", advice: "repeated"),
    ]

    private static func plain(_ phrase: Phrase) -> Rule {
        let spellings = phrase.texts.flatMap { [$0, $0.prefix(1).uppercased() + $0.dropFirst()] }
        let samples = phrase.texts.flatMap { text in
            [
                TextFile("Sources/Server/A.swift", "let a = 1  // So \(text) of it."),
                TextFile("docs/page.md", text.prefix(1).uppercased() + text.dropFirst() + " of it."),
            ]
        }
        return Rule(
            "plain English instead of \"\(phrase.texts.joined(separator: "\", \""))\"", advice: phrase.advice,
            broken: samples,
            sound: phrasesAreAllowedIn.map {
                TextFile($0.hasSuffix("/") ? $0 + "A.swift" : $0, "// \(phrase.texts[0])")
            }
                + [
                    TextFile("tools/run", phrase.texts[0]),
                    TextFile("README.md", "For every operator: \(phrase.texts[0])x"),
                ]
        ) { file in
            let isProse = file.path.hasPrefix("Sources/") || file.path.hasSuffix(".md")
            guard isProse, !phrasesAreAllowedIn.contains(where: file.path.hasPrefix) else { return [] }
            return spellings.flatMap { spelling in
                file.lines(with: spelling, asWord: true).filter { ends(spelling, in: file.line($0)) }
            }.map { Finding(path: file.path, line: $0) }
        }
    }

    /// Whether the phrase ends with a word somewhere in the line: "for ever" is not in "for every".
    private static func ends(_ phrase: String, in line: String) -> Bool {
        line.ranges(of: phrase).contains { range in
            range.upperBound == line.endIndex || !line[range.upperBound].isLetter
        }
    }
}
