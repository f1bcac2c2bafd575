import Sync

/// A connection or flow that an operator gave as the key of a trace.
struct NamedPart: Sendable, Hashable {
    enum Kind: String, Sendable { case connection, flow }
    let kind: Kind
    let name: String

    /// - Parameter onlyWhole: ignores the single words of a longer text.
    static func all(in key: TraceKey, flows: [Flow], onlyWhole: Bool) -> [NamedPart] {
        let texts = onlyWhole ? [key.text] : [key.text] + key.words
        let connections = Set(flows.flatMap { [$0.source, $0.destination] })
        let names = Set(flows.flatMap { [$0.name, Flow.peopleFlow(of: $0.destination)] })
        var parts: [NamedPart] = []
        for text in texts {
            if connections.contains(text) { parts.append(NamedPart(kind: .connection, name: text)) }
            if names.contains(text) { parts.append(NamedPart(kind: .flow, name: text)) }
        }
        return parts
    }

    /// `crm is a connection`
    var text: String { "\(name) is a \(kind.rawValue)" }

    /// The subjects of exceptions that are only about it.
    var subjects: [String] {
        guard kind == .connection else { return [name] }
        return [name, "\(name) histories"] + EntityKind.allCases.map { "\(name) \($0.rawValue)" }
    }
}
