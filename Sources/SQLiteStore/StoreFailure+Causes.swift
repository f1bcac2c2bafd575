import GRDB
import Sync
import Vault

extension StoreFailure {
    /// Classifies a lower-level failure for the engine: retry later, or stop (docs/architecture.md, law 6). The detail
    /// contains no personal data: SQLite's own message names only tables and columns, and statements and their
    /// arguments are left out.
    init(_ error: any Error) {
        switch error {
        case let failure as StoreFailure: self = failure
        case let failure as FileFailure: self.init(.unavailable, failure.description)
        case let failure as VaultError: self.init(.corrupt, failure.description)
        case let failure as DatabaseError:
            self.init(
                Self.code(of: failure),
                "sqlite \(failure.extendedResultCode.rawValue): \(failure.message ?? "no message")")
        case let failure as SegmentRecovery.Damage: self.init(.corrupt, failure.detail)
        default: self.init(.corrupt, "\(type(of: error))")
        }
    }

    private static func code(of error: DatabaseError) -> Code {
        switch error.resultCode {
        case .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_BUSY, .SQLITE_LOCKED,
            .SQLITE_NOMEM,
            .SQLITE_PERM, .SQLITE_AUTH, .SQLITE_INTERRUPT, .SQLITE_ABORT, .SQLITE_PROTOCOL, .SQLITE_MISUSE:
            .unavailable
        case .SQLITE_CONSTRAINT: .conflict
        default: .corrupt
        }
    }
}
