import Synchronization

/// How long the shutdown of a server may take.
public final class ShutdownPace: Sendable {
    private let isHurried = Mutex(false)

    public init() {}

    /// From now on requests under way get only a moment.
    public func hurry() { isHurried.withLock { $0 = true } }

    /// How long requests under way may take. The outcome of a request that was cut off is looked up after a restart.
    var exchangesEndMax: Duration { isHurried.withLock { $0 } ? .milliseconds(500) : .seconds(5) }
}
