import JSON

/// Describes exactly the endpoints that exist; a test compares it with the responses of `RequestRouter`.
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
                (503, "cannot be stored now; send again"),
            ]),
        Operation(method: "get", path: "/health/live", summary: "The process answers.", isOpen: true),
        Operation(
            method: "get", path: "/health/ready", summary: "The engine has started and the store is writable.",
            isOpen: true,
            statuses: [(200, "ready"), (503, "not ready")]),
        Operation(
            method: "get", path: "/health/identity",
            summary:
                "Which store this server serves; with a challenge, a proof that the owner of its folder can check.",
            isOpen: true,
            parameters: [("challenge", "query", "any text, at most \(ServerIdentity.challengeBytesMax) bytes")],
            statuses: [(200, "the store's id, and the proof"), (400, "the challenge is too long")]),
        Operation(method: "get", path: "/metrics", summary: "Metrics in Prometheus text format.", isOpen: true),
        Operation(method: "get", path: "/openapi.json", summary: "This document.", isOpen: true),
        Operation(method: "get", path: "/api/v1/settled", summary: "Whether nothing is left to do."),
        Operation(method: "get", path: "/api/v1/flows", summary: "The flows and their stages."),
        Operation(method: "get", path: "/api/v1/stages", summary: "When each flow entered which stage."),
        Operation(
            method: "get", path: "/api/v1/freshness",
            summary: "Age of the oldest fact not yet acknowledged, and lag percentiles for each flow."),
        Operation(
            method: "get", path: "/api/v1/trace",
            summary: "The trace of an order, person or SKU; for a connection or flow, its exceptions and stages.",
            parameters: [("key", "query", TraceKey.kinds)],
            statuses: [(200, "found, or empty lists and a note that lists the kinds of key"), (400, "no key")]),
        Operation(
            method: "get", path: "/api/v1/exceptions",
            summary: "Exceptions, newest first; X-Total-Count is the total, Link the next page.",
            parameters: [
                ("all", "query", "1 = include resolved exceptions"), ("kind", "query", "kinds, separated by commas"),
                ("after", "query", "the id of the last exception on the previous page"),
                ("limit", "query", "exceptions in one response, at most \(ExceptionRequest.limitMax)"),
            ],
            statuses: [(200, "done"), (400, "unknown kind or bad limit"), (404, "after is not an exception's id")]),
        Operation(
            method: "get", path: "/api/v1/exceptions/{id}", summary: "One exception.",
            parameters: [("id", "path", "the exception's id")], statuses: [(200, "found"), (404, "unknown")]),
        Operation(
            method: "post", path: "/api/v1/exceptions/{id}/retry",
            summary: "Sends the deliveries that the exception parks again.",
            parameters: [("id", "path", "the exception's id")],
            statuses: [(202, "accepted"), (404, "unknown"), (409, "it parks no delivery")]),
        Operation(
            method: "post", path: "/api/v1/exceptions/{id}/resolve",
            summary:
                "Resolves an exception. {\"skip\": true} drops its parked deliveries and releases what waits for them.",
            parameters: [("id", "path", "the exception's id")],
            statuses: [
                (202, "accepted"), (404, "unknown"),
                (409, "it parks a delivery and skip is missing, or its cause is not fixed"),
            ]),
        Operation(
            method: "post", path: "/api/v1/people/merge",
            summary: "Merges two persons, for good; body {\"people\": [KEY, KEY]}.",
            statuses: decisionStatuses),
        Operation(
            method: "post", path: "/api/v1/people/keep-apart",
            summary: "Keeps two persons apart; the engine does not ask again.", statuses: decisionStatuses),
        Operation(
            method: "post", path: "/api/v1/orders/join",
            summary: "Records that one order replaced another; body {\"original\": KEY, \"replacement\": KEY}.",
            statuses: decisionStatuses),
        Operation(
            method: "post", path: "/api/v1/orders/keep-apart",
            summary: "Keeps two orders as two purchases; the engine does not ask again.", statuses: decisionStatuses),
    ]

    private static let decisionStatuses = [
        (status: 202, what: "accepted"), (status: 400, what: "not two keys of the right kind"),
        (status: 404, what: "unknown key"),
        (status: 409, what: "one person already, persons of two brands, or orders of two persons"),
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
