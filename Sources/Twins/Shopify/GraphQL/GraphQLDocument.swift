import JSON

/// A parsed GraphQL document (October 2021 specification), executable part.
struct GraphQLDocument: Sendable {
    var operations: [GraphQLOperation] = []
    var fragments: [GraphQLFragment] = []

    func fragment(_ name: String) -> GraphQLFragment? { fragments.first { $0.name == name } }
}

struct GraphQLOperation: Sendable {
    /// query or mutation
    var kind: String
    var name: String?
    var variables: [GraphQLVariable]
    var selections: [GraphQLSelection]
    var place: GraphQLPlace

    /// How Shopify names it in an error's path.
    var title: String { name ?? "anonymous \(kind)" }
    var label: String { name.map { "\(kind) \($0)" } ?? kind }
}

struct GraphQLVariable: Sendable {
    var name: String
    var type: GraphQLTypeReference
    var fallback: GraphQLValue?
    var place: GraphQLPlace
}

struct GraphQLFragment: Sendable {
    var name: String
    var type: String
    var selections: [GraphQLSelection]
    var place: GraphQLPlace
}

enum GraphQLSelection: Sendable {
    case field(GraphQLField)
    case spread(name: String, directives: [GraphQLDirective], place: GraphQLPlace)
    case inline(type: String?, directives: [GraphQLDirective], selections: [GraphQLSelection], place: GraphQLPlace)
}

struct GraphQLField: Sendable {
    var alias: String?
    var name: String
    var arguments: [GraphQLArgument]
    var directives: [GraphQLDirective]
    var selections: [GraphQLSelection]
    var place: GraphQLPlace

    var key: String { alias ?? name }
}

struct GraphQLDirective: Sendable {
    var name: String
    var arguments: [GraphQLArgument]
    var place: GraphQLPlace
}

struct GraphQLArgument: Sendable {
    var name: String
    var value: GraphQLValue
}

indirect enum GraphQLValue: Sendable {
    case variable(String)
    case literal(JSON)
    /// A name that is neither true, false nor null.
    case enumeration(String)
    case list([GraphQLValue])
    case object([GraphQLArgument])
}

/// A named type with its list and non-null wrappers, `[ID!]!`.
indirect enum GraphQLTypeReference: Sendable, Hashable, CustomStringConvertible {
    case named(String)
    case list(GraphQLTypeReference)
    case required(GraphQLTypeReference)

    var name: String {
        switch self {
        case .named(let name): name
        case .list(let inner), .required(let inner): inner.name
        }
    }
    var isRequired: Bool { if case .required = self { true } else { false } }
    /// Without an outer `!`.
    var nullable: GraphQLTypeReference { if case .required(let inner) = self { inner } else { self } }
    var isList: Bool { if case .list = nullable { true } else { false } }

    var description: String {
        switch self {
        case .named(let name): name
        case .list(let inner): "[\(inner)]"
        case .required(let inner): "\(inner)!"
        }
    }
}

struct GraphQLPlace: Sendable, Hashable {
    var line: Int
    var column: Int
}

/// One entry of a response's `errors`.
struct GraphQLProblem: Error, Sendable, Hashable {
    var message: String
    var code: String?
    var place: GraphQLPlace?
    var path: [String]
    /// Members of `extensions` beside the code.
    var more: [String: JSON]

    init(
        _ message: String, code: String?, at place: GraphQLPlace? = nil, path: [String] = [], more: [String: JSON] = [:]
    ) {
        self.message = message
        self.code = code
        self.place = place
        self.path = path
        self.more = more
    }

    var json: JSON {
        var json: JSONObject = ["message": .string(message)]
        if let place { json["locations"] = [["line": JSON(place.line), "column": JSON(place.column)]] }
        if !path.isEmpty { json["path"] = .array(path.map { .string($0) }) }
        var extensions = JSONObject()
        if let code { extensions["code"] = .string(code) }
        for key in more.keys.sorted() { extensions[key] = more[key] }
        if !extensions.isEmpty { json["extensions"] = .object(extensions) }
        return .object(json)
    }
}
