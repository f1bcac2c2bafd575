import Commerce
import Hummingbird
import HTTPTypes
import NIOCore
import Sync
import Transport

/// Webhooks in: size, sender, durability, answer, in this order.
struct WebhookIngest: Sendable {
    /// Asked of senders when we cannot take a webhook now.
    static let retryAfterSeconds = 5

    let sources: [String: any Source]
    let authenticate: MessageAuthentication
    let groupCommit: GroupCommit
    let metrics: Metrics
    let clock: ServerClock
    let gate = RefusalRateLimiter()
    let budget = BodyBudget()
    let tellEngine: @Sendable (Input) -> Void

    /// Responses one webhook for `connection`.
    func respond(to request: Request, connection: String) async -> Response {
        let start = ContinuousClock.now
        guard let source = sources[connection] else {
            // The name is the sender's invention: it becomes no label.
            metrics.count(.webhooks, ["", "unknown_connection"])
            return Responses.problem(404, "unknown_connection", "no connection of this name takes webhooks here")
        }
        var taken = 0
        defer { budget.giveBack(taken) }
        let body: [UInt8]
        switch await read(request, max: source.bodyBytesMax, taken: &taken) {
        case .whole(let bytes): body = bytes
        case .tooLarge:
            return refuse(.tooLarge, "a body above \(source.bodyBytesMax) bytes was not read", source)
        case .noRoom: return comeAgain(source, "overloaded")
        case .broken:
            metrics.count(.webhooks, [connection, "unreadable_request"])
            return Responses.problem(400, "unreadable_request", "the body ended early")
        }
        let message = Transport.HTTPRequest(
            method: request.method.rawValue, path: request.head.path ?? "/",
            headers: Transport.HTTPHeaders(request.headers.map { .init(name: $0.name.rawName, value: $0.value) }),
            body: body)
        switch source.admit(message, receivedAt: clock.now(), authenticate: authenticate) {
        case .refused(let refusal, let detail): return refuse(refusal, detail, source)
        case .admitted(let receipt):
            switch await groupCommit.store(receipt) {
            case .durable: metrics.count(.webhooks, [connection, "accepted"])
            case .duplicate: metrics.count(.webhooks, [connection, "duplicate"])
            case .unavailable: return comeAgain(source, "store_unavailable")
            case .overloaded: return comeAgain(source, "overloaded")
            }
            metrics.observe(.webhookDuration, [connection], Metrics.seconds(ContinuousClock.now - start))
            return Response(status: .ok)
        }
    }

    private enum Body {
        case whole([UInt8])
        case tooLarge, noRoom, broken
    }

    /// Reads at most `max` bytes; what is beyond is never kept.
    private func read(_ request: Request, max: Int, taken: inout Int) async -> Body {
        if let announced = request.headers[.contentLength].flatMap(Int.init) {
            guard announced <= max else { return .tooLarge }
        }
        var bytes: [UInt8] = []
        do {
            for try await chunk in request.body {
                guard bytes.count + chunk.readableBytes <= max else { return .tooLarge }
                guard budget.take(chunk.readableBytes) else { return .noRoom }
                taken += chunk.readableBytes
                bytes.append(contentsOf: chunk.readableBytesView)
            }
        } catch {
            // The sender went away or sent no HTTP; it will come again.
            return .broken
        }
        return .whole(bytes)
    }

    private func refuse(_ refusal: WebhookRefusal, _ detail: String, _ source: any Source) -> Response {
        metrics.count(.webhooks, [source.connection, refusal.rawValue])
        if gate.lets(refusal, of: source.connection, at: clock.now()) {
            tellEngine(.refusedWebhook(connection: source.connection, refusal, detail: detail))
        }
        return Responses.problem(source.status(for: refusal), refusal.rawValue, "this webhook was not taken")
    }

    private func comeAgain(_ source: any Source, _ result: String) -> Response {
        metrics.count(.webhooks, [source.connection, result])
        var response = Responses.problem(
            source.status(for: .storeUnavailable), result, "this webhook cannot be kept now; send it again")
        response.headers[.retryAfter] = String(Self.retryAfterSeconds)
        return response
    }
}
