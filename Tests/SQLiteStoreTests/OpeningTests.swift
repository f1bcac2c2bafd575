import Commerce
import Foundation
import GRDB
@testable import SQLiteStore
import Sync
import Testing
import Vault

@Suite("SQLite store: opening")
struct OpeningTests {
    private static let start = Instant(seconds: 1_795_000_000)

    private func code(_ body: () throws -> Void) throws -> StoreOpenFailure.Code? {
        do {
            try body()
            return nil
        } catch let failure as StoreOpenFailure {
            return failure.code
        }
    }

    @Test("A1 a commit waits for the disk: synchronous is FULL, and the log is write-ahead")
    func durability() throws {
        let disk = TemporaryStore()
        for _ in 1...2 {
            let store = try disk.open()
            #expect(try store.pragma("synchronous") == 2)
            #expect(try store.pragma("wal_autocheckpoint") == 1_000)
            #expect(try store.pragma("foreign_keys") == 1)
        }
    }

    @Test("a second opener of one folder is told that it is in use")
    func secondOpener() throws {
        let disk = TemporaryStore()
        try disk.open()
        let keyring = try TemporaryStore.keyring()
        #expect(try code { _ = try SQLiteStore.open(folder: disk.folder, keyring: keyring) } == .inUse)
        try disk.close()
        #expect(try code { try SQLiteStore.open(folder: disk.folder, keyring: keyring).close() } == nil)
    }

    @Test("K6 another master key does not open the folder; the old one among the previous keys does")
    func wrongKey() throws {
        let disk = TemporaryStore()
        _ = try disk.open().append([.sample(1)])
        try disk.close()
        let other = MasterKey.generate()
        #expect(
            try code { _ = try SQLiteStore.open(folder: disk.folder, keyring: TemporaryStore.keyring(other)) }
                == .wrongKey)
        let ring = try TemporaryStore.keyring(other, previous: [TemporaryStore.base64Key])
        let store = try SQLiteStore.open(folder: disk.folder, keyring: ring)
        #expect(try store.claim(ClaimRequest(id: 1, receiptsMax: 1, now: Self.start)).receipts.count == 1)
        try store.close()
    }

    @Test("a database newer than the program is refused")
    func newerDatabase() throws {
        let disk = TemporaryStore()
        try disk.open()
        try disk.close()
        try DatabaseQueue(path: disk.folder + "/state.sqlite").write { db in
            try db.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('9999-from-the-future')")
        }
        #expect(try code { try disk.open() } == .newer)
    }

    @Test("A12 E10 a database from before names had a kind keeps every name, and finds products and orders apart")
    func namesByKind() throws {
        let disk = TemporaryStore()
        try disk.open()
        try disk.close()
        let path = disk.folder + "/state.sqlite"
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
        let keyring = try TemporaryStore.keyring()
        let hash = Data(keyring.index("sku", "SKU-1"))
        let database = try DatabaseQueue(path: path)
        try Migrations.all.migrate(database, upTo: "0001-initial")
        try database.write { db in
            let encryption = RecordEncryption(keyring: keyring)
            for (id, key) in [(1, "shop/order/5"), (2, "shop/product/7"), (3, "web-shop/product/a/b")] {
                let (dataKey, wrapped) = try encryption.newKey()
                let entity = try #require(EntityKey(key))
                func sealed(_ value: some Encodable, _ part: String) throws -> Data {
                    Data(try encryption.seal(RecordCoding.encoded(value), dataKey, place: "\(part)/\(entity)"))
                }
                try db.execute(
                    sql: """
                        INSERT INTO entities (id, key, generation, lane, dirty, unsent, ambiguous, read_backs, holds,
                            waiting, wrapped_key, truth, ledgers) VALUES (?, ?, 1, 0, 0, 0, 0, 0, 0, '', ?, ?, ?)
                        """,
                    arguments: [
                        id, key, Data(wrapped), try sealed(Truth(), "truth"), try sealed([Ledger](), "ledgers"),
                    ])
                try db.execute(sql: "INSERT INTO lookups (hash, entity) VALUES (?, ?)", arguments: [hash, id])
            }
        }
        try database.close()
        let store = try disk.open()
        #expect(try store.entities(named: [Lookup(.sku, "SKU-1")]).count == 3)
        for (kind, keys) in [
            (EntityKind.order, ["shop/order/5"]), (.product, ["shop/product/7", "web-shop/product/a/b"]), (.cart, []),
        ] {
            let claim = try store.claim(
                ClaimRequest(
                    id: 1, now: Self.start, searches: [NameSearch(kind, Lookup(.sku, "SKU-1"))], matchesMax: 9))
            #expect(claim.records.map(\.key.description) == keys)
        }
    }

    @Test("a state file that is no database is damage, and says so")
    func noDatabase() throws {
        let disk = TemporaryStore()
        try disk.open()
        try disk.close()
        try disk.write(Array(repeating: 0x41, count: 9_000), to: disk.folder + "/state.sqlite")
        #expect(try code { try disk.open() } == .corrupt)
    }

    @Test("a folder that cannot be made is unavailable")
    func noFolder() throws {
        let keyring = try TemporaryStore.keyring()
        #expect(
            try code { _ = try SQLiteStore.open(folder: "/proc/plumbline-store", keyring: keyring) } == .unavailable)
    }

    @Test("a closed store answers that it is unavailable")
    func closed() throws {
        let disk = TemporaryStore()
        let store = try disk.open()
        for _ in 1...2 { try store.close() }
        #expect(throws: StoreFailure.self) { try store.append([.sample(1)]) }
        let failure = #expect(throws: StoreFailure.self) { try store.status() }
        #expect(failure?.code == .unavailable)
    }

    @Test("K6 a store keeps its id, and one that cannot be read is an error, not a store without an id")
    func identity() throws {
        let disk = TemporaryStore()
        #expect(try StoreFolder.id(of: disk.folder) == nil)
        let id = try disk.open().id
        try disk.close()
        #expect(try StoreFolder.id(of: disk.folder) == id)
        #expect(try disk.open().id == id)
        try disk.close()
        try FileManager.default.removeItem(atPath: disk.folder + "/id")
        try FileManager.default.createDirectory(atPath: disk.folder + "/id", withIntermediateDirectories: false)
        #expect(try code { _ = try StoreFolder.id(of: disk.folder) } == .unavailable)
    }

    @Test("the folder and its files are the owner's alone")
    func modes() throws {
        let disk = TemporaryStore()
        try disk.open()
        let files = ["", "/receipts", "/lock", "/state.sqlite", "/state.sqlite-wal"].map { disk.folder + $0 }
        for path in files + (try disk.segments()) {
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect((mode ?? 0o777) & 0o077 == 0, "\(path)")
        }
    }
}

extension Receipt {
    /// A small receipt with a body of its own.
    static func sample(_ number: Int, bytes: Int = 300) -> Receipt {
        let body = (0..<bytes).map { UInt8(truncatingIfNeeded: ($0 &+ number) &* 2_654_435_761 >> 11) }
        return Receipt(
            connection: "shop", topic: "orders/updated", deliveryID: "delivery-\(number)", eventID: nil,
            triggeredAt: nil,
            receivedAt: Instant(seconds: 1_795_000_000 + Int64(number)), body: body)
    }
}
