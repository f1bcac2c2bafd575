/// All problems of a configuration file, so that one run reports them together. Never contains the value of an
/// environment variable.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    public var file: String
    /// In the order of the file; problems of files that it names come last.
    public var problems: [ConfigurationProblem]

    public init(file: String, problems: [ConfigurationProblem]) {
        self.file = file
        func place(_ problem: ConfigurationProblem) -> (String, Int, Int) {
            (problem.file ?? "", problem.line, problem.column)
        }
        self.problems = problems.sorted { place($0) < place($1) }
    }

    /// One line for each problem: `plumbline.yaml:12:3: unknown key "polices"; did you mean "policies"?`
    public var description: String {
        problems.map { problem in
            let nearest = problem.nearest.map { "; did you mean \"\($0)\"?" } ?? ""
            return "\(problem.file ?? file):\(problem.line):\(problem.column): \(problem.what)\(nearest)"
        }.joined(separator: "\n")
    }
}

/// One problem and its place.
public struct ConfigurationProblem: Sendable, Hashable {
    public enum Code: String, Sendable {
        case unreadable, notYAML = "not_yaml", unknownKey = "unknown_key", missingKey = "missing_key"
        case wrongType = "wrong_type", wrongValue = "wrong_value", environment, unknownName = "unknown_name"
        case notBuilt = "not_built", clash
    }
    public var code: Code
    /// Counted from 1.
    public var line: Int
    public var column: Int
    /// Plain language; includes the next step if there is one.
    public var what: String
    /// The valid word that was probably meant.
    public var nearest: String?
    /// The file that the configuration names, if the problem is in that file.
    public var file: String?

    public init(
        _ code: Code, line: Int, column: Int, what: String, nearest: String? = nil, file: String? = nil
    ) {
        self.file = file
        self.code = code
        self.line = line
        self.column = column
        self.what = what
        self.nearest = nearest
    }
}

/// Finds the word that was probably meant.
enum Spelling {
    /// The valid word with the fewest changed letters, the first of equals. Returned even if it is not near: it shows
    /// what kind of word belongs here.
    static func nearest(to word: String, among valid: [String]) -> String? {
        valid.sorted().min { distance(word, $0) < distance(word, $1) }
    }

    /// Whether one word is probably the other, misspelt or cut short: `shp` and `shop`, `token` and `access_token`.
    static func isNear(_ word: String, _ valid: String) -> Bool {
        let lettersMin = 3
        if word.count >= lettersMin, valid.count >= lettersMin, word.contains(valid) || valid.contains(word) {
            return true
        }
        return distance(word, valid) <= max(1, valid.count / 3)
    }

    /// Letters to insert, remove, replace or swap with their neighbour.
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.lowercased()), right = Array(right.lowercased())
        guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for row in 1...left.count {
            var current = [row] + [Int](repeating: 0, count: right.count)
            for column in 1...right.count {
                let cost = left[row - 1] == right[column - 1] ? 0 : 1
                current[column] = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + cost)
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    current[column] = min(current[column], beforeLast[column - 2] + 1)
                }
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
