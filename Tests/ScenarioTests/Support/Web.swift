import AsyncHTTPClient
import JSON
import NIOCore
import NIOHTTP1
import NIOPosix

/// Plain HTTP to the program and its twins.
enum Web {
    /// A refused connection is said at once: stories kill servers on purpose.
    static let client = {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
    }()
    static let answerBytesMax = 64 * 1_024 * 1_024

    struct Answer: Sendable {
        var status: Int
        var headers: NIOHTTP1.HTTPHeaders
        var body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }
        var json: JSON { get throws { try JSON.parse(body) } }
    }

    static func send(
        _ method: String, _ url: String, headers: [(String, String)] = [], body: [UInt8] = []
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = HTTPMethod(rawValue: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if method != "GET" { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await client.execute(request, timeout: .seconds(30))
        let bytes = try await response.body.collect(upTo: answerBytesMax)
        return Answer(status: Int(response.status.code), headers: response.headers, body: Array(buffer: bytes))
    }
}

/// A connection on which a test may be as rude as it likes.
enum RawConnection {
    /// Sends exactly these bytes, keeps the line open, and returns what comes back until `enough` or the end.
    static func answer(port: Int, to bytes: [UInt8], until enough: @Sendable (String) -> Bool) async throws -> String {
        let channel = try await ClientBootstrap(group: HTTPClient.defaultEventLoopGroup)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var text = ""
            try await outbound.write(ByteBuffer(bytes: bytes))
            for try await part in inbound {
                text += String(buffer: part)
                if enough(text) { break }
            }
            return text
        }
    }
}
