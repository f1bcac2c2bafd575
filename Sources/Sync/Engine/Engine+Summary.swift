/// What the engine holds in memory, for people and for "is everything settled".
public struct EngineSummary: Sendable, Hashable {
    public var hasStarted = false
    /// Receipts, polled pages and reads whose effects are not yet applied.
    public var workWaiting = 0
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
        hasStarted && workWaiting == 0 && recordsHeld == 0 && !hasUncommitted && !isCommitting && exchanges == 0
    }
}

extension Engine {
    public var summary: EngineSummary {
        var summary = EngineSummary()
        summary.hasStarted = hasStarted
        summary.workWaiting = work.count
        summary.recordsHeld = records.count
        summary.hasUncommitted = !records.changed.isEmpty || !store.next.isEmpty || !store.batchesForNext.isEmpty
        summary.isCommitting = store.commit != nil
        for pending in requests.values {
            if case .poll = pending { summary.polls += 1 } else { summary.exchanges += 1 }
        }
        return summary
    }
}
