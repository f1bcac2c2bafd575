import JSON

/// Reads GraphQL source: executable documents, and through ``GraphQLSchema`` the type definitions of the twin.
struct GraphQLParser {
    /// Nested selections or values; a vendor's client stays far below, the stack is safe far above.
    static let depthMost = 40

    enum Token: Hashable {
        case end
        case punctuator(Character)
        case spread
        case name(String)
        case number(String)
        case text(String)
    }

    private let bytes: [UInt8]
    private var offset = 0
    private var line = 1
    private var lineStart = 0
    private(set) var token = Token.end
    private(set) var place = GraphQLPlace(line: 1, column: 1)

    init(_ source: String) throws(GraphQLProblem) {
        bytes = Array(source.utf8)
        try advance()
    }

    // MARK: Tokens

    private func isNameByte(_ byte: UInt8) -> Bool {
        byte == 0x5F || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    private mutating func skipIgnored() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x0A:
                offset += 1
                line += 1
                lineStart = offset
            case 0x20, 0x09, 0x0D, 0x2C: offset += 1
            case 0x23: while offset < bytes.count, bytes[offset] != 0x0A { offset += 1 }
            default: return
            }
        }
    }

    mutating func advance() throws(GraphQLProblem) {
        skipIgnored()
        place = GraphQLPlace(line: line, column: offset - lineStart + 1)
        guard offset < bytes.count else {
            token = .end
            return
        }
        let start = offset
        switch bytes[offset] {
        case 0x2E where bytes[offset...].starts(with: [0x2E, 0x2E, 0x2E]):
            offset += 3
            token = .spread
        case 0x22: token = .text(try text())
        case 0x2D, 0x30...0x39:
            offset += 1
            while offset < bytes.count, isNameByte(bytes[offset]) || [0x2E, 0x2B, 0x2D].contains(bytes[offset]) {
                offset += 1
            }
            token = .number(String(decoding: bytes[start..<offset], as: UTF8.self))
        case let byte where isNameByte(byte):
            while offset < bytes.count, isNameByte(bytes[offset]) { offset += 1 }
            token = .name(String(decoding: bytes[start..<offset], as: UTF8.self))
        case let byte:
            offset += 1
            token = .punctuator(Character(Unicode.Scalar(byte)))
        }
    }

    private mutating func text() throws(GraphQLProblem) -> String {
        if bytes[offset...].starts(with: [0x22, 0x22, 0x22]) { return try block() }
        var result: [UInt8] = []
        offset += 1
        while offset < bytes.count, bytes[offset] != 0x22, bytes[offset] != 0x0A {
            if bytes[offset] == 0x5C, offset + 1 < bytes.count {
                result.append(bytes[offset])
                offset += 1
            }
            result.append(bytes[offset])
            offset += 1
        }
        guard offset < bytes.count, bytes[offset] == 0x22 else { throw unexpected() }
        offset += 1
        // GraphQL's escapes are JSON's.
        guard let json = try? JSON.parse([0x22] + result + [0x22]), let text = json.string else { throw unexpected() }
        return text
    }

    private mutating func block() throws(GraphQLProblem) -> String {
        offset += 3
        let start = offset
        while offset < bytes.count, !bytes[offset...].starts(with: [0x22, 0x22, 0x22]) {
            if bytes[offset] == 0x0A {
                line += 1
                lineStart = offset + 1
            }
            offset += 1
        }
        guard offset < bytes.count else { throw unexpected() }
        defer { offset += 3 }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    func unexpected() -> GraphQLProblem {
        let found =
            switch token {
            case .end: "end of document"
            case .punctuator(let character): "\"\(character)\""
            case .spread: "\"...\""
            case .name(let name): "\"\(name)\""
            case .number(let text): text
            case .text: "a string"
            }
        return GraphQLProblem(
            "syntax error, unexpected \(found) at [\(place.line), \(place.column)]", code: nil, at: place)
    }

    // MARK: Pieces

    mutating func takes(_ character: Character) throws(GraphQLProblem) -> Bool {
        guard token == .punctuator(character) else { return false }
        try advance()
        return true
    }

    mutating func expect(_ character: Character) throws(GraphQLProblem) {
        guard try takes(character) else { throw unexpected() }
    }

    mutating func name() throws(GraphQLProblem) -> String {
        guard case .name(let name) = token else { throw unexpected() }
        try advance()
        return name
    }

    mutating func takes(word: String) throws(GraphQLProblem) -> Bool {
        guard token == .name(word) else { return false }
        try advance()
        return true
    }

    mutating func typeReference(depth: Int = 0) throws(GraphQLProblem) -> GraphQLTypeReference {
        guard depth < Self.depthMost else { throw unexpected() }
        var type: GraphQLTypeReference
        if try takes("[") {
            type = .list(try typeReference(depth: depth + 1))
            try expect("]")
        } else {
            type = .named(try name())
        }
        if try takes("!") { type = .required(type) }
        return type
    }

    mutating func value(depth: Int = 0) throws(GraphQLProblem) -> GraphQLValue {
        guard depth < Self.depthMost else { throw unexpected() }
        switch token {
        case .punctuator("$"):
            try advance()
            return .variable(try name())
        case .number(let text):
            guard let json = try? JSON.parse(text), case .number = json else { throw unexpected() }
            try advance()
            return .literal(json)
        case .text(let text):
            try advance()
            return .literal(.string(text))
        case .name(let name):
            try advance()
            return switch name {
            case "true": .literal(true)
            case "false": .literal(false)
            case "null": .literal(.null)
            default: .enumeration(name)
            }
        case .punctuator("["):
            try advance()
            var values: [GraphQLValue] = []
            while try !takes("]") { values.append(try value(depth: depth + 1)) }
            return .list(values)
        case .punctuator("{"):
            try advance()
            var members: [GraphQLArgument] = []
            while try !takes("}") { members.append(try argument(depth: depth + 1)) }
            return .object(members)
        default: throw unexpected()
        }
    }

    private mutating func argument(depth: Int) throws(GraphQLProblem) -> GraphQLArgument {
        let name = try name()
        try expect(":")
        return GraphQLArgument(name: name, value: try value(depth: depth))
    }

    private mutating func arguments() throws(GraphQLProblem) -> [GraphQLArgument] {
        guard try takes("(") else { return [] }
        var list: [GraphQLArgument] = []
        while try !takes(")") { list.append(try argument(depth: 0)) }
        return list
    }

    mutating func directives() throws(GraphQLProblem) -> [GraphQLDirective] {
        var list: [GraphQLDirective] = []
        while token == .punctuator("@") {
            let place = place
            try advance()
            list.append(GraphQLDirective(name: try name(), arguments: try arguments(), place: place))
        }
        return list
    }

    // MARK: Documents

    mutating func document() throws(GraphQLProblem) -> GraphQLDocument {
        var document = GraphQLDocument()
        while token != .end {
            let place = place
            if token == .punctuator("{") {
                document.operations.append(
                    GraphQLOperation(
                        kind: "query", name: nil, variables: [], selections: try selections(), place: place))
            } else if try takes(word: "fragment") {
                let name = try name()
                guard try takes(word: "on") else { throw unexpected() }
                let type = try self.name()
                _ = try directives()
                document.fragments.append(
                    GraphQLFragment(name: name, type: type, selections: try selections(), place: place))
            } else {
                document.operations.append(try operation(place))
            }
        }
        return document
    }

    private mutating func operation(_ place: GraphQLPlace) throws(GraphQLProblem) -> GraphQLOperation {
        guard case .name(let kind) = token, ["query", "mutation"].contains(kind) else { throw unexpected() }
        try advance()
        var label: String?
        if case .name(let name) = token {
            label = name
            try advance()
        }
        var variables: [GraphQLVariable] = []
        if try takes("(") {
            while try !takes(")") {
                let place = self.place
                try expect("$")
                let name = try name()
                try expect(":")
                let type = try typeReference()
                let fallback = try takes("=") ? try value() : nil
                variables.append(GraphQLVariable(name: name, type: type, fallback: fallback, place: place))
            }
        }
        _ = try directives()
        return GraphQLOperation(
            kind: kind, name: label, variables: variables, selections: try selections(), place: place)
    }

    private mutating func selections(depth: Int = 0) throws(GraphQLProblem) -> [GraphQLSelection] {
        guard depth < Self.depthMost else { throw unexpected() }
        try expect("{")
        var list: [GraphQLSelection] = []
        while try !takes("}") {
            let place = place
            if token == .spread {
                try advance()
                list.append(try fragmentUse(place, depth: depth))
            } else {
                list.append(.field(try field(place, depth: depth)))
            }
        }
        guard !list.isEmpty else { throw unexpected() }
        return list
    }

    private mutating func fragmentUse(_ place: GraphQLPlace, depth: Int) throws(GraphQLProblem) -> GraphQLSelection {
        if case .name(let name) = token, name != "on" {
            try advance()
            return .spread(name: name, directives: try directives(), place: place)
        }
        let type = try takes(word: "on") ? try name() : nil
        let directives = try directives()
        return .inline(
            type: type, directives: directives, selections: try selections(depth: depth + 1), place: place)
    }

    private mutating func field(_ place: GraphQLPlace, depth: Int) throws(GraphQLProblem) -> GraphQLField {
        var alias: String?
        var name = try name()
        if try takes(":") {
            alias = name
            name = try self.name()
        }
        let arguments = try arguments()
        let directives = try directives()
        let inner = token == .punctuator("{") ? try selections(depth: depth + 1) : []
        return GraphQLField(
            alias: alias, name: name, arguments: arguments, directives: directives, selections: inner, place: place)
    }
}
