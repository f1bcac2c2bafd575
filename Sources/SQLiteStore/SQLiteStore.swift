public import Commerce
import GRDB
public import Sync
import Synchronization
public import Vault

/// A store in one folder: receipts in segment files, everything else in one SQLite file (docs/architecture.md,
/// Storage).
///
/// ``append(_:)`` writes the segments and ``commit(_:)`` the state: two files and two locks, so neither waits for the
/// other (docs/architecture.md, law 2). The inbox position is part of the state's transaction, so each receipt is
/// consumed exactly once, even after a crash. `docs/storage.md` describes the files.
public final class SQLiteStore: Store {
    /// What opening found and repaired.
    public struct Recovery: Sendable, Hashable {
        /// Bytes of an append that a crash cut short; it was never acknowledged.
        public var tornBytes: Int
    }

    public let recovery: Recovery
    /// ``StoreFolder/id(of:)`` of its folder.
    public let id: String

    private let state: StateDatabase
    private let log: SegmentLog
    /// Locked as long as the store is open.
    private let lock: Mutex<OpenFile?>

    private init(id: String, state: StateDatabase, log: SegmentLog, lock: OpenFile, recovery: Recovery) {
        self.id = id
        self.state = state
        self.log = log
        self.lock = Mutex(lock)
        self.recovery = recovery
    }

    /// Opens the folder, and creates it if it does not exist.
    public static func open(folder: String, keyring: Keyring) throws(StoreOpenFailure) -> SQLiteStore {
        try open(folder: folder, keyring: keyring, limits: SegmentLog.Limits())
    }

    static func open(
        folder: String, keyring: Keyring, limits: SegmentLog.Limits
    ) throws(StoreOpenFailure) -> SQLiteStore {
        do {
            try OpenFile.makeFolder(folder)
            let lock = try OpenFile(writing: StoreFolder.lockFile(folder))
            guard try lock.lock() else {
                throw StoreOpenFailure(.inUse, folder: folder, "another program holds its lock")
            }
            // Created here, so that only the owner can read it and its log, even in a folder that others may read.
            _ = try OpenFile(writing: folder + "/state.sqlite")
            let encryption = RecordEncryption(keyring: keyring)
            let state = try StateDatabase(path: folder + "/state.sqlite", encryption: encryption)
            let consumed = try state.pool.read { try StateDatabase.inboxPosition($0) }
            let receipts = folder + "/receipts"
            let recovered = try SegmentRecovery.open(receipts, consumed: consumed, encryption: encryption)
            let log = SegmentLog(folder: receipts, recovered: recovered, encryption: encryption, limits: limits)
            return SQLiteStore(
                id: try StoreFolder.establishID(of: folder), state: state, log: log, lock: lock,
                recovery: Recovery(tornBytes: recovered.tornBytes))
        } catch {
            throw StoreOpenFailure(error, folder: folder)
        }
    }

    /// Closes the folder; closing again does nothing. Any other later call throws ``StoreFailure`` `unavailable`.
    public func close() throws(StoreFailure) {
        let result: Result<Void, StoreFailure> = lock.withLock { lock in
            guard lock != nil else { return .success(()) }
            log.close()
            do {
                try state.close()
            } catch {
                return .failure(StoreFailure(error))
            }
            lock = nil
            return .success(())
        }
        try result.get()
    }

    public func append(_ receipts: [Receipt]) throws(StoreFailure) -> [InboxPosition] { try log.append(receipts) }

    public func claim(_ request: ClaimRequest) throws(StoreFailure) -> Claim {
        var (claim, position) = try attempt { try state.claim(request) }
        let receipts = try log.read(after: position, limit: request.receiptsMax)
        let duplicates = try attempt { try state.duplicates(among: receipts) }
        claim.receipts = zip(receipts, duplicates).map { receipt, isDuplicate in
            StoredReceipt(position: receipt.0, receipt: receipt.1, isDuplicate: isDuplicate)
        }
        claim.moreReceipts = (claim.receipts.last?.position ?? position) < log.lastPosition
        return claim
    }

    public func commit(_ commit: Commit) throws(StoreFailure) {
        try attempt { try state.commit(commit, inbox: (log.lastPosition, log.newest)) }
    }

    public func status() throws(StoreFailure) -> StoreStatus {
        var status = try attempt { try state.status() }
        status.inbox = Int(log.lastPosition - status.inboxPosition)
        return status
    }

    public func trace(_ query: TraceQuery) throws(StoreFailure) -> [TraceItem] {
        try attempt { try state.trace(query) }
    }

    public func entities(named lookups: [Lookup]) throws(StoreFailure) -> [EntityKey] {
        try attempt { try state.entities(named: lookups) }
    }

    public func records(_ keys: [EntityKey]) throws(StoreFailure) -> [EntityRecord] {
        try attempt { try state.records(keys) }
    }

    public func exceptions(_ query: ExceptionQuery) throws(StoreFailure) -> ExceptionPage {
        try attempt { try state.exceptions(query) }
    }

    public func exceptions(withIDs ids: [String]) throws(StoreFailure) -> [OpenException] {
        try attempt { try state.exceptions(withIDs: ids) }
    }

    public func prune(receiptsBefore: Instant, traceBefore: Instant) throws(StoreFailure) {
        let consumed = try attempt { try state.pool.read { try StateDatabase.inboxPosition($0) } }
        try log.prune(before: receiptsBefore, consumed: consumed)
        try attempt {
            try state.prune(consumedBefore: receiptsBefore - StoreLimits.consumedKeptMin, traceBefore: traceBefore)
        }
    }

    /// The value of a SQLite setting of this store, as SQLite reports it.
    func pragma(_ name: String) throws(StoreFailure) -> Int? {
        try attempt { try state.pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA \(name)") } }
    }

    /// The number of segment files.
    var segmentCount: Int { log.segmentCount }

    private func attempt<Value>(_ body: () throws -> Value) throws(StoreFailure) -> Value {
        do {
            return try body()
        } catch {
            throw StoreFailure(error)
        }
    }
}

extension StoreOpenFailure {
    fileprivate init(_ error: any Error, folder: String) {
        switch error {
        case let failure as StoreOpenFailure: self = failure
        case is StateDatabase.Newer:
            self.init(.newer, folder: folder, "a newer release has changed the state's schema")
        case is StateDatabase.WrongKey:
            self.init(.wrongKey, folder: folder, "the encryption key does not open it")
        case let failure as VaultError where failure.code == .unknownKey:
            self.init(.wrongKey, folder: folder, failure.description)
        default:
            let failure = StoreFailure(error)
            self.init(failure.code == .unavailable ? .unavailable : .corrupt, folder: folder, failure.detail)
        }
    }
}
