import AsyncHTTPClient
import Foundation
public import JSON
import NIOCore
import NIOHTTP1
import SQLiteStore

/// A running server, as commands see it.
public struct ServerClient: Sendable {
    /// Responses are lists of at most a few thousand rows.
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

    /// The server named in this store's folder, after it has proved that it serves this store. Nothing else gets the
    /// token: a server that was killed leaves its address file behind, and another program may have its port.
    /// - Returns: `nil` when no server is named, or the proof fails.
    static func announced(_ installation: Installation) async -> ServerClient? {
        let folder = installation.configuration.storeFolder
        guard let (url, secret) = ServerAddressFile.read(in: folder), let storeID = try? StoreFolder.id(of: folder)
        else {
            return nil
        }
        let client = ServerClient(url: url, token: installation.configuration.adminToken)
        let challenge = ServerIdentity.newChallenge()
        let answer = await client.identity(challenge)
        let identity = ServerIdentity(storeID: storeID, secret: secret)
        guard answer?["store_id"]?.string == storeID, let proof = answer?["proof"]?.string,
            identity.accepts(proof, of: challenge)
        else { return nil }
        return client
    }

    /// The server given by `--server`. The store's folder may be on another machine. If it is on this one, the server
    /// must serve it: a copied configuration has the right token for somebody else's server.
    static func named(_ url: String, _ installation: Installation) async throws(CommandFailure) -> ServerClient {
        let configuration = installation.configuration
        let client = ServerClient(url: url, token: configuration.adminToken)
        guard let answer = await client.identity(nil) else {
            throw CommandFailure(
                "no Plumbline server answers at \(client.url); the admin token was not sent", exitCode: 1)
        }
        let served = answer["store_id"]?.string
        let own: String?
        do throws(StoreOpenFailure) { own = try StoreFolder.id(of: configuration.storeFolder) } catch {
            throw CommandFailure("\(error); the admin token was not sent", exitCode: 2)
        }
        if let own, own != served {
            throw CommandFailure(
                "the server at \(client.url) serves another store than \(configuration.storeFolder), which this "
                    + "configuration names; the admin token was not sent", exitCode: 2)
        }
        return client
    }

    /// Which store it serves; needs no token, and sends none. `nil` where no Plumbline answers in time.
    private func identity(_ challenge: String?) async -> JSON? {
        let query = challenge.map { "?challenge=" + Self.escaped($0) } ?? ""
        do {
            let answer = try await exchange(
                "GET", "/health/identity\(query)", nil, token: nil, timeout: Self.timeout)
            guard answer.status == 200, answer.json["store_id"]?.string != nil else { return nil }
            return answer.json
        } catch {
            // Nothing answers, or something other than Plumbline does.
            return nil
        }
    }

    /// A server that has ended refuses at once; one that is busy gets its time.
    public func isThere() async -> Bool {
        do {
            return try await exchange("GET", "/health/live", nil, token: nil, timeout: Self.lookTimeout).status == 200
        } catch {
            // No answer in time is no server for a command.
            return false
        }
    }

    public func get(_ path: String) async throws(CommandFailure) -> JSON { try await ask("GET", path, nil).json }
    public func post(_ path: String, _ body: JSON) async throws(CommandFailure) -> JSON {
        try await ask("POST", path, body).json
    }

    /// One page of a list, and how many rows there are in all.
    func list(_ path: String) async throws(CommandFailure) -> (rows: [JSON], total: Int) {
        let answer = try await ask("GET", path, nil)
        let rows = answer.json.array ?? []
        return (rows, answer.total ?? rows.count)
    }

    private struct Answer {
        var status: Int
        var json: JSON
        /// What `X-Total-Count` says.
        var total: Int?
    }

    private func ask(_ method: String, _ path: String, _ body: JSON?) async throws(CommandFailure) -> Answer {
        let answer: Answer
        do {
            answer = try await exchange(method, path, body, token: token, timeout: Self.timeout)
        } catch {
            throw CommandFailure("the server at \(url) does not answer; is it running?", exitCode: 1)
        }
        guard answer.status < 300 else {
            guard answer.status != 401 else {
                throw CommandFailure(
                    "admin.token of this configuration is not the one that the server at \(url) was started with; "
                        + "use the same file", exitCode: 2)
            }
            let error = answer.json["error"]
            let text = error?["command"]?.string ?? error?["message"]?.string
            throw CommandFailure(text ?? "the server at \(url) answers with status \(answer.status)", exitCode: 1)
        }
        return answer
    }

    private func exchange(
        _ method: String, _ path: String, _ body: JSON?, token: String?, timeout: TimeAmount
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url + path)
        request.method = HTTPMethod(rawValue: method)
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let body { request.body = .bytes(ByteBuffer(bytes: body.encoded())) }
        let response = try await Self.client.execute(request, timeout: timeout)
        let bytes = Array(buffer: try await response.body.collect(upTo: Self.answerBytesMax))
        return Answer(
            status: Int(response.status.code), json: try JSON.parse(bytes),
            total: response.headers.first(name: "X-Total-Count").flatMap { Int($0) })
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
