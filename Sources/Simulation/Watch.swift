import Bloomreach
import Commerce
import Sync
import Transport

/// Looks at a run from time to time while it goes on: what is healthy must not wait for what is sick
/// (docs/architecture.md, law 5).
struct Watch {
    /// Between two looks.
    static let interval = TimeSpan.seconds(5)
    /// Receipts become truth within this, whatever is out.
    static let inboxMost = TimeSpan.seconds(60)
    /// What is due at a station is done within this, unless the station is out. Failures that come by chance let a
    /// connection rest for a while.
    static let stationMost = TimeSpan.minutes(5)
    /// A connection that was out is asked again within this.
    static let recoveryMost = TimeSpan.minutes(6)
    /// What may be due when all is quiet: it is just being done.
    static let restMost = TimeSpan.seconds(30)

    /// Each once.
    private(set) var problems: [String] = []
    /// Receipts up to here were there, and since when they are waited for.
    private var awaited: (position: InboxPosition, since: Instant)?
    /// Stations at which something was due at every look since then. For look-up only.
    private var dueSince: [Station: Instant] = [:]
    private var reported: Set<Station> = []
    private var hasReportedInbox = false
    /// Until when a connection asked not to be asked, by its name.
    private var rests: [String: Instant] = [:]
    /// The rests that answers under way will ask for.
    private var announced: [Int64: (connection: String, rest: TimeSpan)] = [:]

    // MARK: Capacity

    /// A new session: what the one before was late with is not its fault.
    mutating func begin() {
        awaited = nil
        rests = [:]
        announced = [:]
    }

    mutating func look(at status: StoreStatus, now: Instant, healthySince: (Station) -> Instant?) {
        if let waiting = awaited, status.inboxPosition >= waiting.position { awaited = nil }
        if awaited == nil, status.inbox > 0 { awaited = (status.inboxPosition + InboxPosition(status.inbox), now) }
        if let waiting = awaited, now - waiting.since > Self.inboxMost, !hasReportedInbox {
            hasReportedInbox = true
            problems.append("capacity: receipts wait since \(waiting.since) at \(now)")
        }
        let due = status.stations.filter { $0.nextDueAt.map { $0 <= now } ?? false }
        dueSince = Dictionary(uniqueKeysWithValues: due.map { ($0.station, dueSince[$0.station] ?? now) })
        for waiting in due where !reported.contains(waiting.station) {
            guard let dueAt = waiting.nextDueAt, let healthySince = healthySince(waiting.station) else { continue }
            // What is due at once says nothing of when that began.
            let since = max(dueAt, healthySince, dueSince[waiting.station] ?? now)
            guard now - since > Self.stationMost else { continue }
            reported.insert(waiting.station)
            problems.append(
                "capacity: \(waiting.records) records wait at \(Self.text(waiting.station)), the first since \(since), "
                    + "at \(now), although nothing there is out")
        }
    }

    /// When everything is settled nothing waits but for a later time.
    static func problems(atRest status: StoreStatus, now: Instant) -> [String] {
        status.stations.compactMap { waiting in
            guard let dueAt = waiting.nextDueAt, now - dueAt > restMost else { return nil }
            return "capacity: at rest \(waiting.records) records wait at \(text(waiting.station)), the first since "
                + "\(dueAt), at \(now)"
        }
    }

    private static func text(_ station: Station) -> String {
        [station.connection, station.task.rawValue, station.channel, "\(station.lane)"].filter { !$0.isEmpty }
            .joined(separator: " ")
    }

    // MARK: Retry-After

    mutating func announce(_ exchange: Exchange, rest: TimeSpan) {
        announced[exchange.id] = (exchange.connection, rest)
    }

    /// The engine hears of it now.
    mutating func hear(_ id: Int64, now: Instant) {
        guard let (connection, rest) = announced.removeValue(forKey: id) else { return }
        rests[connection] = max(rests[connection] ?? now, now + rest)
    }

    mutating func leaves(_ exchange: Exchange, now: Instant) {
        guard let until = rests[exchange.connection], now < until else { return }
        rests[exchange.connection] = nil
        problems.append(
            "retry after: \(exchange.request.method) \(exchange.request.path) leaves to \(exchange.connection) at "
                + "\(now), which asked for rest until \(until)")
    }
}

extension World {
    mutating func lookAtCapacity() {
        queue.schedule(.look, at: now + Watch.interval)
        guard engine != nil, let status = try? store.status() else { return }
        let (outages, start, boot, now) = (conditions.outages, start, bootedAt, now)
        watch.look(at: status, now: now) { station in
            Self.healthySince(station, outages, start: start, boot: boot, now: now)
        }
    }

    /// Since when a station works; `nil` while it is out.
    private static func healthySince(
        _ station: Station, _ outages: [Outage], start: Instant, boot: Instant, now: Instant
    ) -> Instant? {
        var since = boot
        for outage in outages where start + outage.from <= now {
            let isAbout =
                outage.connection.map { $0 == station.connection } ?? (station.channel == sickCatalog.channel)
            guard isAbout else { continue }
            let recovered = start + outage.until + Watch.recoveryMost
            guard recovered <= now else { return nil }
            since = max(since, recovered)
        }
        return since
    }
}
