import Commerce
import NIOCore
import NIOPosix
import Synchronization

/// The engine's only timer: a new time replaces the old one.
final class WakeTimer: Sendable {
    /// The system clock may be changed during the wait, so the timer fires at least this often.
    private static let waitMax = TimeSpan.minutes(1)
    private let scheduled = Mutex<Scheduled<Void>?>(nil)
    private let loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()

    func set(after span: TimeSpan, _ wake: @escaping @Sendable () -> Void) {
        let wait = min(max(span, .zero), Self.waitMax)
        scheduled.withLock { scheduled in
            scheduled?.cancel()
            scheduled = loop.scheduleTask(in: .microseconds(wait.microseconds)) { wake() }
        }
    }

    func cancel() {
        scheduled.withLock { scheduled in
            scheduled?.cancel()
            scheduled = nil
        }
    }
}
