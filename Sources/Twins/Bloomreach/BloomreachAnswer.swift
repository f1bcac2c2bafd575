import JSON

/// One answer before it becomes bytes: status, body and whether anything changed.
struct BloomreachAnswer: Sendable {
    var status: Int
    /// `nil` is an empty body.
    var body: JSON?
    var hasEffect = false
    var retryAfterSeconds: Int?

    static func ok(_ body: JSON) -> Self { Self(status: 200, body: body) }
    static func done(_ body: JSON) -> Self { Self(status: 200, body: body, hasEffect: true) }

    // The four envelopes (docs/vendors/bloomreach.md, Errors).

    /// `{"success":false,"error":"…"}`: authentication.
    static func unauthorized(_ status: Int, _ text: String) -> Self {
        Self(status: status, body: ["success": false, "error": .string(text)])
    }

    /// `{"success":false,"message":"…"}`: a body that is no batch.
    static func malformed(_ text: String) -> Self {
        Self(status: 400, body: ["success": false, "message": .string(text)])
    }

    /// `{"success":false,"errors":["…"]}`: a refused tracking command.
    static func failed(_ refusal: BloomreachRefusal, status: Int) -> Self {
        Self(status: status, body: ["success": false, "errors": [.string(refusal.text)]])
    }

    /// `{"success":false,"errors":{"<field or _global>":["…"]}}`: the data routes.
    static func refused(_ status: Int, _ field: String, _ text: String) -> Self {
        Self(status: status, body: ["success": false, "errors": .object([field: [.string(text)]])])
    }

    static let invalidJSON = malformed("Invalid JSON")
    static let unknownCustomer = refused(404, "_global", "Customer does not exist")
    /// A wrong path; also every route this twin does not simulate.
    static let noRoute = Self(
        status: 404, body: ["errors": ["code": 404, "description": "The requested URL was not found on the server."]])
}
