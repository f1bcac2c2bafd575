import Testing

/// Something the whole repository keeps, with samples that show the rule alive.
struct Rule: Sendable, CustomTestStringConvertible {
    let name: String
    /// What to do instead.
    let advice: String
    /// Takes all files, returns what breaks the rule.
    let find: @Sendable ([TextFile]) -> [Finding]
    /// Small repositories in which the rule must find something.
    let broken: [[TextFile]]
    /// Small repositories in which it must find nothing.
    let sound: [[TextFile]]

    struct Finding: Sendable, Hashable, CustomStringConvertible {
        var path: String
        /// From zero; `nil` for the file itself.
        var line: Int?
        var detail = ""

        var description: String { path + (line.map { ":\($0 + 1)" } ?? "") + (detail.isEmpty ? "" : " (\(detail))") }
    }

    init(
        _ name: String, advice: String, broken: [[TextFile]], sound: [[TextFile]] = [],
        find: @escaping @Sendable ([TextFile]) -> [Finding]
    ) {
        self.name = name
        self.advice = advice
        self.find = find
        self.broken = broken
        self.sound = sound
    }

    /// A rule that looks at one file at a time; each sample is one file.
    init(
        _ name: String, advice: String, broken: [TextFile], sound: [TextFile] = [],
        inEach find: @escaping @Sendable (TextFile) -> [Finding]
    ) {
        self.init(name, advice: advice, broken: broken.map { [$0] }, sound: sound.map { [$0] }) { files in
            files.flatMap(find)
        }
    }

    var testDescription: String { name }

    static let all =
        Rule.shapes + Rule.bannedCalls + Rule.promises + Rule.imports + Rule.references + Rule.citations
        + Rule.provenPromises + Rule.plainEnglish
}
