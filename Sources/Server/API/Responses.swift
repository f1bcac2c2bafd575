import Hummingbird
import HTTPTypes
import JSON
import NIOCore

/// Builds HTTP responses: JSON, text, and errors in plain language.
enum Responses {
    static func json(_ document: JSON, status: Int = 200) -> Response {
        bytes(document.encoded(), "application/json", status)
    }

    static func text(_ text: String, contentType: String = "text/plain; charset=utf-8") -> Response {
        bytes(Array(text.utf8), contentType, 200)
    }

    /// `{"error": {"code": …, "message": …, "command": …}}`
    /// - Parameters:
    ///   - what: what is wrong.
    ///   - api: the next step for a caller of the API.
    ///   - command: the next step for a user of the command line; commands show it.
    static func problem(
        _ status: Int, _ code: String, _ what: String, api: String? = nil, command: String? = nil
    ) -> Response {
        func sentence(_ advice: String?) -> JSON { .string([what, advice].compactMap { $0 }.joined(separator: "; ")) }
        var error: JSONObject = ["code": .string(code), "message": sentence(api)]
        if api != nil || command != nil { error["command"] = sentence(command) }
        return json(["error": .object(error)], status: status)
    }

    private static func bytes(_ bytes: [UInt8], _ contentType: String, _ status: Int) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = contentType
        // Responses may name orders: caches must not store them.
        headers[.cacheControl] = "no-store"
        return Response(
            status: HTTPTypes.HTTPResponse.Status(code: status), headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
