import Commerce
import Transport

/// A source and what is under way with it.
struct SourceState: Sendable {
    let source: any Source
    var readKeysMax: Int
    var queue: [EntityKey] = []
    var readsInFlight = 0
    var restUntil: Instant?
    var failuresInRow = 0
    /// It has listed its orders in this life of the engine.
    var hasListed = false
    var lastReadSequence: Int64 = 0
    /// One for each kind that is polled for.
    var polls: [EntityKind: Poll] = [:]
    /// Persons whose orders are to be listed; first in, first out.
    var histories: [EntityKey] = []
    var isListing = false
    var nextListingAt = Instant(microseconds: 0)
    /// Who comes for a list now, gets it then.
    var nextHistoryAt = Instant(microseconds: 0)

    struct Poll: Sendable {
        /// Changes up to here have been listed.
        var listedUntil: Instant
        var nextAt: Instant
        var isUnderWay = false
        var startedAt = Instant(microseconds: 0)
        /// The page to ask for next.
        var cursor: String?
    }

    static func settingName(_ connection: String, _ kind: EntityKind) -> String {
        kind == .order ? "poll:\(connection)" : "poll:\(connection)/\(kind.rawValue)"
    }

    /// Every kind is asked for at once.
    mutating func pollNow(at time: Instant) {
        polls = polls.mapValues { poll in
            var poll = poll
            poll.nextAt = min(poll.nextAt, time)
            return poll
        }
    }

    func isResting(now: Instant) -> Bool { restUntil.map { $0 > now } ?? false }

    func wakeTimes(now: Instant, mayPoll: Bool, readsMax: Int) -> [Instant] {
        var times: [Instant] = []
        if mayPoll {
            times += polls.values.filter { !$0.isUnderWay }.map { max($0.nextAt, restUntil ?? $0.nextAt) }
        }
        if !queue.isEmpty, let restUntil, restUntil > now { times.append(restUntil) }
        // While as many reads are under way as may be, the answer to one is what wakes us.
        if !histories.isEmpty, !isListing, queue.isEmpty, readsInFlight < readsMax {
            times.append(max(nextListingAt, restUntil ?? nextListingAt))
        }
        return times
    }
}

/// Set-based re-reads and polls: what webhooks only hinted at, and what they never told.
extension Engine {
    /// Queues a record whose dirty mark is due.
    mutating func queueRead(_ key: EntityKey) {
        guard let work = working[key], let dirty = work.record.truth.dirty, dirty.notBefore <= now, !work.isReading,
            !work.isQueuedToRead, sources[key.connection] != nil
        else { return }
        working[key]?.isQueuedToRead = true
        sources[key.connection]?.queue.append(key)
    }

    mutating func startReads() {
        for connection in sources.keys.sorted() {
            while let desk = sources[connection], !desk.queue.isEmpty, !desk.isResting(now: now),
                desk.readsInFlight < limits.readsPerSourceMax
            {
                startRead(connection)
            }
        }
    }

    private mutating func startRead(_ connection: String) {
        guard var desk = sources[connection] else { return }
        // One read is of one kind: that of whoever waits longest.
        guard let kind = desk.queue.first?.kind else { return }
        let keys = Array(desk.queue.filter { $0.kind == kind }.prefix(desk.readKeysMax))
        let taken = Set(keys)
        desk.queue.removeAll { taken.contains($0) }
        sources[connection] = desk
        var marks: [EntityKey: Int64] = [:]
        for key in keys {
            working[key]?.isQueuedToRead = false
            marks[key] = working[key]?.record.truth.dirty?.mark
        }
        // A companion may have come while they stood in the queue; then there is nothing left to ask.
        let wanted = keys.filter { marks[$0] != nil }
        idle += keys
        guard !wanted.isEmpty else { return }
        for key in wanted { working[key]?.isReading = true }
        sources[connection]?.readsInFlight += 1
        begin(SourceRead(id: newID(), connection: connection, wanted: .entities(wanted)), marks: marks)
        effects.append(.measure(.entityRead(connection: connection, count: wanted.count)))
    }

    private mutating func begin(_ read: SourceRead, marks: [EntityKey: Int64]) {
        guard let source = sources[read.connection]?.source else { return }
        exchanges[read.id] = .read(read, marks: marks, startedAt: now)
        effects.append(
            .exchange(Exchange(id: read.id, connection: read.connection, request: source.request(for: read))))
    }

    mutating func takeRead(
        _ read: SourceRead, marks: [EntityKey: Int64], startedAt: Instant, _ outcome: HTTPOutcome
    ) {
        guard let desk = sources[read.connection] else { return }
        sources[read.connection]?.readsInFlight -= 1
        let keys = marks.keys.sorted()
        switch desk.source.interpret(outcome, of: read, at: now) {
        case .found(let observations, let missing, let nextCursor):
            sources[read.connection]?.failuresInRow = 0
            cure(.sourceUnreadable, subject: Self.subject(read.connection, keys.first?.kind))
            let first: EntityKey? =
                switch read.wanted {
                case .entities(let asked): asked.first
                case .continuation(let key, _): key
                case .changes, .orders: nil
                }
            if let nextCursor, let key = first {
                sources[read.connection]?.readsInFlight += 1
                begin(
                    SourceRead(
                        id: newID(), connection: read.connection, wanted: .continuation(key, cursor: nextCursor)),
                    marks: marks)
                return
            }
            finishReading(keys)
            let sequence = max(desk.lastReadSequence + 1, startedAt.microseconds)
            sources[read.connection]?.lastReadSequence = sequence
            let items = observations.map { observation in
                let mark = observation.key.flatMap { marks[$0] }
                return Work.Item(
                    observation: observation, origin: .read(sequence: sequence, startedAt: startedAt, mark: mark))
            }
            pendingWork.append(
                Work(
                    items: items, missing: missing, people: lookups(for: items),
                    keys: Self.keys(of: items, missing: missing)))
        case .tooMuch(let keysMax):
            sources[read.connection]?.readKeysMax = max(1, keysMax)
            finishReading(keys)
            for key in keys { queueRead(key) }
        case .later(let after, let reason):
            restSource(read.connection, for: after, reason: reason)
            finishReading(keys)
            for key in keys { queueRead(key) }
        case .unprepared(let reason):
            restSource(read.connection, for: nil, reason: reason)
            finishReading(keys)
            for key in keys { queueRead(key) }
        case .denied(let cause):
            let isAboutOrders = keys.first?.kind == .order
            raise(
                RaisedException(
                    .sourceUnreadable, subject: Self.subject(read.connection, keys.first?.kind), cause: cause))
            finishReading(keys)
            guard isAboutOrders else {
                // A right to customers or products that is missing must not hold up orders.
                for key in keys { postponeRead(key) }
                return
            }
            restSource(read.connection, for: policies(for: read.connection).retryMax, reason: cause)
            for key in keys { queueRead(key) }
        case .unreadable(let cause):
            raise(RaisedException(.sourceUnreadable, subject: read.connection, cause: cause))
            finishReading(keys)
            for key in keys { postponeRead(key) }
        }
    }

    /// Of each kind its own: that orders can be read does not cure that customers cannot.
    private static func subject(_ connection: String, _ kind: EntityKind?) -> String {
        guard let kind, kind != .order else { return connection }
        return "\(connection) \(kind.rawValue)"
    }

    private mutating func finishReading(_ keys: [EntityKey]) {
        for key in keys { working[key]?.isReading = false }
        idle += keys
    }

    mutating func postponeRead(_ key: EntityKey) {
        guard var work = working[key] else { return }
        Reducer(policies: policies(for: key.connection)).postponeRead(&work.record.truth, now)
        working[key] = work
        markChanged(key, truth: true)
    }

    mutating func restSource(_ connection: String, for span: TimeSpan?, reason: String) {
        let failures = (sources[connection]?.failuresInRow ?? 0) + 1
        let policies = policies(for: connection)
        let wait = span ?? backoff(attempt: failures, base: policies.retryBase, max: policies.retryMax, random: &random)
        sources[connection]?.failuresInRow = failures
        sources[connection]?.restUntil = now + wait
        if isNews(.sourceUnreadable, subject: connection, failures: failures, of: limits.failuresBeforeException) {
            raise(
                RaisedException(
                    .sourceUnreadable, subject: connection, cause: "\(failures) reads in a row failed, last: \(reason)")
            )
        }
    }

    // MARK: Polls

    /// Polled pages wait in memory for their records, so a new one is only asked for when few wait.
    var mayPoll: Bool { pendingWork.count < limits.batchesBeforePollWaits }

    mutating func startPolls() {
        for connection in sources.keys.sorted() {
            guard let desk = sources[connection], !flows(from: connection).isEmpty, !desk.isResting(now: now) else {
                continue
            }
            for kind in desk.polls.keys.sorted(by: { $0.rawValue < $1.rawValue }) where mayPoll {
                startPoll(connection, kind)
            }
        }
    }

    private mutating func startPoll(_ connection: String, _ kind: EntityKind) {
        guard let desk = sources[connection], var poll = desk.polls[kind], !poll.isUnderWay, poll.nextAt <= now else {
            return
        }
        if poll.cursor == nil { poll.startedAt = now }
        poll.isUnderWay = true
        sources[connection]?.polls[kind] = poll
        let since = poll.listedUntil - policies(for: connection).pollOverlap
        let read = SourceRead(
            id: newID(), connection: connection, wanted: .changes(kind, since: since, cursor: poll.cursor))
        exchanges[read.id] = .poll(read, startedAt: now)
        effects.append(
            .exchange(Exchange(id: read.id, connection: connection, request: desk.source.request(for: read))))
    }

    mutating func takePoll(_ read: SourceRead, _ outcome: HTTPOutcome) {
        guard let desk = sources[read.connection], case .changes(let kind, _, _) = read.wanted,
            var poll = desk.polls[kind]
        else { return }
        poll.isUnderWay = false
        poll.nextAt = now + policies(for: read.connection).pollInterval
        switch desk.source.interpret(outcome, of: read, at: now) {
        case .found(let observations, _, let nextCursor):
            let items = observations.map { Work.Item(observation: $0, origin: .poll) }
            if !items.isEmpty {
                pendingWork.append(Work(items: items, people: lookups(for: items), keys: Self.keys(of: items)))
            }
            // An outage that raised an exception is over, also one of an earlier life. Waiting for a read would take
            // until the next order.
            if kind == .order, desk.failuresInRow >= limits.failuresBeforeException || !desk.hasListed {
                cure(.sourceUnreadable, subject: read.connection)
                sources[read.connection]?.hasListed = true
            }
            sources[read.connection]?.failuresInRow = 0
            poll.cursor = nextCursor
            if nextCursor != nil {
                poll.nextAt = now
            } else {
                poll.listedUntil = poll.startedAt
                pending.settings.append(
                    Commit.Setting(
                        SourceState.settingName(read.connection, kind), String(poll.startedAt.microseconds)))
            }
        case .later(let after, let reason): restSource(read.connection, for: after, reason: reason)
        case .unprepared(let reason): restSource(read.connection, for: nil, reason: reason)
        case .denied(let cause), .unreadable(let cause):
            raise(RaisedException(.sourceUnreadable, subject: read.connection, cause: cause))
        case .tooMuch: poll.cursor = nil
        }
        sources[read.connection]?.polls[kind] = poll
    }
}
