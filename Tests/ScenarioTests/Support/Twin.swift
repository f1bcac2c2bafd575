import JSON
import Testing

/// A simulated outside system, as its operators and shoppers see it.
struct Twin: Sendable {
    let url: String

    /// Does an action.
    /// - Returns: its ids.
    @discardableResult
    func act(_ action: JSON, sourceLocation: SourceLocation = #_sourceLocation) async throws -> JSON {
        let answer = try await post("act", action)
        try #require(answer.status == 200, "\(action.text()): \(answer.text)", sourceLocation: sourceLocation)
        return try answer.json["ids"] ?? .null
    }

    func fault(_ fault: JSON, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let answer = try await post("faults", fault)
        try #require(answer.status == 200, "\(answer.text)", sourceLocation: sourceLocation)
    }

    func clearFaults() async throws { _ = try await Web.send("DELETE", "\(url)/_twin/faults") }

    /// Moves the twin's clock.
    func advance(seconds: Int) async throws { _ = try await post("time", ["advance": JSON(seconds)]) }

    func state() async throws -> JSON { try await Web.send("GET", "\(url)/_twin/state").json }

    /// Calls of the vendor's own paths after number `since`; at most 20 000 are kept.
    func calls(since: Int64 = 0) async throws -> (calls: [JSON], last: Int64) {
        let json = try await Web.send("GET", "\(url)/_twin/calls?since=\(since)").json
        return (json["calls"]?.array ?? [], json["last"]?.int64 ?? 0)
    }

    private func post(_ path: String, _ body: JSON) async throws -> Web.Answer {
        try await Web.send(
            "POST", "\(url)/_twin/\(path)", headers: [("Content-Type", "application/json")], body: body.encoded())
    }
}
