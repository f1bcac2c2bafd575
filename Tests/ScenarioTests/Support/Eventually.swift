import Testing

/// What did not come true in time.
struct NotInTime: Error, CustomStringConvertible {
    var what: String
    var limit: Duration
    var description: String { "not within \(limit): \(what)" }
}

/// Asks until `isTrue`; the one place where these tests wait.
/// - Parameter what: names the condition in the failure.
/// - Throws: ``NotInTime``, or what `isTrue` throws.
func eventually(
    _ what: String, within limit: Duration = .seconds(60), every pause: Duration = .milliseconds(40),
    _ isTrue: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while true {
        if try await isTrue() { return }
        guard ContinuousClock.now < deadline else { throw NotInTime(what: what, limit: limit) }
        try await Task.sleep(for: pause)
    }
}

/// Lets real time pass where the passing of time is the story itself.
func pass(_ time: Duration) async throws { try await Task.sleep(for: time) }
