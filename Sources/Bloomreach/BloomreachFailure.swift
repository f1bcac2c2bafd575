import JSON

/// What Bloomreach says is wrong, out of any of its error envelopes (docs/vendors/bloomreach.md, Errors):
///
/// ```json
/// {"success":false,"error":"access key not found"}
/// {"success":false,"message":"No commands"}
/// {"success":false,"errors":["At least one id should be specified."]}
/// {"success":false,"errors":{"_global":["Customer does not exist"]}}      also by field, or {"code","description"}
/// invalid secret                                                          plain text
/// ```
struct BloomreachFailure: Sendable, Hashable {
    /// The vendor's sentences, in the order of the document; a field's name precedes its sentence.
    let messages: [String]

    /// Characters of vendor text that are kept: enough for a list of fields, too few to carry a document.
    static let textMax = 300

    /// Reads an answer's body, whatever it is; an empty one or a page for people has a sentence of ours.
    static func parse(_ body: [UInt8]) -> BloomreachFailure {
        if let document = try? JSON.parse(body) { return parse(document) }
        let text = String(decoding: body.prefix(4 * textMax), as: UTF8.self)
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let first = words.first else { return BloomreachFailure(messages: ["no message"]) }
        if first.hasPrefix("<") { return BloomreachFailure(messages: ["a page for people instead of an answer"]) }
        return BloomreachFailure(messages: [words.joined(separator: " ")])
    }

    /// Reads an envelope, or the result of one command or item.
    static func parse(_ document: JSON) -> BloomreachFailure {
        var messages: [String] = []
        for name in ["error", "message", "errors"] {
            if let value = document[name] { messages += Self.messages(in: value) }
        }
        if case .string(let text) = document { messages = [text] }
        messages = messages.map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
        return BloomreachFailure(messages: messages.isEmpty ? ["no message"] : messages)
    }

    private static func messages(in value: JSON) -> [String] {
        switch value {
        case .string(let text): return text.isEmpty ? [] : [text]
        case .array(let values): return values.flatMap { messages(in: $0) }
        case .object(let object):
            if let said = object["description"]?.string ?? object["message"]?.string {
                return [object["code"]?.decimalText.map { "\(said) (\($0))" } ?? said]
            }
            return object.members.flatMap { member in
                let said = messages(in: member.value)
                return member.key == "_global" ? said : said.map { "\(member.key): \($0)" }
            }
        case .number(let number): return [number.text]
        case .null, .bool: return []
        }
    }

    /// Whether the project or the key is refused, whatever the status says: a bad token answers 400.
    var isAboutAccess: Bool {
        let known = [
            "could not authenticate", "invalid project id", "access key not found", "access key not provided",
            "invalid secret",
        ]
        return messages.contains { message in known.contains { message.lowercased().contains($0) } }
    }

    /// Whether the person or row asked for is not there, rather than the route.
    var isAboutAbsence: Bool { messages.contains { $0.lowercased().contains("does not exist") } }

    /// The vendor's text for logs and exceptions: without the given values and anything that looks like an e-mail
    /// address, at most ``textMax`` characters, with what to do where we know it.
    /// - Parameter eventType: names the permission that is missing.
    func text(without values: [String], eventType: String? = nil) -> String {
        let redacted = Redaction(values: values).applied(to: messages.joined(separator: "; "))
        let advice = advice(eventType: eventType).map { "; " + $0 } ?? ""
        return String(redacted.prefix(Self.textMax - advice.count)) + advice
    }

    private func advice(eventType: String?) -> String? {
        let text = messages.joined(separator: " ").lowercased()
        if text.contains("not properly defined") { return "run plumbline check --fix" }
        if text.contains("not authorized to add event"), let eventType {
            return "give the key the permission Events > Set for \(eventType)"
        }
        return nil
    }
}

/// Takes personal data out of a vendor's sentence.
struct Redaction: Sendable {
    static let mark = "[redacted]"
    private let values: [[Character]]

    init(values: [String]) {
        // The longest first, so that a value inside another leaves nothing behind.
        self.values = values.filter { !$0.isEmpty }.map { Array($0.lowercased()) }.sorted {
            ($1.count, String($0)) < ($0.count, String($1))
        }
    }

    func applied(to text: String) -> String {
        var characters = Array(text)
        for value in values { characters = Self.replace(value, in: characters) }
        let words = String(characters).split(separator: " ", omittingEmptySubsequences: false)
        return words.map { $0.contains("@") ? Self.mark : String($0) }.joined(separator: " ")
    }

    /// Replaces whole words only: the id `1` must not blot out every digit.
    private static func replace(_ value: [Character], in text: [Character]) -> [Character] {
        var result: [Character] = []
        var index = 0
        while index < text.count {
            let end = index + value.count
            let isHit =
                end <= text.count
                && zip(text[index..<min(end, text.count)], value).allSatisfy { $0.lowercased() == String($1) }
                && (index == 0 || !isWord(text[index - 1]) || !isWord(text[index]))
                && (end == text.count || !isWord(text[end]) || !isWord(text[end - 1]))
            if isHit {
                result += Array(mark)
                index = end
            } else {
                result.append(text[index])
                index += 1
            }
        }
        return result
    }

    private static func isWord(_ character: Character) -> Bool { character.isLetter || character.isNumber }
}
