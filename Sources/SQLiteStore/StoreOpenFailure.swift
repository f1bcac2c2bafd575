/// Why a store's folder could not be opened. All are for a person to act on; the program ends with exit code 2.
public struct StoreOpenFailure: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// Another program has the folder.
        case inUse = "store_in_use"
        /// The folder was written under a master key that is not in the keyring.
        case wrongKey = "store_wrong_key"
        /// A newer release has written the folder.
        case newer = "store_newer"
        /// What is there cannot be trusted.
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
        case .inUse: "end the other program, or give this one its own folder"
        case .wrongKey: "put the key that wrote this folder under encryption.previous"
        case .newer: "run the release that wrote this folder, or a newer one"
        case .corrupt: "restore state and receipts from one backup"
        case .unavailable: "see that the folder exists, is writable and has room"
        }
    }

    public var description: String { "\(code.rawValue): \(folder): \(detail); \(nextStep)" }
}
