import Commerce
import Transport

/// A source and what is under way with it.
struct SourceDesk: Sendable {
    let source: any Source
    var readKeysMax: Int
    var queue: [EntityKey] = []
    var readsInFlight = 0
    var restUntil: Instant?
    var failuresInRow = 0
    var lastReadSequence: Int64 = 0
    /// Changes up to here have been listed.
    var polledUntil = Instant(microseconds: 0)
    var nextPollAt = Instant(microseconds: 0)
    var isPolling = false
    var pollStartedAt = Instant(microseconds: 0)
    /// The page to ask for next.
    var pollCursor: String?

    static func settingName(_ connection: String) -> String { "poll:\(connection)" }

    func isResting(now: Instant) -> Bool { restUntil.map { $0 > now } ?? false }

    func wakeTimes(now: Instant, mayPoll: Bool) -> [Instant] {
        var times: [Instant] = []
        if !isPolling, mayPoll { times.append(max(nextPollAt, restUntil ?? nextPollAt)) }
        if !queue.isEmpty, let restUntil, restUntil > now { times.append(restUntil) }
        return times
    }
}

/// Set-based re-reads and polls: what web hooks only hinted at, and what they never told.
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
        let keys = Array(desk.queue.prefix(desk.readKeysMax))
        desk.queue.removeFirst(keys.count)
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
            cure(.sourceUnreadable, subject: read.connection)
            let first: EntityKey? =
                switch read.wanted {
                case .entities(let asked): asked.first
                case .continuation(let key, _): key
                case .changes: nil
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
                return Batch.Item(
                    observation: observation, origin: .read(sequence: sequence, startedAt: startedAt, mark: mark))
            }
            batches.append(Batch(items: items, missing: missing, keys: Self.keys(of: items, missing: missing)))
        case .tooMuch(let keysMax):
            sources[read.connection]?.readKeysMax = max(1, keysMax)
            finishReading(keys)
            for key in keys { queueRead(key) }
        case .later(let after, let reason):
            rest(read.connection, for: after, reason: reason)
            finishReading(keys)
            for key in keys { queueRead(key) }
        case .denied(let cause):
            rest(read.connection, for: policies(for: read.connection).retryMax, reason: cause)
            raise(RaisedException(.sourceUnreadable, subject: read.connection, cause: cause))
            finishReading(keys)
            for key in keys { queueRead(key) }
        case .unreadable(let cause):
            raise(RaisedException(.sourceUnreadable, subject: read.connection, cause: cause))
            finishReading(keys)
            for key in keys { postponeRead(key) }
        }
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

    private mutating func rest(_ connection: String, for span: Span?, reason: String) {
        let failures = (sources[connection]?.failuresInRow ?? 0) + 1
        let policies = policies(for: connection)
        let wait = span ?? backoff(attempt: failures, base: policies.retryBase, max: policies.retryMax, random: &random)
        sources[connection]?.failuresInRow = failures
        sources[connection]?.restUntil = now + wait
        if failures == limits.failuresBeforeException {
            raise(
                RaisedException(
                    .sourceUnreadable, subject: connection, cause: "\(failures) reads in a row failed, last: \(reason)")
            )
        }
    }

    // MARK: Polls

    /// Polled pages wait in memory for their records, so a new one is only asked for when few wait.
    var mayPoll: Bool { batches.count < limits.batchesBeforePollWaits }

    mutating func startPolls() {
        guard mayPoll else { return }
        for connection in sources.keys.sorted() {
            guard let desk = sources[connection], !flows(from: connection).isEmpty, !desk.isPolling,
                !desk.isResting(now: now), desk.nextPollAt <= now
            else { continue }
            if desk.pollCursor == nil { sources[connection]?.pollStartedAt = now }
            sources[connection]?.isPolling = true
            let since = desk.polledUntil - policies(for: connection).pollOverlap
            let read = SourceRead(
                id: newID(), connection: connection, wanted: .changes(since: since, cursor: desk.pollCursor))
            exchanges[read.id] = .poll(read, startedAt: now)
            effects.append(
                .exchange(Exchange(id: read.id, connection: connection, request: desk.source.request(for: read))))
        }
    }

    mutating func takePoll(_ read: SourceRead, _ outcome: HTTPOutcome) {
        guard var desk = sources[read.connection] else { return }
        desk.isPolling = false
        let interval = policies(for: read.connection).pollInterval
        desk.nextPollAt = now + interval
        sources[read.connection] = desk
        switch desk.source.interpret(outcome, of: read, at: now) {
        case .found(let observations, _, let nextCursor):
            let items = observations.map { Batch.Item(observation: $0, origin: .poll) }
            if !items.isEmpty { batches.append(Batch(items: items, keys: Self.keys(of: items))) }
            sources[read.connection]?.failuresInRow = 0
            sources[read.connection]?.pollCursor = nextCursor
            if nextCursor != nil {
                sources[read.connection]?.nextPollAt = now
            } else {
                sources[read.connection]?.polledUntil = desk.pollStartedAt
                pending.settings.append(
                    Commit.Setting(
                        SourceDesk.settingName(read.connection), String(desk.pollStartedAt.microseconds)))
            }
        case .later(let after, let reason): rest(read.connection, for: after, reason: reason)
        case .denied(let cause), .unreadable(let cause):
            raise(RaisedException(.sourceUnreadable, subject: read.connection, cause: cause))
        case .tooMuch: sources[read.connection]?.pollCursor = nil
        }
    }
}
