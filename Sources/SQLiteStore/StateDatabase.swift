import Commerce
import Foundation
import GRDB
import Sync
import Vault

/// The state: everything except the receipts, in one SQLite file. One writer; operators' queries read concurrently.
final class StateDatabase: Sendable {
    /// Pages after which a checkpoint moves the write-ahead log into the file. With more, the commit that runs the
    /// checkpoint would take longer.
    private static let checkpointPages = 1_000
    /// Seconds that a statement waits for a lock, for instance of a backup.
    private static let busySeconds = 5.0

    let pool: DatabasePool
    let encryption: RecordEncryption
    let keys = EntityKeys()
    /// Incremented at each opening: a commit's mark is meaningful only in the process that made it.
    let session: Int64

    /// A newer release wrote this file.
    struct Newer: Error {}
    /// The keyring does not hold the key that wrote this file.
    struct WrongKey: Error {}

    /// - Throws: ``Newer``, ``WrongKey``, `DatabaseError`.
    init(path: String, encryption: RecordEncryption) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(Self.busySeconds)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA wal_autocheckpoint = \(Self.checkpointPages)")
        }
        pool = try DatabasePool(path: path, configuration: configuration)
        // Must follow the opening, which sets NORMAL: with NORMAL a power loss can lose the last commits
        // (docs/architecture.md, law 2).
        try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
        let migrator = Migrations.all
        if try pool.read({ try migrator.hasBeenSuperseded($0) }) { throw Newer() }
        try migrator.migrate(pool)
        self.encryption = encryption
        session = try pool.write { db in
            if let proof: Data = try Self.fact("key_proof", db) {
                do { _ = try encryption.unwrap(Array(proof)) } catch { throw WrongKey() }
            } else {
                try Self.setFact("key_proof", Data(try encryption.newKey().wrapped), db)
            }
            let session = (try Self.fact("session", db) ?? 0) + Int64(1)
            try Self.setFact("session", session, db)
            return session
        }
    }

    /// - Throws: `DatabaseError` if a statement is still running.
    func close() throws {
        do {
            // Closing alone would leave everything since the last checkpoint in the log.
            try pool.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
        } catch is DatabaseError {
            // The log is just as durable, and the next opening reads it.
        }
        try pool.close()
    }

    // MARK: Small facts

    static func fact<Value: DatabaseValueConvertible>(_ name: String, _ db: Database) throws -> Value? {
        try Value.fetchOne(
            db.cachedStatement(sql: "SELECT value FROM facts WHERE name = ?"), arguments: [name])
    }

    static func setFact(_ name: String, _ value: any DatabaseValueConvertible, _ db: Database) throws {
        try db.cachedStatement(sql: "INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)")
            .execute(arguments: [name, value])
    }

    static func inboxPosition(_ db: Database) throws -> InboxPosition { try fact("inbox_position", db) ?? 0 }

    /// A digest of 16 bytes of a connection's delivery id.
    static func digest(_ connection: String, _ deliveryID: String) -> Data {
        let digits = Array(StableDigest.of("\(connection)\u{1F}\(deliveryID)").utf8)
        return Data(
            stride(from: 0, to: digits.count, by: 2).map { Self.nibble(digits[$0]) << 4 | Self.nibble(digits[$0 + 1]) })
    }

    private static func nibble(_ digit: UInt8) -> UInt8 {
        digit >= UInt8(ascii: "a") ? digit - UInt8(ascii: "a") + 10 : digit - UInt8(ascii: "0")
    }

    // MARK: Records

    /// Columns that ``record(_:_:)`` reads.
    static let recordColumns = "id, key, generation, wrapped_key, truth, ledgers"

    func record(_ row: Row) throws -> EntityRecord {
        let text: String = row["key"]
        guard let key = EntityKey(text) else { throw StoreFailure(.corrupt, "\(text) is not an entity's key") }
        let dataKey = try dataKey(of: key, wrapped: row["wrapped_key"])
        var record = EntityRecord(key: key)
        record.generation = row["generation"]
        record.truth = try opened(Truth.self, row["truth"], .truth, key, dataKey)
        record.ledgers = try opened([Ledger].self, row["ledgers"], .ledgers, key, dataKey)
        return record
    }

    func record(_ key: EntityKey, _ db: Database) throws -> EntityRecord? {
        let sql = "SELECT \(Self.recordColumns) FROM entities WHERE key = ?"
        return try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [key.description]).map { try record($0) }
    }

    func dataKey(of key: EntityKey, wrapped: Data) throws -> DataKey {
        if let known = keys[key] { return known }
        let dataKey = try encryption.unwrap(Array(wrapped))
        keys.put(dataKey, for: key)
        return dataKey
    }

    /// The two encrypted columns of an entity.
    enum Part: String { case truth, ledgers }

    func sealed(_ value: some Encodable, _ part: Part, _ key: EntityKey, _ dataKey: DataKey) throws -> Data {
        Data(try encryption.seal(RecordCoding.encoded(value), dataKey, place: "\(part.rawValue)/\(key)"))
    }

    private func opened<Value: Decodable>(
        _ type: Value.Type, _ sealed: Data, _ part: Part, _ key: EntityKey, _ dataKey: DataKey
    ) throws -> Value {
        let plain: [UInt8]
        do {
            plain = try encryption.open(Array(sealed), dataKey, place: "\(part.rawValue)/\(key)")
        } catch let error as VaultError {
            throw StoreFailure(.corrupt, "the \(part.rawValue) of \(key) cannot be decrypted: \(error.code.rawValue)")
        }
        return try RecordCoding.decoded(type, from: plain, of: key)
    }
}
