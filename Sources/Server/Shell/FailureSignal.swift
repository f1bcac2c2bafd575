public import Sync
import Synchronization

/// Why a server stops by itself.
public enum ServerFailure: Error, Sendable, CustomStringConvertible {
    case store(StoreFailure)

    public var description: String {
        switch self {
        case .store(let failure):
            "the store is in an unexpected state (\(failure)); restart, and if that fails restore a backup"
        }
    }
}

/// Carries the first failure from any thread to the service that waits for it.
final class FailureSignal: Sendable {
    private struct State {
        var failure: (any Error)?
        var isDone = false
        var waiter: CheckedContinuation<Void, any Error>?
    }
    private let state = Mutex(State())

    func fail(_ error: any Error) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            state.failure = state.failure ?? error
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(throwing: error)
    }

    /// Ends the wait without a failure.
    func finish() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            state.isDone = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Returns after ``finish()``; throws the failure. Only one task may wait.
    func wait() async throws {
        try await withCheckedThrowingContinuation { continuation in
            let result = state.withLock { state -> Result<Void, any Error>? in
                if let failure = state.failure { return .failure(failure) }
                if state.isDone { return .success(()) }
                state.waiter = continuation
                return nil
            }
            if let result { continuation.resume(with: result) }
        }
    }
}

/// The results of the store's last write and last read, for `/health/ready`.
final class StoreHealth: Sendable {
    private struct State {
        var write: StoreFailure?
        var read: StoreFailure?
    }
    private let state = Mutex(State())

    func recordWrite(_ failure: StoreFailure?) { state.withLock { $0.write = failure } }
    func recordRead(_ failure: StoreFailure?) { state.withLock { $0.read = failure } }
    /// `nil` if both succeeded.
    var failure: StoreFailure? { state.withLock { $0.write ?? $0.read } }
}
