import JSON
import Transport

/// What was called, newest last, for `GET /_twin/calls?since=N`.
public struct TwinCalls: Sendable {
    /// Calls that are kept. A long simulation makes millions; its checkers read along, so memory stays flat.
    public static let kept = 20_000

    private struct Call: Sendable {
        var sequence: Int64
        var at: TwinInstant
        var request: HTTPRequest
        var status: Int?
        var effect: Bool
    }

    private var calls: [Call] = []
    /// Where the oldest kept call is, once the ring is full.
    private var oldest = 0
    private var lastSequence: Int64 = 0

    public init() {}

    public mutating func record(_ request: HTTPRequest, _ reply: TwinReply, at: TwinInstant) {
        lastSequence += 1
        let call = Call(
            sequence: lastSequence, at: at, request: request, status: reply.response?.status, effect: reply.effect)
        if calls.count < Self.kept {
            calls.append(call)
        } else {
            calls[oldest] = call
            oldest = (oldest + 1) % Self.kept
        }
    }

    /// `{"calls": [{seq, time, method, path, body, status, effect}], "last": N}` of the calls after `sequence`. The
    /// body is JSON where it is, else its text; `status` null means that no answer left the twin.
    public func json(since sequence: Int64) -> JSON {
        let ordered = calls[oldest...] + calls[..<oldest]
        let wanted = ordered.filter { $0.sequence > sequence }
        return [
            "calls": .array(wanted.map(Self.json)),
            "last": JSON(lastSequence),
        ]
    }

    private static func json(_ call: Call) -> JSON {
        let text = String(decoding: call.request.body, as: UTF8.self)
        let body = call.request.body.isEmpty ? JSON.null : (try? JSON.parse(call.request.body)) ?? .string(text)
        return [
            "seq": JSON(call.sequence), "time": .string(call.at.iso8601(fractionDigits: 6)),
            "method": .string(call.request.method), "path": .string(call.request.path), "body": body,
            "status": call.status.map { JSON($0) } ?? .null, "effect": .bool(call.effect),
        ]
    }
}
