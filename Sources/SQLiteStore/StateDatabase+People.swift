import Commerce
import Foundation
import GRDB
import Sync

/// Queries of operators, and pruning.
extension StateDatabase {
    /// Everything except the number of waiting receipts.
    func status() throws -> StoreStatus {
        try pool.read { db in
            var status = StoreStatus()
            status.inboxPosition = try Self.inboxPosition(db)
            var totals: [String: Int] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT name, value FROM totals") {
                totals[row["name"]] = row["value"]
            }
            status.entities = totals["entities"] ?? 0
            status.dirty = totals["dirty"] ?? 0
            status.unsent = totals["unsent"] ?? 0
            status.ambiguous = totals["ambiguous"] ?? 0
            status.readBacks = totals["read_backs"] ?? 0
            status.holds = totals["holds"] ?? 0
            status.openExceptions = totals["open_exceptions"] ?? 0
            for reason in Reason.allCases.sorted(by: { $0.rawValue < $1.rawValue }) {
                let count = totals["waiting \(reason.rawValue)"] ?? 0
                if count != 0 { status.waiting.append(.init(reason: reason, count: count)) }
            }
            status.stations = try StationTable.counts(db)
            status.oldestUntold = try Int64.fetchOne(
                db, sql: "SELECT MIN(oldest_untold) FROM entities WHERE oldest_untold IS NOT NULL"
            ).map(Instant.init(microseconds:))
            status.settings = try Row.fetchAll(db, sql: "SELECT name, value FROM settings ORDER BY name")
                .map { Commit.Setting($0["name"], $0["value"]) }
            return status
        }
    }

    func trace(_ query: TraceQuery) throws -> [TraceItem] {
        let entities = Set(query.entities).sorted()
        let limit = max(0, query.limit)
        return try pool.read { db in
            // Reads each entity's newest rows, at most `limit`, then selects the newest of all of them.
            let statement = try db.cachedStatement(
                sql: "SELECT * FROM trace WHERE entity = ? ORDER BY at DESC, id DESC LIMIT ?")
            var found: [(at: Int64, id: Int64, item: TraceItem)] = []
            for entity in entities {
                for row in try Row.fetchAll(statement, arguments: [entity.description, limit]) {
                    found.append((row["at"], row["id"], try Self.item(row)))
                }
            }
            return found.sorted { ($0.at, $0.id) < ($1.at, $1.id) }.suffix(limit).map(\.item)
        }
    }

    private static func item(_ row: Row) throws -> TraceItem {
        let kind: String = row["kind"]
        let entity: String? = row["entity"]
        let reason: String? = row["reason"]
        guard let kind = TraceItem.Kind(rawValue: kind) else {
            throw StoreFailure(.corrupt, "\(kind) is not a kind of trace item")
        }
        return TraceItem(
            at: Instant(microseconds: row["at"]), kind: kind, entity: entity.flatMap { EntityKey($0) },
            flow: row["flow"],
            destination: row["destination"], eventType: row["event_type"], eventKey: row["event_key"],
            reason: reason.flatMap(Reason.init(rawValue:)), detail: row["detail"], receipt: row["receipt"])
    }

    func entities(named lookups: [Lookup]) throws -> [EntityKey] {
        try pool.read { db in
            var found: Set<EntityKey> = []
            for lookup in lookups { found.formUnion(try keys(named: lookup, db)) }
            return found.sorted()
        }
    }

    func records(_ keys: [EntityKey]) throws -> [EntityRecord] {
        var seen: Set<EntityKey> = []
        let wanted = keys.filter { seen.insert($0).inserted }
        return try pool.read { db in try wanted.compactMap { try record($0, db) } }
    }

    func exceptions(_ query: ExceptionQuery) throws -> ExceptionPage {
        var selected: [String] = []
        var values = StatementArguments()
        if !query.includingResolved { selected.append("state <> 'resolved'") }
        if !query.kinds.isEmpty {
            selected.append("kind IN (\(query.kinds.map { _ in "?" }.joined(separator: ", ")))")
            values += StatementArguments(query.kinds.map(\.rawValue).sorted())
        }
        var behind = selected
        var place = StatementArguments()
        if let after = query.after {
            behind.append("(last_at < ? OR (last_at = ? AND id > ?))")
            place = [after.lastAt.microseconds, after.lastAt.microseconds, after.id]
        }
        func condition(_ parts: [String]) -> String {
            parts.isEmpty ? "" : "WHERE " + parts.joined(separator: " AND ")
        }
        return try pool.read { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT * FROM exceptions \(condition(behind)) ORDER BY last_at DESC, id LIMIT ?",
                arguments: values + place + [max(0, query.limit)])
            let total = try Int.fetchOne(
                db, sql: "SELECT COUNT(*) FROM exceptions \(condition(selected))", arguments: values)
            return ExceptionPage(exceptions: try rows.map { try Self.exception($0) }, total: total ?? 0)
        }
    }

    func exceptions(withIDs ids: [String]) throws -> [OpenException] {
        var seen: Set<String> = []
        let wanted = ids.filter { seen.insert($0).inserted }
        return try pool.read { db in
            let statement = try db.cachedStatement(sql: "SELECT * FROM exceptions WHERE id = ?")
            return try wanted.compactMap { id in
                try Row.fetchOne(statement, arguments: [id]).map { try Self.exception($0) }
            }
        }
    }

    static func exception(_ row: Row) throws -> OpenException {
        let id: String = row["id"]
        guard let kind = ExceptionKind(rawValue: row["kind"]), let state = OpenException.State(rawValue: row["state"])
        else {
            throw StoreFailure(.corrupt, "exception \(id) has an unknown kind or state")
        }
        return OpenException(
            id: id, kind: kind, subject: row["subject"], cause: row["cause"], state: state, count: row["count"],
            firstAt: Instant(microseconds: row["first_at"]), lastAt: Instant(microseconds: row["last_at"]))
    }

    // MARK: Pruning

    /// Rows of one delete: between two deletes the engine may use the writer.
    private static let pruneRowsMax = 5_000

    func prune(consumedBefore: Instant, traceBefore: Instant) throws {
        try prune("consumed", "digest", before: consumedBefore)
        try prune("trace", "id", before: traceBefore)
    }

    private func prune(_ table: String, _ key: String, before time: Instant) throws {
        var deleted = 0
        repeat {
            deleted = try pool.write { db in
                try db.execute(
                    sql: "DELETE FROM \(table) WHERE \(key) IN (SELECT \(key) FROM \(table) WHERE at < ? LIMIT ?)",
                    arguments: [time.microseconds, Self.pruneRowsMax])
                return db.changesCount
            }
        } while deleted == Self.pruneRowsMax
    }
}
