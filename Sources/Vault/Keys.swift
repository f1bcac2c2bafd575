import Crypto
import Foundation

/// The installation's key: 32 bytes from the operator. It wraps data keys and derives the look-up index.
public struct MasterKey: Sendable {
    /// AES-256: the largest key size of the cipher, used for every key here.
    static let bytes = 32

    let key: SymmetricKey
    /// Identifies the key in the data keys it wrapped, without revealing anything about it.
    let id: [UInt8]

    /// - Throws: ``VaultError`` if `base64` is not 32 bytes in base64.
    public init(base64: String) throws(VaultError) {
        guard let data = Data(base64Encoded: base64), data.count == Self.bytes else {
            throw VaultError(.invalidKey, "the key must be 32 bytes in base64; `plumbline keygen` makes one")
        }
        key = SymmetricKey(data: data)
        id = Array(
            HMAC<SHA256>.authenticationCode(for: Data("plumbline key id".utf8), using: key).prefix(Keyring.keyIDBytes))
    }

    /// A new random key in base64, for `plumbline keygen`.
    public static func generate() -> String {
        SymmetricKey(size: .bits256).withUnsafeBytes { Data($0).base64EncodedString() }
    }
}

/// The key of one entity or one receipt segment. Destroying its wrapped form erases the data it encrypted.
public struct DataKey: Sendable {
    let key: SymmetricKey

    init(_ bytes: some ContiguousBytes) { key = SymmetricKey(data: bytes) }
    private init(key: SymmetricKey) { self.key = key }
    /// A new key from the system's random source: the only random values below the shell.
    public static func random() -> DataKey { DataKey(key: SymmetricKey(size: .bits256)) }
}
