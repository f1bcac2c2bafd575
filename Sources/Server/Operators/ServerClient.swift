import AsyncHTTPClient
import Foundation
public import JSON
import NIOCore
import NIOHTTP1
import SQLiteStore

/// The commands' client of a running server.
public struct ServerClient: Sendable {
    /// Responses are lists of at most a few thousand rows.
    static let answerBytesMax = 64 * 1_024 * 1_024
    static let timeout = TimeAmount.seconds(30)
    static let probeTimeout = TimeAmount.seconds(10)

    /// Never follows a redirect with the token, and fails at once if nothing listens at the address.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = probeTimeout
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
    }()

    public let url: String
    private let token: String

    public init(url: String, token: String) {
        self.url = ConfigurationReader.withoutSlash(url)
        self.token = token
    }

    /// The server named in this store's folder, once it has proved that it serves this store. Only then is the token
    /// sent: a killed server leaves its address file behind, and another program may have taken its port.
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
    /// must serve it: a copied configuration has a valid token for the server it was copied from.
    static func named(_ url: String, _ installation: Installation) async throws(CommandFailure) -> ServerClient {
        let configuration = installation.configuration
        let client = ServerClient(url: url, token: configuration.adminToken)
        guard let answer = await client.identity(nil) else {
            throw CommandFailure(
                "no Plumbline server responds at \(client.url); the admin token was not sent", exitCode: 1)
        }
        let served = answer["store_id"]?.string
        let own: String?
        do throws(StoreOpenFailure) { own = try StoreFolder.id(of: configuration.storeFolder) } catch {
            throw CommandFailure("\(error); the admin token was not sent", exitCode: 2)
        }
        if let own, own != served {
            throw CommandFailure(
                "the server at \(client.url) serves another store, not \(configuration.storeFolder) of this "
                    + "configuration; the admin token was not sent", exitCode: 2)
        }
        return client
    }

    /// Asks which store the server serves, without sending a token. `nil` if no Plumbline server responds in time.
    private func identity(_ challenge: String?) async -> JSON? {
        let query = challenge.map { "?challenge=" + Self.escaped($0) } ?? ""
        do {
            let answer = try await exchange(
                "GET", "/health/identity\(query)", nil, token: nil, timeout: Self.timeout)
            guard answer.status == 200, answer.json["store_id"]?.string != nil else { return nil }
            return answer.json
        } catch {
            // Nothing responds, or it is not Plumbline.
            return nil
        }
    }

    /// Whether the server responds. A stopped server refuses at once; a busy one gets time to respond.
    public func isThere() async -> Bool {
        do {
            return try await exchange("GET", "/health/live", nil, token: nil, timeout: Self.probeTimeout).status == 200
        } catch {
            // A server that does not respond in time counts as stopped.
            return false
        }
    }

    public func get(_ path: String) async throws(CommandFailure) -> JSON { try await ask("GET", path, nil).json }
    public func post(_ path: String, _ body: JSON) async throws(CommandFailure) -> JSON {
        try await ask("POST", path, body).json
    }

    /// One page of a list, and the total number of rows.
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
            throw CommandFailure("the server at \(url) does not respond; is it running?", exitCode: 1)
        }
        guard answer.status < 300 else {
            guard answer.status != 401 else {
                throw CommandFailure(
                    "the server at \(url) was started with another admin.token than this configuration has; use the "
                        + "same file", exitCode: 2)
            }
            let error = answer.json["error"]
            let text = error?["command"]?.string ?? error?["message"]?.string
            throw CommandFailure(text ?? "the server at \(url) responded with status \(answer.status)", exitCode: 1)
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

    /// Escapes everything but unreserved characters, for a query.
    static func escaped(_ text: String) -> String {
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        return text.utf8.map { unit in
            if plain.contains(unit) { return String(UnicodeScalar(unit)) }
            let digits = String(unit, radix: 16, uppercase: true)
            return "%" + (digits.count == 1 ? "0" : "") + digits
        }.joined()
    }
}

/// Why a command failed, in the operator's terms.
public struct CommandFailure: Error, Sendable, CustomStringConvertible {
    public var description: String
    /// 1 differences or failures, 2 usage or configuration.
    public var exitCode: Int32
    public init(_ description: String, exitCode: Int32) {
        self.description = description
        self.exitCode = exitCode
    }
}
