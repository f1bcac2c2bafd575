import Synchronization

/// How long the shutdown of a server may take.
public final class ShutdownPace: Sendable {
    private let isHurried = Mutex(false)

    public init() {}

    /// Shortens the time limit for running requests.
    public func hurry() { isHurried.withLock { $0 = true } }

    /// How long running requests may take. After a restart the engine looks up the outcome of the ones it cut off.
    var exchangesEndMax: Duration { isHurried.withLock { $0 } ? .milliseconds(500) : .seconds(5) }
}
