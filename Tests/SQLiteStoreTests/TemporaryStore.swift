import Foundation
import SQLiteStore
import Sync
import Synchronization
import Vault

/// A folder of its own for one test, gone with the test; and the store in it.
final class TemporaryStore: Sendable {
    static let base64Key = "cGx1bWIgbGluZSBmb3IgdGVzdHMsIDMyIGJ5dGVzISE="

    let folder: String
    private let opened = Mutex<SQLiteStore?>(nil)

    init() {
        folder = NSTemporaryDirectory() + "plumbline-store-\(UUID().uuidString)"
    }

    deinit {
        try? opened.withLock { $0 }?.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    static func keyring(_ base64: String = base64Key, previous: [String] = []) throws -> Keyring {
        Keyring(current: try MasterKey(base64: base64), previous: try previous.map { try MasterKey(base64: $0) })
    }

    /// Ends what was opened before and opens again.
    @discardableResult
    func open() throws -> SQLiteStore {
        try opened.withLock { store in
            try store?.close()
            store = nil
            let reopened = try SQLiteStore.open(folder: folder, keyring: try Self.keyring())
            store = reopened
            return reopened
        }
    }

    func close() throws {
        try opened.withLock { store in
            try store?.close()
            store = nil
        }
    }

    /// The files of the inbox, oldest first.
    func segments() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder + "/receipts").sorted().map {
            "\(folder)/receipts/\($0)"
        }
    }

    func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }
    func write(_ bytes: [UInt8], to path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }
}
