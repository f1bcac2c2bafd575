import JSON

/// Checks a document before anything runs, with Shopify's messages and codes, and prices it (docs/vendors/shopify.md,
/// Reads: errors; Reads and rate limits).
struct GraphQLValidation {
    let schema: GraphQLSchema
    let document: GraphQLDocument
    let operation: GraphQLOperation
    /// The request's variables, for page sizes in the price.
    let variables: [String: JSON]
    private(set) var problems: [GraphQLProblem] = []
    private var used: [String] = []

    init(schema: GraphQLSchema, document: GraphQLDocument, operation: GraphQLOperation, variables: [String: JSON]) {
        self.schema = schema
        self.document = document
        self.operation = operation
        self.variables = variables
    }

    /// Checks everything and returns the requested cost.
    mutating func run() -> Int {
        let root = operation.kind == "mutation" ? "Mutation" : "QueryRoot"
        let cost = check(operation.selections, on: root, path: [operation.label], open: [])
        for variable in operation.variables where !used.contains(variable.name) {
            problems.append(
                GraphQLProblem(
                    "Variable $\(variable.name) is declared by \(operation.title) but not used",
                    code: "variableNotUsed", at: variable.place, path: [operation.label],
                    more: ["variableName": .string(variable.name)]))
        }
        return cost
    }

    private mutating func check(
        _ selections: [GraphQLSelection], on type: String, path: [String], open: [String]
    ) -> Int {
        var cost = 0
        for selection in selections {
            switch selection {
            case .field(let field):
                check(field.directives, path: path)
                cost += check(field, on: type, path: path + [field.key], open: open)
            case .inline(let condition, let directives, let inner, let place):
                check(directives, path: path)
                let target = condition ?? type
                guard fits(target, in: type, place, path) else { continue }
                cost += check(inner, on: target, path: path + ["... on \(target)"], open: open)
            case .spread(let name, let directives, let place):
                check(directives, path: path)
                guard let fragment = document.fragment(name), !open.contains(name) else {
                    problems.append(
                        GraphQLProblem(
                            "Fragment \(name) was used, but not defined (or it contains itself)",
                            code: "useAndDefineFragment",
                            at: place, path: path, more: ["fragmentName": .string(name)]))
                    continue
                }
                guard fits(fragment.type, in: type, place, path) else { continue }
                cost += check(fragment.selections, on: fragment.type, path: ["fragment \(name)"], open: open + [name])
            }
        }
        return cost
    }

    private mutating func fits(_ target: String, in type: String, _ place: GraphQLPlace, _ path: [String]) -> Bool {
        guard schema[target] != nil else {
            problems.append(
                GraphQLProblem(
                    "No such type \(target), so it can't be a fragment condition", code: "undefinedType", at: place,
                    path: path, more: ["typeName": .string(target)]))
            return false
        }
        guard schema.overlaps(type, target) else {
            problems.append(
                GraphQLProblem(
                    "Fragment on \(target) can't be spread inside \(type)", code: "cannotSpreadFragment", at: place,
                    path: path, more: ["typeName": .string(type), "fragmentName": .string(target)]))
            return false
        }
        return true
    }

    private mutating func check(
        _ field: GraphQLField, on type: String, path: [String], open: [String]
    ) -> Int {
        guard let definition = schema.field(field.name, of: type) else {
            problems.append(
                GraphQLProblem(
                    "Field '\(field.name)' doesn't exist on type '\(type)'", code: "undefinedField", at: field.place,
                    path: path, more: ["typeName": .string(type), "fieldName": .string(field.name)]))
            return 0
        }
        checkArguments(field, definition, type: type, path: path)
        let result = definition.type.name
        if schema.isLeaf(result) {
            if !field.selections.isEmpty {
                problems.append(
                    GraphQLProblem(
                        "Selections can't be made on scalars "
                            + "(field '\(field.name)' returns \(result) but has selections)",
                        code: "selectionMismatch", at: field.place, path: path))
            }
            return 0
        }
        guard !field.selections.isEmpty else {
            problems.append(
                GraphQLProblem(
                    "Field must have selections (field '\(field.name)' returns \(result) but has no selections. "
                        + "Did you mean '\(field.name) { ... }'?)",
                    code: "selectionMismatch", at: field.place, path: path,
                    more: ["nodeName": .string("field '\(field.name)'"), "typeName": .string(result)]))
            return 0
        }
        let inner = check(field.selections, on: result, path: path, open: open)
        return ShopifyCost.requested(field, definition, parent: type, inner: inner, variables: variables)
    }

    private mutating func checkArguments(
        _ field: GraphQLField, _ definition: GraphQLSchema.Field, type: String, path: [String]
    ) {
        for argument in field.arguments {
            guard let input = definition.arguments.first(where: { $0.name == argument.name }) else {
                problems.append(
                    GraphQLProblem(
                        "Field '\(field.name)' doesn't accept argument '\(argument.name)'", code: "argumentNotAccepted",
                        at: field.place, path: path + [argument.name],
                        more: [
                            "name": .string(field.name), "typeName": "Field", "argumentName": .string(argument.name),
                        ]))
                continue
            }
            check(argument.value, as: input.type, hasFallback: input.fallback != nil, name: argument.name, field, path)
        }
        let missing = definition.arguments.filter { input in
            input.type.isRequired && input.fallback == nil && !field.arguments.contains { $0.name == input.name }
        }.map(\.name)
        if !missing.isEmpty {
            problems.append(
                GraphQLProblem(
                    "Field '\(field.name)' is missing required arguments: \(missing.joined(separator: ", "))",
                    code: "missingRequiredArguments", at: field.place, path: path,
                    more: [
                        "className": "Field", "name": .string(field.name),
                        "arguments": .string(missing.joined(separator: ", ")),
                    ]))
        }
    }

    private mutating func check(_ directives: [GraphQLDirective], path: [String]) {
        for directive in directives {
            guard ["include", "skip"].contains(directive.name) else {
                problems.append(
                    GraphQLProblem(
                        "Directive @\(directive.name) is not defined", code: "undefinedDirective", at: directive.place,
                        path: path, more: ["directiveName": .string(directive.name)]))
                continue
            }
            for argument in directive.arguments {
                if case .variable(let name) = argument.value { use(name, at: directive.place, path) }
            }
        }
    }

    @discardableResult
    private mutating func use(_ name: String, at place: GraphQLPlace, _ path: [String]) -> GraphQLVariable? {
        used.append(name)
        if let variable = operation.variables.first(where: { $0.name == name }) { return variable }
        problems.append(
            GraphQLProblem(
                "Variable $\(name) is used by \(operation.title) but not declared",
                code: "variableNotDefined", at: place, path: path, more: ["variableName": .string(name)]))
        return nil
    }

    /// A literal or variable in an argument's place.
    private mutating func check(
        _ value: GraphQLValue, as type: GraphQLTypeReference, hasFallback: Bool, name: String, _ field: GraphQLField,
        _ path: [String]
    ) {
        switch value {
        case .variable(let variable):
            guard let declared = use(variable, at: field.place, path) else { return }
            let given = declared.fallback == nil ? declared.type : .required(declared.type.nullable)
            if !Self.accepts(given, where: hasFallback ? type.nullable : type) {
                problems.append(
                    GraphQLProblem(
                        "Type mismatch on variable $\(variable) and argument \(name) (\(declared.type) / \(type))",
                        code: "variableMismatch", at: field.place, path: path + [name],
                        more: ["variableName": .string(variable), "typeName": .string("\(declared.type)")]))
            }
        case .list(let values):
            guard case .list(let inner) = type.nullable else { return refuse(value, type, name, field, path) }
            for entry in values { check(entry, as: inner, hasFallback: false, name: name, field, path) }
        case .object(let members):
            guard let definition = schema[type.nullable.name], definition.kind == .input, !type.isList else {
                return refuse(value, type, name, field, path)
            }
            for member in members {
                guard let input = definition.inputs.first(where: { $0.name == member.name }) else {
                    problems.append(
                        GraphQLProblem(
                            "InputObject '\(definition.name)' doesn't accept argument '\(member.name)'",
                            code: "argumentNotAccepted", at: field.place, path: path + [name, member.name],
                            more: ["name": .string(definition.name), "argumentName": .string(member.name)]))
                    continue
                }
                check(member.value, as: input.type, hasFallback: false, name: member.name, field, path)
            }
        case .literal, .enumeration:
            if GraphQLCoercion(schema: schema).literal(value, as: type) == nil {
                refuse(value, type, name, field, path)
            }
        }
    }

    private mutating func refuse(
        _ value: GraphQLValue, _ type: GraphQLTypeReference, _ name: String, _ field: GraphQLField, _ path: [String]
    ) {
        problems.append(
            GraphQLProblem(
                "Argument '\(name)' on Field '\(field.name)' has an invalid value. Expected type '\(type)'.",
                code: "argumentLiteralsIncompatible", at: field.place, path: path + [name],
                more: ["typeName": "Field", "argumentName": .string(name)]))
    }

    private static func accepts(_ given: GraphQLTypeReference, where wanted: GraphQLTypeReference) -> Bool {
        switch (given, wanted) {
        case (.required(let inner), .required(let other)): accepts(inner, where: other)
        case (_, .required): false
        case (.required(let inner), _): accepts(inner, where: wanted)
        case (.list(let inner), .list(let other)): accepts(inner, where: other)
        // A single value stands for a list of one.
        case (.named, .list(let other)): accepts(given, where: other.nullable)
        case (.named(let name), .named(let other)): name == other
        default: false
        }
    }
}

/// Input values: literals and variables against their types.
struct GraphQLCoercion {
    let schema: GraphQLSchema

    /// The value, or `nil` when it does not fit the type.
    func json(_ json: JSON, as type: GraphQLTypeReference, enumerations: Bool = true) -> JSON? {
        if json.isNull { return type.isRequired ? nil : .null }
        switch type.nullable {
        case .list(let inner):
            guard let values = json.array else { return self.json(json, as: inner).map { [$0] } }
            var list: [JSON] = []
            for value in values {
                guard let one = self.json(value, as: inner) else { return nil }
                list.append(one)
            }
            return .array(list)
        case .named(let name): return scalar(json, as: name)
        case .required: return nil
        }
    }

    private func scalar(_ json: JSON, as name: String) -> JSON? {
        guard let definition = schema[name] else { return nil }
        switch definition.kind {
        case .input:
            guard let object = json.object,
                object.keys.allSatisfy({ key in definition.inputs.contains { $0.name == key } })
            else { return nil }
            var result = JSONObject()
            for input in definition.inputs {
                if object[input.name] == nil, !input.type.isRequired { continue }
                let given = object[input.name] ?? JSON.null
                guard let value = self.json(given, as: input.type) else { return nil }
                result[input.name] = value
            }
            return .object(result)
        // `JSON` takes a nil literal for null, so "no value" must be spelled `.none` here.
        case .enumeration:
            return json.string.map(definition.values.contains) == true ? .some(json) : .none
        default:
            if name == "ID", json.string == nil { return json.int64.map { .string(String($0)) } }
            return Self.fits(json, name) ? .some(json) : .none
        }
    }

    private static func fits(_ json: JSON, _ name: String) -> Bool {
        switch name {
        case "Int": json.int64.flatMap { Int32(exactly: $0) } != nil
        case "Boolean": json.bool != nil
        case "Float": json.string == nil && json.decimalText != nil
        default: json.string != nil
        }
    }

    /// A literal without variables; enum names are bare there and quoted nowhere.
    func literal(_ value: GraphQLValue, as type: GraphQLTypeReference) -> JSON? {
        let isEnumeration = schema[type.name]?.kind == .enumeration
        switch value {
        case .enumeration(let name): return isEnumeration ? json(.string(name), as: type) : .none
        case .literal(let json):
            if isEnumeration, json.string != nil { return nil }
            return self.json(json, as: type)
        default: return nil
        }
    }
}
