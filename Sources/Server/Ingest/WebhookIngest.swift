import Commerce
import Hummingbird
import HTTPTypes
import NIOCore
import Sync
import Transport

/// Receives webhooks: checks the size, verifies the sender, makes the receipt durable, then responds.
struct WebhookIngest: Sendable {
    /// The `Retry-After` of a webhook that cannot be stored now.
    static let retryAfterSeconds = 5

    let sources: [String: any Source]
    let authenticate: MessageAuthentication
    let groupCommit: GroupCommit
    let metrics: Metrics
    let clock: ServerClock
    let refusalLimiter = RefusalRateLimiter()
    let budget = BodyBudget()
    let postToEngine: @Sendable (Input) -> Void

    /// Responds to one webhook for `connection`.
    func respond(to request: Request, connection: String) async -> Response {
        let start = ContinuousClock.now
        guard let source = sources[connection] else {
            // The sender may send any name, so it must not become a label.
            metrics.count(.webhooks, ["", "unknown_connection"])
            return Responses.problem(404, "unknown_connection", "no connection of this name accepts webhooks")
        }
        var reserved = 0
        defer { budget.release(reserved) }
        let body: [UInt8]
        switch await read(request, max: source.bodyBytesMax, reserved: &reserved) {
        case .whole(let bytes): body = bytes
        case .tooLarge:
            return refuse(.tooLarge, "a body above \(source.bodyBytesMax) bytes was not read", source)
        case .overBudget: return askToRetry(source, "overloaded")
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
            case .unavailable: return askToRetry(source, "store_unavailable")
            case .overloaded: return askToRetry(source, "overloaded")
            }
            metrics.observe(.webhookDuration, [connection], Metrics.seconds(ContinuousClock.now - start))
            return Response(status: .ok)
        }
    }

    private enum Body {
        case whole([UInt8])
        case tooLarge, overBudget, broken
    }

    /// Reads at most `max` bytes and never buffers more.
    private func read(_ request: Request, max: Int, reserved: inout Int) async -> Body {
        if let announced = request.headers[.contentLength].flatMap(Int.init) {
            guard announced <= max else { return .tooLarge }
        }
        var bytes: [UInt8] = []
        do {
            for try await chunk in request.body {
                guard bytes.count + chunk.readableBytes <= max else { return .tooLarge }
                guard budget.reserve(chunk.readableBytes) else { return .overBudget }
                reserved += chunk.readableBytes
                bytes.append(contentsOf: chunk.readableBytesView)
            }
        } catch {
            // The sender closed the connection or sent invalid HTTP; it will retry.
            return .broken
        }
        return .whole(bytes)
    }

    private func refuse(_ refusal: WebhookRefusal, _ detail: String, _ source: any Source) -> Response {
        metrics.count(.webhooks, [source.connection, refusal.rawValue])
        if refusalLimiter.admits(refusal, of: source.connection, at: clock.now()) {
            postToEngine(.refusedWebhook(connection: source.connection, refusal, detail: detail))
        }
        return Responses.problem(source.status(for: refusal), refusal.rawValue, "this webhook was refused")
    }

    private func askToRetry(_ source: any Source, _ result: String) -> Response {
        metrics.count(.webhooks, [source.connection, result])
        var response = Responses.problem(
            source.status(for: .storeUnavailable), result, "this webhook cannot be stored now; send it again")
        response.headers[.retryAfter] = String(Self.retryAfterSeconds)
        return response
    }
}
