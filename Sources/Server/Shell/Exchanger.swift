import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
public import Sync
public import Transport

/// Sends one request and returns its outcome. Never throws: every failure is an outcome.
public protocol Exchanger: Sendable {
    func send(_ exchange: Exchange) async -> HTTPOutcome
    func close() async
}

/// The HTTP client. It sends each connection's requests to that connection's base URL only.
public final class HTTPExchanger: Exchanger {
    /// A host that does not accept a connection within this time is unreachable.
    static let connectTimeout = TimeAmount.seconds(5)
    /// The whole request; vendors respond within a few seconds or not at all.
    static let totalTimeout = TimeAmount.seconds(30)
    /// Larger responses are not read: the largest page that we request is well below 1 MiB.
    static let answerBytesMax = 16 * 1_024 * 1_024
    /// Connections to one host; more than any destination allows, so that no request waits for a connection.
    static let connectionsPerHostMax = 256

    private let client: HTTPClient
    private let baseURLs: [String: String]

    /// - Parameter baseURLs: scheme and host for each connection's name.
    public init(baseURLs: [String: String]) {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(connect: Self.connectTimeout)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = Self.connectionsPerHostMax
        // The engine decides about retries, so a failed connection must be reported at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        // The client's logs may contain URLs with queries.
        client = HTTPClient(
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration,
            backgroundActivityLogger: Logger(label: "plumbline.http") { _ in SwiftLogNoOpLogHandler() })
        self.baseURLs = baseURLs
    }

    public func send(_ exchange: Exchange) async -> HTTPOutcome {
        guard let base = baseURLs[exchange.connection] else {
            return .notSent("no base_url for \(exchange.connection)")
        }
        var request = HTTPClientRequest(url: base + exchange.request.path)
        request.method = HTTPMethod(rawValue: exchange.request.method)
        for field in exchange.request.headers.fields { request.headers.add(name: field.name, value: field.value) }
        if !exchange.request.body.isEmpty { request.body = .bytes(ByteBuffer(bytes: exchange.request.body)) }
        do {
            let response = try await client.execute(request, timeout: Self.totalTimeout)
            let body = try await response.body.collect(upTo: Self.answerBytesMax)
            return .answered(
                HTTPResponse(
                    status: Int(response.status.code),
                    headers: Transport.HTTPHeaders(response.headers.map { .init(name: $0.name, value: $0.value) }),
                    body: Array(buffer: body)))
        } catch {
            return Self.outcome(of: error)
        }
    }

    /// `notSent` only if the failure certainly came before the first byte was sent; otherwise the request may have had
    /// an effect.
    static func outcome(of error: any Error) -> HTTPOutcome {
        switch error {
        case is NIOConnectionError: return .notSent("no connection")
        // Only connecting can fail with these; a reset or a time-out can also come later, so its outcome is unknown.
        case let error as IOError where [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH].contains(error.errnoCode):
            return .notSent("no connection")
        case let error as HTTPClientError:
            let beforeSending: [HTTPClientError] = [
                .connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout, .invalidURL, .emptyHost,
                .emptyScheme, .alreadyShutdown,
            ]
            if beforeSending.contains(error) { return .notSent(error.shortDescription) }
            return .unknown(error.shortDescription)
        case let error as ChannelError:
            if case .connectTimeout = error {
                return .notSent("no connection within \(connectTimeout.nanoseconds / 1_000_000_000) s")
            }
            return .unknown("the connection broke")
        case is NIOTooManyBytesError: return .unknown("the response is larger than \(answerBytesMax) bytes")
        case is CancellationError: return .unknown("cancelled before the response came")
        default:
            // Only the type of the error: its text may quote a URL.
            return .unknown("failed: \(type(of: error))")
        }
    }

    public func close() async {
        do {
            try await client.shutdown()
        } catch {
            // It was already closed.
            return
        }
    }
}
