import Commerce
import NIOCore
import NIOPosix
import Synchronization

/// The one timer of the engine: a new time replaces the old one.
final class WakeTimer: Sendable {
    /// The clock of the machine may be set while we wait, so we look again at least this often.
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
