import Commerce
import Transport

/// Feeds of changes: what webhooks never told.
extension Engine {
    static func pollSetting(_ connection: String, _ kind: EntityKind) -> String {
        kind == .order ? "poll:\(connection)" : "poll:\(connection)/\(kind.rawValue)"
    }

    /// Polled pages wait in memory for their records, so a new one is only asked for when few wait.
    var mayPoll: Bool { work.count < limits.workBeforePollWaits }

    mutating func startPolls() {
        for name in connections.keys.sorted() {
            guard let connection = connections[name], connection.source != nil, !table.flows(from: name).isEmpty,
                !connection.isResting(now: now), isLoggedIn(name)
            else { continue }
            for kind in connection.reads.polls.keys.sorted(by: { $0.rawValue < $1.rawValue }) where mayPoll {
                startPoll(name, kind)
            }
        }
    }

    private mutating func startPoll(_ name: String, _ kind: EntityKind) {
        guard let source = connections[name]?.source, var poll = connections[name]?.reads.polls[kind],
            !poll.isUnderWay, poll.nextAt <= now
        else { return }
        if poll.cursor == nil { poll.startedAt = now }
        poll.isUnderWay = true
        connections[name]?.reads.polls[kind] = poll
        let since = poll.listedUntil - policies(for: name).pollOverlap
        let read = SourceRead(
            id: newID(), connection: name, wanted: .changes(kind, since: since, cursor: poll.cursor))
        begin(source.request(for: read), at: name, as: .poll(read), id: read.id)
    }

    mutating func handlePoll(_ read: SourceRead, _ outcome: HTTPOutcome) {
        guard let source = connections[read.connection]?.source, case .changes(let kind, _, _) = read.wanted,
            var poll = connections[read.connection]?.reads.polls[kind]
        else { return }
        poll.isUnderWay = false
        poll.nextAt = now + policies(for: read.connection).pollInterval
        switch source.interpret(outcome, of: read, at: now) {
        case .found(let observations, _, let nextCursor):
            recordListing(read.connection, kind)
            apply(observations, nextCursor: nextCursor, of: kind, read.connection, to: &poll)
        case .later(let after, let reason): restSource(read.connection, for: after, reason: reason)
        case .unprepared(let reason):
            poll.nextAt = now
            forgetLogin(read.connection, request: read.id, reason)
        case .denied(let cause):
            raise(RaisedException(.sourceUnreadable, subject: read.connection, cause: cause))
        case .unreadable(let cause):
            raise(RaisedException(.sourceUnreadable, subject: read.connection, cause: cause))
            // A cursor that the source does not take any more must not stop the feed: its pages are listed anew.
            poll.cursor = nil
        case .tooMuch: poll.cursor = nil
        }
        connections[read.connection]?.reads.polls[kind] = poll
    }

    /// How far the feed was followed is committed with what its last page told, never before: a crash in between would
    /// lose changes that are older than the overlap.
    private mutating func apply(
        _ observations: [Observation], nextCursor: String?, of kind: EntityKind, _ name: String,
        to poll: inout ReadState.Poll
    ) {
        var page = Work.Observations(items: observations.map { Work.Item(observation: $0, origin: .poll) })
        poll.cursor = nextCursor
        if nextCursor == nil {
            poll.listedUntil = poll.startedAt
            page.settings = [
                Commit.Setting(Self.pollSetting(name, kind), String(poll.startedAt.microseconds))
            ]
        } else {
            poll.nextAt = now
        }
        if !page.items.isEmpty || !page.settings.isEmpty { enqueue(page) }
    }

    /// An outage that raised an exception is over, also one of an earlier session. Waiting for a read would take until
    /// the next order.
    private mutating func recordListing(_ name: String, _ kind: EntityKind) {
        guard let connection = connections[name] else { return }
        let wasDown = connection.circuit.failuresInRow >= limits.failuresBeforeException
        if kind == .order, wasDown || !connection.reads.hasListed {
            resolve(.sourceUnreadable, subject: name)
            connections[name]?.reads.hasListed = true
        }
        _ = connections[name]?.circuit.succeed(now: now)
        recordLogin(name)
    }
}
