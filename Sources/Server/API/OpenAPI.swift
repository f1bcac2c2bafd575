import JSON

/// Describes what exists, and nothing else; a test compares it with what the front door answers.
enum OpenAPI {
    struct Operation {
        var method: String
        var path: String
        var summary: String
        var isOpen = false
        var parameters: [(name: String, place: String, what: String)] = []
        var statuses: [(status: Int, what: String)] = [(200, "done")]
    }

    static let operations: [Operation] = [
        Operation(
            method: "post", path: "/webhooks/{connection}", summary: "A webhook of a shop; 200 only once durable.",
            isOpen: true, parameters: [("connection", "path", "the connection's name in the configuration")],
            statuses: [
                (200, "durable"), (401, "bad signature"), (404, "unknown connection"), (413, "too large"),
                (503, "cannot be kept now; send again"),
            ]),
        Operation(method: "get", path: "/health/live", summary: "The process answers.", isOpen: true),
        Operation(
            method: "get", path: "/health/ready", summary: "The engine works and the store can be written.",
            isOpen: true,
            statuses: [(200, "ready"), (503, "not ready")]),
        Operation(
            method: "get", path: "/health/identity",
            summary:
                "Which store this server serves; with a challenge, the proof of it that its folder's owner can check.",
            isOpen: true,
            parameters: [("challenge", "query", "any text, at most \(ServerIdentity.challengeBytesMax) bytes")],
            statuses: [(200, "the store's id, and the proof"), (400, "the challenge is too long")]),
        Operation(method: "get", path: "/metrics", summary: "Numbers in Prometheus text form.", isOpen: true),
        Operation(method: "get", path: "/openapi.json", summary: "This document.", isOpen: true),
        Operation(method: "get", path: "/api/v1/settled", summary: "Whether nothing is left to do."),
        Operation(method: "get", path: "/api/v1/flows", summary: "The flows and their stages."),
        Operation(method: "get", path: "/api/v1/stages", summary: "When each flow entered which stage."),
        Operation(
            method: "get", path: "/api/v1/freshness", summary: "How old the oldest untold fact is, and usual lags."),
        Operation(
            method: "get", path: "/api/v1/trace",
            summary: "The whole story of an order, person or SKU; of a connection or flow what happened to it.",
            parameters: [("key", "query", TraceKey.kinds)],
            statuses: [(200, "found, or empty lists and a note that says what a key is"), (400, "no key")]),
        Operation(
            method: "get", path: "/api/v1/exceptions",
            summary: "What went wrong, newest first; X-Total-Count says how many in all, Link where the next page is.",
            parameters: [
                ("all", "query", "1 = resolved ones too"), ("kind", "query", "kinds, with commas between"),
                ("after", "query", "the id of the last exception of the page before"),
                ("limit", "query", "exceptions in one answer, at most \(ExceptionRequest.limitMax)"),
            ], statuses: [(200, "done"), (400, "a wrong kind or limit"), (404, "after is no exception")]),
        Operation(
            method: "get", path: "/api/v1/exceptions/{id}", summary: "One exception.",
            parameters: [("id", "path", "the exception's id")], statuses: [(200, "found"), (404, "unknown")]),
        Operation(
            method: "post", path: "/api/v1/exceptions/{id}/retry", summary: "Sends what the exception parks again.",
            parameters: [("id", "path", "the exception's id")],
            statuses: [(202, "taken"), (404, "unknown"), (409, "parks nothing")]),
        Operation(
            method: "post", path: "/api/v1/exceptions/{id}/resolve",
            summary: "With {\"skip\": true}: gives up what the exception parks; its dependents go on.",
            parameters: [("id", "path", "the exception's id")],
            statuses: [(202, "taken"), (404, "unknown"), (409, "it parks something and skip is missing, or it lasts")]),
        Operation(
            method: "post", path: "/api/v1/people/merge",
            summary: "Two persons are one; body {\"people\": [KEY, KEY]}.",
            statuses: [(202, "taken"), (400, "no two keys"), (404, "unknown key"), (409, "orders of two persons")]),
        Operation(
            method: "post", path: "/api/v1/people/keep-apart", summary: "Two persons are two, for ever.",
            statuses: [(202, "taken"), (400, "no two keys"), (404, "unknown key"), (409, "orders of two persons")]),
        Operation(
            method: "post", path: "/api/v1/orders/join",
            summary: "One order took the place of the other; body {\"original\": KEY, \"replacement\": KEY}.",
            statuses: [(202, "taken"), (400, "no two keys"), (404, "unknown key"), (409, "orders of two persons")]),
        Operation(
            method: "post", path: "/api/v1/orders/keep-apart", summary: "Two orders are two purchases, for ever.",
            statuses: [(202, "taken"), (400, "no two keys"), (404, "unknown key"), (409, "orders of two persons")]),
    ]

    static var document: JSON {
        var paths = JSONObject()
        for operation in operations {
            var path = paths[operation.path]?.object ?? JSONObject()
            path[operation.method] = describe(operation)
            paths[operation.path] = .object(path)
        }
        return [
            "openapi": "3.1.0", "info": ["title": "Plumbline", "version": "1"], "paths": .object(paths),
            "components": ["securitySchemes": ["adminToken": ["type": "http", "scheme": "bearer"]]],
        ]
    }

    private static func describe(_ operation: Operation) -> JSON {
        var statuses = operation.statuses
        if !operation.isOpen { statuses.append((401, "no admin token")) }
        var responses = JSONObject()
        for (status, what) in statuses.sorted(by: { $0.status < $1.status }) {
            responses[String(status)] = ["description": .string(what)]
        }
        let parameters = operation.parameters.map { name, place, what -> JSON in
            [
                "name": .string(name), "in": .string(place),
                "required": .bool(place == "path" || name == "key"),
                "description": .string(what), "schema": ["type": "string"],
            ]
        }
        return [
            "summary": .string(operation.summary), "parameters": .array(parameters), "responses": .object(responses),
            "security": operation.isOpen ? [] : [["adminToken": []]],
        ]
    }
}
