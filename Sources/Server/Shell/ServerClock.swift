public import Commerce
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Supplies the time to the core, which has no clock of its own.
public struct ServerClock: Sendable {
    public var now: @Sendable () -> Instant
    public init(now: @escaping @Sendable () -> Instant) { self.now = now }

    /// The machine's clock.
    public static let wall = ServerClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    /// Processor time that the calling thread has used.
    static var threadTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }
}
