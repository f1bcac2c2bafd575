import Commerce
import Transport

/// Set-based re-reads: what webhooks only hinted at.
extension Engine {
    /// Queues a record whose dirty mark is due.
    mutating func queueRead(_ key: EntityKey, isClaimed: Bool = false) {
        guard let held = records[key], let dirty = readableMark(of: held.record), dirty.notBefore <= now,
            !held.reasons.contains(.reading)
        else { return }
        let station = Station(.read, at: key.connection, lane: Self.lane(of: held.record))
        guard mayEnter(station, isClaimed: isClaimed) else { return records.deferRecord(key, at: station) }
        records[key]?.reasons.insert(.reading)
        connections[key.connection]?.reads.append(key, in: station.lane, now: now)
    }

    mutating func startReads() {
        for name in connections.keys.sorted() {
            while let connection = connections[name], !connection.reads.isEmpty, connection.mayRead(now: now),
                isLoggedIn(name)
            {
                startRead(name)
            }
        }
    }

    private mutating func startRead(_ name: String) {
        let keys =
            connections[name]?.reads.takeNext(
                overdue: now - limits.laneWaitMax, lowerLanesOneIn: limits.lowerLanesOneIn) ?? []
        var marks: [EntityKey: Int64] = [:]
        for key in keys {
            // A companion may have come while it stood in the queue; then there is nothing left to ask.
            marks[key] = records[key]?.record.truth.dirty?.mark
            if marks[key] == nil { records[key]?.reasons.remove(.reading) }
        }
        let wanted = keys.filter { marks[$0] != nil }
        records.idle += keys
        guard !wanted.isEmpty else { return }
        begin(SourceRead(id: newID(), connection: name, wanted: .entities(wanted)), marks: marks)
        effects.append(.measure(.entityRead(connection: name, count: wanted.count)))
    }

    private mutating func begin(_ read: SourceRead, marks: [EntityKey: Int64]) {
        guard let source = connections[read.connection]?.source else { return }
        connections[read.connection]?.reads.inFlight += 1
        connections[read.connection]?.budget.spend(now: now)
        begin(
            source.request(for: read), at: read.connection, as: .read(read, marks: marks, startedAt: now), id: read.id)
    }

    mutating func handle(
        _ read: SourceRead, marks: [EntityKey: Int64], startedAt: Instant, _ outcome: HTTPOutcome
    ) {
        guard let source = connections[read.connection]?.source else { return }
        connections[read.connection]?.reads.inFlight -= 1
        let keys = marks.keys.sorted()
        switch source.interpret(outcome, of: read, at: now) {
        case .found(let observations, let missing, let nextCursor):
            _ = connections[read.connection]?.circuit.succeed(now: now)
            recordLogin(read.connection)
            resolve(.sourceUnreadable, subject: Self.subject(read.connection, keys.first?.kind))
            if let nextCursor, let key = read.firstKey {
                let next = SourceRead.Wanted.continuation(key, cursor: nextCursor)
                return begin(SourceRead(id: newID(), connection: read.connection, wanted: next), marks: marks)
            }
            finishReading(keys)
            enqueue(observations, missing: missing, of: read, marks: marks, startedAt: startedAt)
        case .tooMuch(let keysMax):
            connections[read.connection]?.reads.keysMax = max(1, keysMax)
            readAgain(keys)
        case .unprepared(let reason):
            forgetLogin(read.connection, request: read.id, reason)
            readAgain(keys)
        case .later(let after, let reason):
            restSource(read.connection, for: after, reason: reason)
            readAgain(keys)
        case .denied(let cause): handleDenial(cause, keys, read.connection)
        case .unreadable(let cause):
            raise(RaisedException(.sourceUnreadable, subject: read.connection, cause: cause))
            finishReading(keys)
            for key in keys { postponeRead(key) }
        }
    }

    private mutating func enqueue(
        _ observations: [Observation], missing: [EntityKey], of read: SourceRead, marks: [EntityKey: Int64],
        startedAt: Instant
    ) {
        let last = connections[read.connection]?.reads.lastSequence ?? 0
        let sequence = max(last + 1, startedAt.microseconds)
        connections[read.connection]?.reads.lastSequence = sequence
        let items = observations.map { observation in
            let mark = observation.key.flatMap { marks[$0] }
            return Work.Item(
                observation: observation, origin: .read(sequence: sequence, startedAt: startedAt, mark: mark))
        }
        enqueue(Work.Observations(items: items, missing: missing))
    }

    private mutating func handleDenial(_ cause: String, _ keys: [EntityKey], _ name: String) {
        raise(RaisedException(.sourceUnreadable, subject: Self.subject(name, keys.first?.kind), cause: cause))
        guard keys.first?.kind == .order else {
            finishReading(keys)
            // A right to customers or products that is missing must not hold up orders.
            for key in keys { postponeRead(key) }
            return
        }
        restSource(name, for: policies(for: name).retryMax, reason: cause)
        readAgain(keys)
    }

    /// Of each kind its own: that orders can be read does not prove that customers can.
    private static func subject(_ connection: String, _ kind: EntityKind?) -> String {
        guard let kind, kind != .order else { return connection }
        return "\(connection) \(kind.rawValue)"
    }

    private mutating func readAgain(_ keys: [EntityKey]) {
        finishReading(keys)
        for key in keys { queueRead(key, isClaimed: true) }
    }

    private mutating func finishReading(_ keys: [EntityKey]) {
        for key in keys { records[key]?.reasons.remove(.reading) }
        records.idle += keys
    }

    mutating func postponeRead(_ key: EntityKey) {
        guard var held = records[key] else { return }
        Reducer(policies: policies(for: key.connection)).postponeRead(&held.record.truth, now)
        records[key] = held
        records.markChanged(key, truth: true)
    }

    /// - Parameter span: what the source asked for, or what a denial takes at least; `nil` for longer each time.
    mutating func restSource(_ name: String, for span: TimeSpan?, reason: String) {
        let failures = openCircuit(name, for: span, isFixed: span != nil)
        if isNews(.sourceUnreadable, subject: name, failures: failures, of: limits.failuresBeforeException) {
            raise(
                RaisedException(
                    .sourceUnreadable, subject: name, cause: "\(failures) reads in a row failed, last: \(reason)"))
        }
    }
}

extension SourceRead {
    /// Whose rest a further page brings.
    fileprivate var firstKey: EntityKey? {
        switch wanted {
        case .entities(let asked): asked.first
        case .continuation(let key, _): key
        case .changes, .orders: nil
        }
    }
}
