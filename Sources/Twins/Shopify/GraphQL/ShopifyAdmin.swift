import JSON

/// `POST /admin/api/{version}/graphql.json`: parse, check, price, throttle, run (docs/vendors/shopify.md, Reads and
/// rate limits).
extension ShopifyTwin {
    /// - Returns: the body (always HTTP 200) and whether a mutation changed something.
    mutating func graphQL(
        _ source: String, operation name: String?, variables given: JSONObject, stale: Bool, throttled: Bool,
        now: TwinInstant
    ) -> (answer: JSON, effect: Bool) {
        do throws(GraphQLProblem) {
            var parser = try GraphQLParser(source)
            let document = try parser.document()
            let operation = try Self.operation(name, in: document)
            var values: [String: JSON] = [:]
            for member in given.members { values[member.key] = member.value }
            var validation = GraphQLValidation(
                schema: ShopifySchema.schema, document: document, operation: operation, variables: values)
            let requested = validation.run()
            guard validation.problems.isEmpty else {
                return (["errors": .array(validation.problems.map(\.json))], false)
            }
            let coerced = try Self.coerced(operation, values)
            guard requested <= ShopifyThrottle.queryMost else {
                let text =
                    "Query cost is \(requested), which exceeds the single query max cost limit "
                    + "(\(ShopifyThrottle.queryMost))."
                throw GraphQLProblem(
                    text, code: "MAX_COST_EXCEEDED",
                    more: ["cost": JSON(requested), "maxCost": JSON(ShopifyThrottle.queryMost)])
            }
            guard throttle.admits(requested: requested, now: now), !throttled else {
                let problem = GraphQLProblem("Throttled", code: "THROTTLED")
                return (["errors": [problem.json], "extensions": cost(requested, nil, now)], false)
            }
            let execution = GraphQLExecution(schema: ShopifySchema.schema, document: document, variables: coerced)
            let done = try run(operation, execution, stale: stale, now: now)
            let actual = min(done.cost, requested)
            throttle.charge(actual)
            return (["data": done.data, "extensions": cost(requested, actual, now)], done.effect)
        } catch {
            return (["errors": [error.json]], false)
        }
    }

    private func cost(_ requested: Int, _ actual: Int?, _ now: TwinInstant) -> JSON {
        [
            "cost": [
                "requestedQueryCost": JSON(requested), "actualQueryCost": actual.map { JSON($0) } ?? .null,
                "throttleStatus": throttle.json(now: now),
            ]
        ]
    }

    private static func operation(
        _ name: String?, in document: GraphQLDocument
    ) throws(GraphQLProblem) -> GraphQLOperation {
        if let name {
            guard let found = document.operations.first(where: { $0.name == name }) else {
                throw GraphQLProblem("No operation named \"\(name)\"", code: nil)
            }
            return found
        }
        guard document.operations.count == 1 else {
            throw GraphQLProblem("An operation name is required", code: nil)
        }
        return document.operations[0]
    }

    /// Variables by their declared types; unknown ones are ignored, as the specification says.
    private static func coerced(
        _ operation: GraphQLOperation, _ given: [String: JSON]
    ) throws(GraphQLProblem) -> [String: JSON] {
        let coercion = GraphQLCoercion(schema: ShopifySchema.schema)
        var values: [String: JSON] = [:]
        for variable in operation.variables {
            guard let value = given[variable.name] else {
                if let fallback = variable.fallback {
                    values[variable.name] = coercion.literal(fallback, as: variable.type)
                    continue
                }
                guard variable.type.isRequired else { continue }
                throw invalid(variable, .null)
            }
            guard let fitting = coercion.json(value, as: variable.type) else { throw invalid(variable, value) }
            values[variable.name] = fitting
        }
        return values
    }

    private static func invalid(_ variable: GraphQLVariable, _ value: JSON) -> GraphQLProblem {
        let reason = value.isNull ? "Expected value to not be null" : "Could not coerce the value to \(variable.type)"
        return GraphQLProblem(
            "Variable $\(variable.name) of type \(variable.type) was provided invalid value", code: "INVALID_VARIABLE",
            at: variable.place, more: ["value": value, "problems": [["path": [], "explanation": .string(reason)]]])
    }

    private mutating func run(
        _ operation: GraphQLOperation, _ execution: GraphQLExecution, stale: Bool, now: TwinInstant
    ) throws(GraphQLProblem) -> (data: JSON, cost: Int, effect: Bool) {
        let isMutation = operation.kind == "mutation"
        let rootType = isMutation ? "Mutation" : "QueryRoot"
        let graph = ShopifyGraph(shop: shop, subscriptions: sender.subscriptions, stale: stale, now: now)
        guard isMutation else {
            let done = try execution.object(graph.root, operation.selections)
            return (done.json, done.cost, false)
        }
        var members: [(key: String, value: JSON)] = []
        var (cost, effect) = (0, false)
        for field in execution.topFields(operation, root: rootType) {
            guard let definition = execution.schema.field(field.name, of: rootType) else { continue }
            if field.name == "__typename" {
                members.append((field.key, .string(rootType)))
                continue
            }
            let arguments = try execution.arguments(field, definition)
            let payload =
                field.name == "webhookSubscriptionCreate"
                ? createSubscription(arguments, graph, now: now) : deleteSubscription(arguments, graph)
            effect = effect || payload.effect
            let done = try execution.complete(field, definition, parent: rootType, .object(payload.object))
            members.append((field.key, done.json))
            cost += done.cost
        }
        return (.object(JSONObject(members)), cost, effect)
    }

    // MARK: Mutations

    private mutating func createSubscription(
        _ arguments: JSONObject, _ graph: ShopifyGraph, now: TwinInstant
    ) -> (object: GraphQLObject, effect: Bool) {
        let input = arguments["webhookSubscription"]
        let address = input?["uri"]?.string ?? ""
        let topic = arguments["topic"]?.string.flatMap { ShopifyTopics.topic(enumName: $0) }
        var problem: (field: String, message: String)?
        if !(address.hasPrefix("https://") || address.hasPrefix("http://127.0.0.1")) {
            problem = ("uri", "Address is invalid")
        } else if input?["format"]?.string == "XML" {
            problem = ("format", "Format XML is not simulated by the twin")
        } else if ["includeFields", "metafieldNamespaces"].contains(where: { input?[$0]?.array?.isEmpty == false })
            || input?["filter"]?.string?.isEmpty == false
        {
            problem = ("filter", "includeFields, filter and metafieldNamespaces are not simulated by the twin")
        } else if let topic, sender.isTaken(topic: topic, address: address) {
            problem = ("uri", "Address for this topic has already been taken")
        }
        var made: ShopifySubscription?
        if problem == nil, let topic {
            made = sender.subscribe(
                topic: topic, address: address, name: input?["name"]?.string, id: shop.newID(), now: now)
        }
        let errors = userErrors(problem, graph)
        let object = GraphQLObject("WebhookSubscriptionCreatePayload") { field, _ in
            field == "userErrors" ? .list(errors) : .object(made.map(graph.subscription))
        }
        return (object, made != nil)
    }

    private mutating func deleteSubscription(
        _ arguments: JSONObject, _ graph: ShopifyGraph
    ) -> (object: GraphQLObject, effect: Bool) {
        let gid = arguments["id"]?.string ?? ""
        let id = sender.subscriptions.first { $0.gid == gid }?.id
        let gone = id.map { sender.unsubscribe($0) } ?? false
        let errors = userErrors(gone ? nil : ("id", "Webhook subscription does not exist"), graph)
        let object = GraphQLObject("WebhookSubscriptionDeletePayload") { field, _ in
            field == "userErrors" ? .list(errors) : .leaf(gone ? .string(gid) : .null)
        }
        return (object, gone)
    }

    private func userErrors(_ problem: (field: String, message: String)?, _ graph: ShopifyGraph) -> [GraphQLObject] {
        guard let problem else { return [] }
        let path: JSON = problem.field == "id" ? ["id"] : ["webhookSubscription", .string(problem.field)]
        return [graph.leaves("UserError", ["field": path, "message": .string(problem.message)])]
    }
}
