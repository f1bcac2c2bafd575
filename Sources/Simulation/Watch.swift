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
    /// What is due at a station is done within so many looks at a running engine, unless the station is out. A
    /// failure that comes by chance while a connection is probed lets it rest once more, for up to five minutes.
    static let stationLooksMost = 96
    /// A connection that was out is asked again within this.
    static let recoveryMost = TimeSpan.minutes(6)
    /// What may be due when all is quiet: it is just being done.
    static let restMost = TimeSpan.seconds(30)

    /// Each once.
    private(set) var problems: [String] = []
    /// Receipts up to here were there, and since when they are waited for.
    private var awaited: (position: InboxPosition, since: Instant)?
    /// What is due first at a station, among how many, and at how many looks in a row it was.
    private struct Wait {
        var dueAt: Instant?
        var records: Int
        var looks: Int
    }
    /// For look-up only.
    private var waits: [Station: Wait] = [:]
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

    mutating func look(at status: StoreStatus, now: Instant, isHealthy: (Station) -> Bool) {
        if let waiting = awaited, status.inboxPosition >= waiting.position { awaited = nil }
        if awaited == nil, status.inbox > 0 { awaited = (status.inboxPosition + InboxPosition(status.inbox), now) }
        if let waiting = awaited, now - waiting.since > Self.inboxMost, !hasReportedInbox {
            hasReportedInbox = true
            problems.append("capacity: receipts wait since \(waiting.since) at \(now)")
        }
        let due = status.stations.filter { $0.nextDueAt.map { $0 <= now } ?? false }
        waits = due.reduce(into: [:]) { found, waiting in
            var wait = Wait(dueAt: waiting.nextDueAt, records: waiting.records, looks: 0)
            // Fewer of those that are due at one time are progress too.
            if let before = waits[waiting.station], before.dueAt == wait.dueAt, before.records <= wait.records,
                isHealthy(waiting.station)
            {
                wait.looks = before.looks + 1
            }
            found[waiting.station] = wait
        }
        for waiting in due where !reported.contains(waiting.station) {
            guard let wait = waits[waiting.station], wait.looks > Self.stationLooksMost else { continue }
            reported.insert(waiting.station)
            problems.append(
                "capacity: \(waiting.records) records wait at \(Self.text(waiting.station)) at \(now), the "
                    + "same one for \(wait.looks) looks, although nothing there is out")
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
        let (outages, start, now) = (conditions.outages, start, now)
        watch.look(at: status, now: now) { Self.isHealthy($0, outages, start: start, now: now) }
    }

    /// It is not out, and has had the time to recover.
    private static func isHealthy(_ station: Station, _ outages: [Outage], start: Instant, now: Instant) -> Bool {
        !outages.contains { outage in
            let isAbout =
                outage.connection.map { $0 == station.connection } ?? (station.channel == sickCatalog.channel)
            return isAbout && start + outage.from <= now && now < start + outage.until + Watch.recoveryMost
        }
    }
}
