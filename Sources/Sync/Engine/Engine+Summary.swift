/// What the engine holds in memory, for people and for "is everything settled".
public struct EngineSummary: Sendable, Hashable {
    public var hasStarted = false
    /// Receipts, polled pages and reads whose effects are not yet applied.
    public var batchesWaiting = 0
    public var recordsHeld = 0
    /// Changes that are not yet durable.
    public var hasUncommitted = false
    public var isCommitting = false
    /// Requests under way other than polls.
    public var exchanges = 0
    public var polls = 0

    public init() {}

    /// Nothing is under way beside looking for news.
    public var isQuiet: Bool {
        hasStarted && batchesWaiting == 0 && recordsHeld == 0 && !hasUncommitted && !isCommitting && exchanges == 0
    }
}

extension Engine {
    public var summary: EngineSummary {
        var summary = EngineSummary()
        summary.hasStarted = hasStarted
        summary.batchesWaiting = pendingWork.count
        summary.recordsHeld = working.count
        summary.hasUncommitted = !changed.isEmpty || !pending.isEmpty || !batchesAwaitingCommit.isEmpty
        summary.isCommitting = commitInFlight != nil
        for purpose in exchanges.values {
            if case .poll = purpose { summary.polls += 1 } else { summary.exchanges += 1 }
        }
        return summary
    }
}
