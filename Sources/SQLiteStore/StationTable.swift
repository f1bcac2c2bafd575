import Commerce
import GRDB
import Sync

/// The stations as one transaction sees them: their numbers, and by how many records each grew (`docs/storage.md`).
///
/// There are few stations, so all are read at once. A number assigned in a transaction is lost with its rollback.
struct StationTable {
    private var numbers: [Station: Int64] = [:]
    private var stations: [Int64: Station] = [:]
    private var growth: [Int64: Int] = [:]

    init(_ db: Database) throws {
        let statement = try db.cachedStatement(sql: "SELECT id, connection, task, channel, lane FROM stations")
        for row in try Row.fetchAll(statement) {
            let id: Int64 = row["id"]
            guard let task = Station.Task(rawValue: row["task"]), let lane = Lane(rawValue: row["lane"]) else {
                throw StoreFailure(.corrupt, "station \(id) has an unknown task or lane")
            }
            register(Station(task, at: row["connection"], channel: row["channel"], lane: lane), id)
        }
    }

    private mutating func register(_ station: Station, _ id: Int64) {
        numbers[station] = id
        stations[id] = station
    }

    /// `nil` for a station at which no work has ever waited.
    func number(of station: Station) -> Int64? { numbers[station] }

    private mutating func establish(_ station: Station, _ db: Database) throws -> Int64 {
        if let known = numbers[station] { return known }
        try db.cachedStatement(
            sql: "INSERT INTO stations (connection, task, channel, lane, records) VALUES (?, ?, ?, ?, 0)"
        ).execute(arguments: [station.connection, station.task.rawValue, station.channel, station.lane.rawValue])
        register(station, db.lastInsertedRowID)
        return db.lastInsertedRowID
    }

    // MARK: Waiting work of a record

    /// Updates the index with a record's waiting work, where it differs from the record's row.
    /// - Returns: the new text of the row.
    mutating func replace(_ stored: String, by work: [WaitingWork], of key: EntityKey, _ db: Database) throws -> String
    {
        let before = try Self.parsed(stored)
        let after = try work.map { Entry(station: try establish($0.station, db), dueAt: $0.dueAt.microseconds) }
        if before == after { return stored }
        for entry in before where !after.contains(entry) {
            try db.cachedStatement(sql: "DELETE FROM work WHERE station = ? AND due_at = ? AND key = ?")
                .execute(arguments: [entry.station, entry.dueAt, key.description])
            growth[entry.station, default: 0] -= 1
        }
        for entry in after where !before.contains(entry) {
            try db.cachedStatement(sql: "INSERT INTO work (station, due_at, key) VALUES (?, ?, ?)")
                .execute(arguments: [entry.station, entry.dueAt, key.description])
            growth[entry.station, default: 0] += 1
        }
        return after.map { "\($0.station):\($0.dueAt)" }.joined(separator: " ")
    }

    /// The waiting work of a record, from its row.
    func work(_ stored: String) throws -> [WaitingWork] {
        try Self.parsed(stored).map { entry in
            guard let station = stations[entry.station] else {
                throw StoreFailure(.corrupt, "there is no station \(entry.station)")
            }
            return WaitingWork(station, dueAt: Instant(microseconds: entry.dueAt))
        }
    }

    func writeGrowth(_ db: Database) throws {
        let statement = try db.cachedStatement(sql: "UPDATE stations SET records = records + ? WHERE id = ?")
        for (station, records) in growth.sorted(by: { $0.key < $1.key }) where records != 0 {
            try statement.execute(arguments: [records, station])
        }
    }

    private struct Entry: Equatable {
        var station: Int64
        var dueAt: Int64
    }

    private static func parsed(_ stored: String) throws -> [Entry] {
        try stored.split(separator: " ").map { part in
            let halves = part.split(separator: ":")
            guard halves.count == 2, let station = Int64(halves[0]), let dueAt = Int64(halves[1]) else {
                throw StoreFailure(.corrupt, "\(part) is not an entry of waiting work")
            }
            return Entry(station: station, dueAt: dueAt)
        }
    }

    // MARK: Status

    static func counts(_ db: Database) throws -> [StationCount] {
        let table = try StationTable(db)
        let first = try db.cachedStatement(sql: "SELECT MIN(due_at) FROM work WHERE station = ?")
        let rows = try Row.fetchAll(db, sql: "SELECT id, records FROM stations WHERE records > 0")
        return try rows.map { row in
            let id: Int64 = row["id"]
            guard let station = table.stations[id] else {
                throw StoreFailure(.corrupt, "there is no station \(id)")
            }
            let dueAt = try Int64.fetchOne(first, arguments: [id])
            return StationCount(station, records: row["records"], nextDueAt: dueAt.map(Instant.init(microseconds:)))
        }.sorted { $0.station < $1.station }
    }
}
