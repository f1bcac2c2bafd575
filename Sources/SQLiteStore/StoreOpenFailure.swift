/// Why a store's folder could not be opened. Each needs an operator; the program ends with exit code 2.
public struct StoreOpenFailure: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// Another program has the store open.
        case inUse = "store_in_use"
        /// The folder was written under a master key that is not in the keyring.
        case wrongKey = "store_wrong_key"
        /// A newer release wrote the folder.
        case newer = "store_newer"
        /// The folder's contents are damaged or inconsistent.
        case corrupt = "store_corrupt"
        /// The operating system refuses: no such folder, no permission, disk full.
        case unavailable = "store_unavailable"
    }

    public var code: Code
    public var folder: String
    public var detail: String

    init(_ code: Code, folder: String, _ detail: String) {
        self.code = code
        self.folder = folder
        self.detail = detail
    }

    public var nextStep: String {
        switch code {
        case .inUse: "stop the other program, or give this one its own folder"
        case .wrongKey: "put the key that wrote this folder under encryption.previous"
        case .newer: "run the release that wrote this folder, or a newer one"
        case .corrupt: "restore state and receipts from one backup"
        case .unavailable: "check that the folder exists, is writable and has free space"
        }
    }

    public var description: String { "\(code.rawValue): \(folder): \(detail); \(nextStep)" }
}
