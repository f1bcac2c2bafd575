import JSON

/// The types a document is checked against, read from SDL text.
struct GraphQLSchema: Sendable {
    enum Kind: Sendable { case object, interface, union, enumeration, input, scalar }

    struct Field: Sendable {
        var name: String
        var type: GraphQLTypeReference
        var arguments: [Input]
    }

    struct Input: Sendable {
        var name: String
        var type: GraphQLTypeReference
        var fallback: GraphQLValue?
    }

    struct TypeDefinition: Sendable {
        var kind: Kind
        var name: String
        var fields: [Field] = []
        var inputs: [Input] = []
        var values: [String] = []
        /// Interfaces of an object, members of a union.
        var relatives: [String] = []
    }

    private var definitions: [String: TypeDefinition] = [:]

    init(_ source: String) throws(GraphQLProblem) {
        for name in ["ID", "String", "Int", "Float", "Boolean"] {
            definitions[name] = TypeDefinition(kind: .scalar, name: name)
        }
        var parser = try GraphQLParser(source)
        while parser.token != .end {
            let definition = try Self.definition(&parser)
            definitions[definition.name] = definition
        }
    }

    subscript(name: String) -> TypeDefinition? { definitions[name] }

    /// Nothing but `__typename` is common to all; this is one type's own field.
    func field(_ name: String, of type: String) -> Field? {
        if name == "__typename" { return Field(name: name, type: .required(.named("String")), arguments: []) }
        return definitions[type]?.fields.first { $0.name == name }
    }

    func isLeaf(_ type: String) -> Bool {
        switch definitions[type]?.kind {
        case .scalar, .enumeration: true
        default: false
        }
    }

    /// Whether a value of the object type `concrete` is also a `wanted`.
    func matches(_ concrete: String, _ wanted: String) -> Bool {
        concrete == wanted || definitions[concrete]?.relatives.contains(wanted) == true
            || (definitions[wanted]?.kind == .union && definitions[wanted]?.relatives.contains(concrete) == true)
    }

    /// Whether a fragment on `wanted` may ever apply inside `type`.
    func overlaps(_ type: String, _ wanted: String) -> Bool {
        if matches(type, wanted) || matches(wanted, type) { return true }
        let abstract = definitions[type]?.kind
        return abstract == .interface || abstract == .union
    }

    private static func definition(_ parser: inout GraphQLParser) throws(GraphQLProblem) -> TypeDefinition {
        let word = try parser.name()
        let name = try parser.name()
        switch word {
        case "scalar": return TypeDefinition(kind: .scalar, name: name)
        case "union":
            var made = TypeDefinition(kind: .union, name: name)
            try parser.expect("=")
            repeat { made.relatives.append(try parser.name()) } while try parser.takes("|")
            return made
        case "enum":
            var made = TypeDefinition(kind: .enumeration, name: name)
            try parser.expect("{")
            while try !parser.takes("}") { made.values.append(try parser.name()) }
            return made
        case "input":
            return TypeDefinition(kind: .input, name: name, inputs: try inputs(&parser, between: "{", "}"))
        case "type", "interface":
            var made = TypeDefinition(kind: word == "type" ? .object : .interface, name: name)
            if try parser.takes(word: "implements") {
                repeat { made.relatives.append(try parser.name()) } while try parser.takes("&")
            }
            try parser.expect("{")
            while try !parser.takes("}") { made.fields.append(try field(&parser)) }
            return made
        default: throw parser.unexpected()
        }
    }

    private static func field(_ parser: inout GraphQLParser) throws(GraphQLProblem) -> Field {
        let name = try parser.name()
        let arguments = parser.token == .punctuator("(") ? try inputs(&parser, between: "(", ")") : []
        try parser.expect(":")
        return Field(name: name, type: try parser.typeReference(), arguments: arguments)
    }

    private static func inputs(
        _ parser: inout GraphQLParser, between open: Character, _ close: Character
    ) throws(GraphQLProblem) -> [Input] {
        try parser.expect(open)
        var list: [Input] = []
        while try !parser.takes(close) {
            let name = try parser.name()
            try parser.expect(":")
            let type = try parser.typeReference()
            list.append(Input(name: name, type: type, fallback: try parser.takes("=") ? try parser.value() : nil))
        }
        return list
    }
}
