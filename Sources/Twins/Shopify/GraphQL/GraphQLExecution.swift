import JSON

/// One object of the graph; its fields are worked out only when selected, so that cycles (refund → order) cost nothing.
struct GraphQLObject {
    var type: String
    /// For connections: how many items the page holds, for the actual cost.
    var count: Int?
    var resolve: (_ field: String, _ arguments: JSONObject) throws(GraphQLProblem) -> GraphQLResult

    init(
        _ type: String, count: Int? = nil,
        resolve: @escaping (_ field: String, _ arguments: JSONObject) throws(GraphQLProblem) -> GraphQLResult
    ) {
        self.type = type
        self.count = count
        self.resolve = resolve
    }
}

enum GraphQLResult {
    case leaf(JSON)
    case object(GraphQLObject?)
    /// `nil` stands for an entry that does not exist (`nodes(ids:)`).
    case list([GraphQLObject?])
}

/// Runs a checked operation over an object graph and measures what it really cost.
struct GraphQLExecution {
    let schema: GraphQLSchema
    let document: GraphQLDocument
    /// Coerced, with defaults.
    let variables: [String: JSON]

    /// The operation's top fields, merged by response key, in order.
    func topFields(_ operation: GraphQLOperation, root: String) -> [GraphQLField] {
        collected(operation.selections, on: root)
    }

    /// The fields that apply to an object of type `concrete`; equal response keys are merged.
    private func collected(_ selections: [GraphQLSelection], on concrete: String) -> [GraphQLField] {
        var fields: [GraphQLField] = []
        func add(_ more: [GraphQLField]) {
            for field in more {
                if let index = fields.firstIndex(where: { $0.key == field.key }) {
                    fields[index].selections += field.selections
                } else {
                    fields.append(field)
                }
            }
        }
        for selection in selections {
            switch selection {
            case .field(let field): if included(field.directives) { add([field]) }
            case .inline(let type, let directives, let inner, _):
                if included(directives), type.map({ schema.matches(concrete, $0) }) ?? true {
                    add(collected(inner, on: concrete))
                }
            case .spread(let name, let directives, _):
                if included(directives), let fragment = document.fragment(name), schema.matches(concrete, fragment.type)
                {
                    add(collected(fragment.selections, on: concrete))
                }
            }
        }
        return fields
    }

    private func included(_ directives: [GraphQLDirective]) -> Bool {
        directives.allSatisfy { directive in
            let flag = directive.arguments.first { $0.name == "if" }.map { plain($0.value) == .bool(true) } ?? false
            return directive.name == "include" ? flag : !flag
        }
    }

    /// A value with its variables put in.
    private func plain(_ value: GraphQLValue) -> JSON? {
        switch value {
        case .variable(let name): variables[name]
        case .literal(let json): json
        case .enumeration(let name): .string(name)
        case .list(let values): .array(values.map { plain($0) ?? .null })
        case .object(let members):
            .object(JSONObject(members.compactMap { member in plain(member.value).map { (member.name, $0) } }))
        }
    }

    /// - Throws: a variable's value that does not fit the argument (an enum inside a list, a string as ID).
    func arguments(_ field: GraphQLField, _ definition: GraphQLSchema.Field) throws(GraphQLProblem) -> JSONObject {
        var result = JSONObject()
        for input in definition.arguments {
            let given = field.arguments.first { $0.name == input.name }.flatMap { plain($0.value) }
            guard let value = given ?? input.fallback.flatMap({ plain($0) }) else { continue }
            guard let coerced = GraphQLCoercion(schema: schema).json(value, as: input.type) else {
                throw GraphQLProblem(
                    "Argument '\(input.name)' on Field '\(field.name)' has an invalid value. "
                        + "Expected type '\(input.type)'.",
                    code: "argumentLiteralsIncompatible", at: field.place)
            }
            result[input.name] = coerced
        }
        return result
    }

    func object(
        _ object: GraphQLObject, _ selections: [GraphQLSelection]
    ) throws(GraphQLProblem) -> (json: JSON, cost: Int) {
        var members: [(key: String, value: JSON)] = []
        var cost = 0
        for field in collected(selections, on: object.type) {
            guard let definition = schema.field(field.name, of: object.type) else { continue }
            let result =
                field.name == "__typename"
                ? .leaf(.string(object.type)) : try object.resolve(field.name, try arguments(field, definition))
            let done = try complete(field, definition, parent: object.type, result)
            members.append((field.key, done.json))
            cost += done.cost
        }
        return (.object(JSONObject(members)), cost)
    }

    func complete(
        _ field: GraphQLField, _ definition: GraphQLSchema.Field, parent: String, _ result: GraphQLResult
    ) throws(GraphQLProblem) -> (json: JSON, cost: Int) {
        switch result {
        case .leaf(let json): return (json, 0)
        case .object(nil): return (.null, parent == "Mutation" ? ShopifyCost.mutation : 1)
        case .object(.some(let object)):
            let done = try self.object(object, field.selections)
            let cost = ShopifyCost.price(
                definition, parent: parent, name: field.name, inner: done.cost, size: object.count)
            return (done.json, cost)
        case .list(let objects):
            var values: [JSON] = []
            var inner = 0
            for object in objects {
                guard let object else {
                    values.append(.null)
                    continue
                }
                let done = try self.object(object, field.selections)
                values.append(done.json)
                inner = max(inner, done.cost)
            }
            let isPaged = definition.arguments.contains { $0.name == "first" || $0.name == "ids" }
            let cost = ShopifyCost.price(
                definition, parent: parent, name: field.name, inner: inner, size: isPaged ? objects.count : nil)
            return (.array(values), cost)
        }
    }
}
