import Dispatch
import Foundation
import Synchronization

/// Turns SIGTERM and SIGINT into a shutdown, for programs that run until they are stopped.
///
/// | signal | what happens |
/// |---|---|
/// | SIGTERM | the program shuts down gracefully and takes the time it needs |
/// | SIGINT (Ctrl-C) | the program ends within two seconds; work that has not ended by then is cut off, as by a crash |
/// | a second SIGINT | the program ends at once |
///
/// A program that had to be cut off exits with 130, as shells report for a program that Ctrl-C ended.
public final class StopSignals: Sendable {
    public enum StopRequest: Sendable { case graceful, fast }

    /// The exit code that shells report for a program ended by SIGINT.
    public static let interrupted: Int32 = 130
    /// The time from Ctrl-C to the forced exit. The rest of the two seconds is slack for a busy machine.
    public static let fastStopMax = DispatchTimeInterval.milliseconds(1_500)

    private struct State {
        var sources: [DispatchSource] = []
        var interrupts = 0
    }
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "plumbline.signals", qos: .userInteractive)
    private let cleanUp: @Sendable () -> Void
    private let onRequest: @Sendable (StopRequest) -> Void

    /// Handles both signals until ``stop()``. Create it before starting anything that needs an orderly shutdown.
    /// - Parameters:
    ///   - cleanUp: runs before a forced exit; must be quick.
    ///   - onRequest: starts the shutdown. Called for each SIGTERM and for the first SIGINT, so possibly more than
    ///     once.
    public init(cleanUp: @escaping @Sendable () -> Void = {}, onRequest: @escaping @Sendable (StopRequest) -> Void) {
        self.cleanUp = cleanUp
        self.onRequest = onRequest
        let sources = [SIGTERM, SIGINT].compactMap { number -> DispatchSource? in
            #if canImport(Darwin)
                // Darwin delivers a signal to the source only if its default action is off.
                signal(number, SIG_IGN)
            #endif
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { [weak self] in self?.handle(number) }
            source.resume()
            return source as? DispatchSource
        }
        state.withLock { $0.sources = sources }
    }

    /// Stops handling the signals.
    public func stop() {
        for source in state.withLock({ state in
            defer { state.sources = [] }
            return state.sources
        }) { source.cancel() }
    }

    private func handle(_ number: Int32) {
        guard number == SIGINT else { return onRequest(.graceful) }
        let interrupts = state.withLock { state in
            state.interrupts += 1
            return state.interrupts
        }
        guard interrupts == 1 else { cut() }
        queue.asyncAfter(deadline: .now() + Self.fastStopMax) { [weak self] in self?.cut() }
        onRequest(.fast)
    }

    /// Loses nothing: everything acknowledged is durable.
    private func cut() -> Never {
        cleanUp()
        _exit(Self.interrupted)
    }
}
