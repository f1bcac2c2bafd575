import Foundation
import JSON
import Transport

/// The routes of a project as requests, with the private key's header (docs/vendors/bloomreach.md, Access and
/// permissions).
struct BloomreachRoutes: Sendable {
    /// Kept whole: it is the one type that holds the key, and it never prints it.
    private let configuration: BloomreachConfiguration
    private let token: String

    init(_ configuration: BloomreachConfiguration) {
        self.configuration = configuration
        token = Self.percentEncoded(configuration.projectToken)
    }

    private var authorization: String {
        "Basic " + Data("\(configuration.keyID):\(configuration.secret)".utf8).base64EncodedString()
    }

    var systemTime: HTTPRequest { request("GET", "/track/v2/projects/\(token)/system/time") }
    var catalogs: HTTPRequest { request("GET", "/data/v2/projects/\(token)/catalogs") }

    /// - Parameter body: `{"commands":[...]}`.
    func batch(_ body: [UInt8]) -> HTTPRequest { request("POST", "/track/v2/projects/\(token)/batch", body) }

    func customerEvents(_ body: JSON) -> HTTPRequest {
        request("POST", "/data/v2/projects/\(token)/customers/events", body.encoded())
    }

    func customerAttributes(_ body: JSON) -> HTTPRequest {
        request("POST", "/data/v2/projects/\(token)/customers/attributes", body.encoded())
    }

    var consentCategories: HTTPRequest { request("GET", "/data/v2/projects/\(token)/consent/categories") }

    func catalog(id: String) -> HTTPRequest { request("GET", catalogPath(id)) }
    func createCatalog(_ body: JSON) -> HTTPRequest {
        request("POST", "/data/v2/projects/\(token)/catalogs", body.encoded())
    }

    /// Full replace of many rows: columns that a row lacks become blank.
    /// - Parameter body: `[{"item_id", "properties"}]`.
    func replaceItems(catalogID: String, _ body: [UInt8]) -> HTTPRequest {
        request("PUT", catalogPath(catalogID) + "/items", body)
    }
    /// Merge into many rows: columns that a row lacks stay as they are. A row that is not there is refused.
    /// - Parameter body: `[{"item_id", "properties"}]`.
    func mergeItems(catalogID: String, _ body: [UInt8]) -> HTTPRequest {
        request("POST", catalogPath(catalogID) + "/items/partial-update", body)
    }
    func item(catalogID: String, itemID: String) -> HTTPRequest {
        request("GET", catalogPath(catalogID) + "/items/" + Self.percentEncoded(itemID))
    }

    private func catalogPath(_ id: String) -> String {
        "/data/v2/projects/\(token)/catalogs/" + Self.percentEncoded(id)
    }

    private func request(_ method: String, _ path: String, _ body: [UInt8] = []) -> HTTPRequest {
        var headers: HTTPHeaders = ["Authorization": authorization, "Accept": "application/json"]
        // A request without a body must not carry the JSON content type: an import start is refused for it.
        if !body.isEmpty { headers["Content-Type"] = "application/json" }
        return HTTPRequest(method: method, path: path, headers: headers, body: body)
    }

    /// RFC 3986: everything but the unreserved characters, so that a value never becomes two path segments.
    static func percentEncoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for unit in text.utf8 {
            switch unit {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(unit)
            default: bytes += [UInt8(ascii: "%"), digits[Int(unit >> 4)], digits[Int(unit & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
