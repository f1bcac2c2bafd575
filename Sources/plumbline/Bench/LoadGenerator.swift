import NIOCore
import NIOPosix
import Synchronization

/// Sends prepared HTTP/1.1 requests over keep-alive connections, one at a time on each, as fast as they are answered or
/// at a steady rate.
///
/// It shares the machine with the server it measures, so it does as little as possible: write bytes, find the end of
/// each response, record the time.
struct LoadGenerator {
    struct Result {
        /// Responses by status.
        var statuses: [Int: Int] = [:]
        var latenciesMicroseconds: [Int64] = []
        var seconds: Double = 0

        func percentile(_ share: Double) -> Double {
            guard !latenciesMicroseconds.isEmpty else { return 0 }
            let sorted = latenciesMicroseconds.sorted()
            return Double(sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]) / 1_000
        }
        var perSecond: Double { seconds > 0 ? Double(latenciesMicroseconds.count) / seconds : 0 }
    }

    let port: Int
    let connections: Int
    /// Requests each second; `nil`: as fast as they are answered.
    var rate: Int?
    /// Called for each response with the number of its request and its status.
    var onAnswer: (@Sendable (Int, Int) -> Void)?

    /// - Parameter next: the bytes of request number n, or `nil` after the last one.
    func run(_ next: @escaping @Sendable (Int) -> ByteBuffer?) async throws -> Result {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let counter = Mutex(0)
        let began = NIODeadline.now()
        let interval = rate.map { TimeAmount.nanoseconds(1_000_000_000 / Int64($0)) }
        let nextRequest: @Sendable () -> PreparedRequest? = {
            let number = counter.withLock { count in
                defer { count += 1 }
                return count
            }
            return next(number).map { bytes in
                PreparedRequest(number: number, bytes: bytes, due: interval.map { began + $0 * number })
            }
        }
        let results = Mutex(Result())
        let onAnswer = self.onAnswer
        let clock = ContinuousClock()
        let start = clock.now
        var channels: [any Channel] = []
        for _ in 0..<connections {
            channels.append(
                try await ClientBootstrap(group: group)
                    .channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(
                                LoadHandler(nextRequest: nextRequest) { number, status, latency in
                                    onAnswer?(number, status)
                                    results.withLock {
                                        $0.statuses[status, default: 0] += 1
                                        $0.latenciesMicroseconds.append(latency)
                                    }
                                })
                        }
                    }
                    .connect(host: "127.0.0.1", port: port).get())
        }
        for channel in channels { try await channel.closeFuture.get() }
        let elapsed = clock.now - start
        try await group.shutdownGracefully()
        return results.withLock { result in
            result.seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
            return result
        }
    }
}

/// A request, and when to send it where there is a rate.
private struct PreparedRequest: Sendable {
    var number: Int
    var bytes: ByteBuffer
    var due: NIODeadline?
}

/// Sends the requests of one connection, one after another. Used on its event loop only.
private final class LoadHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let nextRequest: @Sendable () -> PreparedRequest?
    private let onResponse: @Sendable (_ number: Int, _ status: Int, _ microseconds: Int64) -> Void
    private var received = ByteBuffer()
    private var number = 0
    private var sentAt = NIODeadline.now()

    init(
        nextRequest: @escaping @Sendable () -> PreparedRequest?,
        onResponse: @escaping @Sendable (Int, Int, Int64) -> Void
    ) {
        self.nextRequest = nextRequest
        self.onResponse = onResponse
    }

    func channelActive(context: ChannelHandlerContext) { send(context) }

    private func send(_ context: ChannelHandlerContext) {
        guard let request = nextRequest() else { return context.close(promise: nil) }
        guard let due = request.due, due > .now() else { return transmit(request, context) }
        context.eventLoop.assumeIsolated().scheduleTask(deadline: due) { self.transmit(request, context) }
    }

    private func transmit(_ request: PreparedRequest, _ context: ChannelHandlerContext) {
        number = request.number
        sentAt = .now()
        context.writeAndFlush(wrapOutboundOut(request.bytes), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        received.writeBuffer(&part)
        guard let status = completeAnswer() else { return }
        received.clear()
        onResponse(number, status, (NIODeadline.now() - sentAt).nanoseconds / 1_000)
        send(context)
    }

    /// The status, once head and body have arrived. Servers under test send a content length.
    private func completeAnswer() -> Int? {
        let view = received.readableBytesView
        guard view.count >= 16, let end = Self.headEnd(view) else { return nil }
        let head = String(decoding: view[view.startIndex..<end], as: UTF8.self).lowercased()
        var length = 0
        for line in head.split(separator: "\r\n") where line.hasPrefix("content-length:") {
            length = Int(line.dropFirst("content-length:".count).drop { $0 == " " }) ?? 0
        }
        guard view.endIndex - end - 4 >= length else { return nil }
        return Int(head.dropFirst(9).prefix(3))
    }

    private static func headEnd(_ view: ByteBufferView) -> Int? {
        var index = view.startIndex
        while index + 3 < view.endIndex {
            if view[index] == 13, view[index + 1] == 10, view[index + 2] == 13, view[index + 3] == 10 { return index }
            index += 1
        }
        return nil
    }
}
