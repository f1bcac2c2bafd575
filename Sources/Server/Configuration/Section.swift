import Commerce
import Foundation
import Yams

/// Collects problems, so that one run reports all of them. A class because many sections add to one list.
final class ProblemList {
    private(set) var problems: [ConfigurationProblem] = []
    let environment: [String: String]

    init(environment: [String: String]) { self.environment = environment }

    func add(_ code: ConfigurationProblem.Code, at node: Node, _ what: String, nearest: String? = nil) {
        add(code, at: Configuration.Place(node), what, nearest: nearest)
    }

    func add(
        _ code: ConfigurationProblem.Code, at place: Configuration.Place, _ what: String, nearest: String? = nil
    ) {
        problems.append(
            ConfigurationProblem(code, line: place.line, column: place.column, what: what, nearest: nearest))
    }

    /// Adds a problem in a file that the configuration names.
    func add(_ code: ConfigurationProblem.Code, in file: String, line: Int, _ what: String) {
        problems.append(ConfigurationProblem(code, line: line, column: 1, what: what, file: file))
    }

    /// Replaces each `${NAME}`; a missing variable is a problem that names it and shows no value.
    func expanded(_ text: String, at node: Node) -> String? {
        var result = ""
        var rest = text[...]
        while let start = rest.range(of: "${") {
            guard let end = rest[start.upperBound...].firstIndex(of: "}") else {
                add(.wrongValue, at: node, "\"${\" without a closing \"}\"")
                return nil
            }
            let name = String(rest[start.upperBound..<end])
            guard let value = environment[name], !value.isEmpty else {
                add(.environment, at: node, "environment variable \(name) is not set")
                return nil
            }
            result += rest[..<start.lowerBound] + value
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }
}

extension Configuration.Place {
    /// The start of the node; the start of the file for a node without a mark.
    init(_ node: Node) { self.init(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1) }
}

/// One mapping of the file. Reading a key makes it known; ``finish()`` reports unknown and missing keys. A misspelt key
/// is both, and is reported once.
final class Section {
    let name: String
    let node: Node
    let list: ProblemList
    private let mapping: Node.Mapping
    private var known: [String] = []
    private var missing: [String] = []
    /// Other keys that could replace a missing one.
    private var alternatives: [String: String] = [:]

    /// Adds a problem and returns `nil` if the node is not a mapping.
    init?(_ node: Node, _ name: String, _ list: ProblemList) {
        guard case .mapping(let mapping) = node else {
            list.add(.wrongType, at: node, "\(name) must be a mapping of keys to values")
            return nil
        }
        self.name = name
        self.node = node
        self.mapping = mapping
        self.list = list
        for pair in mapping where pair.key.string == nil {
            list.add(.wrongType, at: pair.key, "a key of \(name) must be a text")
        }
    }

    // MARK: Values

    /// The place of a key's value; the section's own place if the key is absent.
    func place(of key: String) -> Configuration.Place {
        Configuration.Place(value(key) ?? node)
    }

    func has(_ key: String) -> Bool { value(key) != nil }

    /// The value's node; `nil` when the key is absent.
    func node(_ key: String) -> Node? {
        if !known.contains(key) { known.append(key) }
        return value(key)
    }

    private func value(_ key: String) -> Node? { mapping.first { $0.key.string == key }?.value }

    /// ``finish()`` reports the key if it is missing.
    /// - Parameter alternative: the keys that could replace it, as shown in the message.
    @discardableResult
    func required(_ key: String, or alternative: String? = nil) -> Node? {
        if let node = node(key) { return node }
        if !missing.contains(key) { missing.append(key) }
        alternatives[key] = alternative
        return nil
    }

    func section(_ key: String) -> Section? { node(key).flatMap { Section($0, "\(name).\(key)", list) } }
    func requiredSection(_ key: String) -> Section? { required(key).flatMap { Section($0, "\(name).\(key)", list) } }

    func text(_ key: String) -> String? { node(key).flatMap { text($0, key) } }
    func requiredText(_ key: String) -> String? { required(key).flatMap { text($0, key) } }

    func text(_ node: Node, _ key: String) -> String? {
        guard case .scalar(let scalar) = node, node.null == nil else {
            list.add(.wrongType, at: node, "\(name).\(key) must be a text")
            return nil
        }
        guard let text = list.expanded(scalar.string, at: node) else { return nil }
        guard !text.isEmpty else {
            list.add(.wrongValue, at: node, "\(name).\(key) is empty")
            return nil
        }
        return text
    }

    func texts(_ key: String) -> [String]? {
        guard let node = node(key) else { return nil }
        guard case .sequence(let values) = node else {
            list.add(.wrongType, at: node, "\(name).\(key) must be a list")
            return nil
        }
        let texts = values.map { text($0, key) }
        return texts.contains(nil) ? nil : texts.compactMap { $0 }
    }

    func number(_ key: String, _ range: ClosedRange<Int>) -> Int? {
        guard let node = node(key), let text = text(node, key) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            list.add(
                .wrongType, at: node,
                "\(name).\(key) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    func truth(_ key: String) -> Bool? {
        guard let node = node(key), let text = text(node, key) else { return nil }
        if text == "true" || text == "false" { return text == "true" }
        list.add(.wrongType, at: node, "\(name).\(key) must be true or false")
        return nil
    }

    func span(_ key: String) -> TimeSpan? {
        guard let node = node(key), let text = text(node, key) else { return nil }
        if let span = Measures.span(text) { return span }
        list.add(.wrongType, at: node, "\(name).\(key) must be a length of time such as 20ms, 120s, 5m, 12h or 400d")
        return nil
    }

    func bytes(_ key: String) -> Int? {
        guard let node = node(key), let text = text(node, key) else { return nil }
        if let bytes = Measures.bytes(text) { return bytes }
        list.add(.wrongType, at: node, "\(name).\(key) must be a size such as 512KiB or 2MiB")
        return nil
    }

    func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, _: Choice.Type = Choice.self) -> Choice?
    where Choice.RawValue == String {
        guard let node = node(key), let text = text(node, key) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        let valid = Choice.allCases.map(\.rawValue)
        list.add(
            .wrongValue, at: node, "\(name).\(key) must be one of \(valid.joined(separator: ", "))",
            nearest: Spelling.nearest(to: text, among: valid))
        return nil
    }

    /// Members in the order of the file, each with the node of its key.
    var members: [(key: String, keyNode: Node, value: Node)] {
        mapping.compactMap { pair in pair.key.string.map { ($0, pair.key, pair.value) } }
    }

    /// Reports keys that were never read, and required keys that are missing.
    func finish() {
        var unknown = members.filter { !known.contains($0.key) }
        // A missing key is probably the misspelt one.
        for member in unknown {
            let near = missing.filter { Spelling.isNear(member.key, $0) }
            guard let meant = Spelling.nearest(to: member.key, among: near) else { continue }
            refuse(member, meant: meant)
            missing.removeAll { $0 == meant }
            unknown.removeAll { $0.key == member.key }
        }
        let written = Set(members.map(\.key))
        let free = known.filter { !written.contains($0) }
        if unknown.count == 1, missing.count == 1 {
            let near = free.filter { Spelling.isNear(unknown[0].key, $0) }
            refuse(unknown[0], meant: Spelling.nearest(to: unknown[0].key, among: near + missing))
            (unknown, missing) = ([], [])
        }
        for member in unknown {
            refuse(member, meant: Spelling.nearest(to: member.key, among: free.isEmpty ? known : free))
        }
        for key in missing {
            let alternative = alternatives[key].map { ", or \($0)" } ?? ""
            list.add(.missingKey, at: node, "\(name) needs the key \"\(key)\"\(alternative)")
        }
    }

    /// Used instead of ``finish()`` if the key that determines the other keys is missing. The others are not checked.
    func finish(without key: String) {
        let near = members.filter { Spelling.isNear($0.key, key) }
        let nearest = near.min { Spelling.distance($0.key, key) < Spelling.distance($1.key, key) }
        guard let nearest else {
            return list.add(.missingKey, at: node, "\(name) needs the key \"\(key)\"")
        }
        refuse(nearest, meant: key)
    }

    private func refuse(_ member: (key: String, keyNode: Node, value: Node), meant: String?) {
        list.add(.unknownKey, at: member.keyNode, "unknown key \"\(member.key)\" in \(name)", nearest: meant)
    }
}
