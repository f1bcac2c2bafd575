import Hummingbird
import HTTPTypes
import JSON
import NIOCore

/// Responses as they leave: JSON, text, and problems in plain words.
enum Answers {
    static func json(_ document: JSON, status: Int = 200) -> Response {
        bytes(document.encoded(), "application/json", status)
    }

    static func text(_ text: String, contentType: String = "text/plain; charset=utf-8") -> Response {
        bytes(Array(text.utf8), contentType, 200)
    }

    /// `{"error": {"code": …, "message": …}}`
    static func problem(_ status: Int, _ code: String, _ message: String) -> Response {
        json(["error": ["code": .string(code), "message": .string(message)]], status: status)
    }

    private static func bytes(_ bytes: [UInt8], _ contentType: String, _ status: Int) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = contentType
        // Answers may name orders: no cache on the way keeps them.
        headers[.cacheControl] = "no-store"
        return Response(
            status: HTTPTypes.HTTPResponse.Status(code: status), headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
