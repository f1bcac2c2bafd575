import AsyncHTTPClient
import Foundation
public import JSON
import NIOCore
import NIOHTTP1

/// A running server, as commands see it.
public struct ServerClient: Sendable {
    /// Answers are lists of at most a few thousand rows.
    static let answerBytesMax = 64 * 1_024 * 1_024
    static let timeout = TimeAmount.seconds(30)
    static let lookTimeout = TimeAmount.seconds(10)

    /// Refuses to carry the token to another address, and says at once that nobody listens.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = lookTimeout
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
    }()

    public let url: String
    private let token: String

    public init(url: String, token: String) {
        self.url = ConfigurationReader.withoutSlash(url)
        self.token = token
    }

    /// Where the configuration's server says that it listens; `nil` when it says nothing.
    public static func announced(_ installation: Installation) -> ServerClient? {
        Announcement(installation).url.map { ServerClient(url: $0, token: installation.configuration.adminToken) }
    }

    /// What the configuration itself says; `nil` where the port is chosen at the start.
    public static func configured(_ configuration: Configuration) -> ServerClient? {
        guard configuration.listenPort != 0 else { return nil }
        // An address that means "every network" is reached on this machine.
        let host = ["0.0.0.0", "::"].contains(configuration.listenHost) ? "127.0.0.1" : configuration.listenHost
        return ServerClient(url: "http://\(host):\(configuration.listenPort)", token: configuration.adminToken)
    }

    /// A server that has ended refuses at once; one that is busy gets its time.
    public func isThere() async -> Bool {
        do {
            return try await exchange("GET", "/health/live", nil, timeout: Self.lookTimeout).0 == 200
        } catch {
            // No answer in time is no server for a command.
            return false
        }
    }

    public func get(_ path: String) async throws(CommandFailure) -> JSON { try await ask("GET", path, nil) }
    public func post(_ path: String, _ body: JSON) async throws(CommandFailure) -> JSON {
        try await ask("POST", path, body)
    }

    private func ask(_ method: String, _ path: String, _ body: JSON?) async throws(CommandFailure) -> JSON {
        let answer: (Int, JSON)
        do {
            answer = try await exchange(method, path, body, timeout: Self.timeout)
        } catch {
            throw CommandFailure("the server at \(url) does not answer; is it running?", exitCode: 1)
        }
        guard answer.0 < 300 else {
            guard answer.0 != 401 else {
                throw CommandFailure(
                    "admin.token of this configuration is not the one that the server at \(url) was started with; "
                        + "use the same file", exitCode: 2)
            }
            let message = answer.1["error"]?["message"]?.string ?? "status \(answer.0)"
            throw CommandFailure("the server says: \(message)", exitCode: 1)
        }
        return answer.1
    }

    private func exchange(
        _ method: String, _ path: String, _ body: JSON?, timeout: TimeAmount
    ) async throws -> (Int, JSON) {
        var request = HTTPClientRequest(url: url + path)
        request.method = HTTPMethod(rawValue: method)
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        if let body { request.body = .bytes(ByteBuffer(bytes: body.encoded())) }
        let response = try await Self.client.execute(request, timeout: timeout)
        let bytes = Array(buffer: try await response.body.collect(upTo: Self.answerBytesMax))
        return (Int(response.status.code), try JSON.parse(bytes))
    }

    /// For a query: everything but unreserved characters is escaped.
    static func escaped(_ text: String) -> String {
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        return text.utf8.map { unit in
            if plain.contains(unit) { return String(UnicodeScalar(unit)) }
            let digits = String(unit, radix: 16, uppercase: true)
            return "%" + (digits.count == 1 ? "0" : "") + digits
        }.joined()
    }
}

/// Why a command failed, in words for the person who gave it.
public struct CommandFailure: Error, Sendable, CustomStringConvertible {
    public var description: String
    /// 1 differences or failures, 2 usage or configuration.
    public var exitCode: Int32
    public init(_ description: String, exitCode: Int32) {
        self.description = description
        self.exitCode = exitCode
    }
}
