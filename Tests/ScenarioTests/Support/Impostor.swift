import AsyncHTTPClient
import NIOCore
import NIOPosix
import Synchronization

/// Something else on a server's port: it answers every request with the same bytes and remembers what it was told.
final class Impostor: Sendable {
    let port: Int
    private let channel: any Channel
    private let heard: Heard

    /// Everything that came in, of every connection.
    var text: String { heard.text }

    /// - Parameters:
    ///   - port: `nil` for any free one.
    ///   - body: what it answers with, as JSON.
    init(port: Int? = nil, body: String) async throws {
        let port = try port ?? FreePort.next()
        let heard = Heard()
        let answer =
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        let channel = try await ServerBootstrap(group: HTTPClient.defaultEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Listener(heard: heard, answer: answer))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        self.heard = heard
        self.channel = channel
        self.port = port
    }

    func end() async throws { try await channel.close() }

    private final class Heard: Sendable {
        private let all = Mutex("")
        var text: String { all.withLock { $0 } }
        func add(_ text: String) { all.withLock { $0 += text } }
    }

    private final class Listener: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let heard: Heard
        private let answer: String

        init(heard: Heard, answer: String) {
            self.heard = heard
            self.answer = answer
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            heard.add(String(buffer: unwrapInboundIn(data)))
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
        }
    }
}
