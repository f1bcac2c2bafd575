import Crypto
import Foundation

/// The installation's key: 32 bytes from the operator. It wraps data keys and derives the look-up index.
public struct MasterKey: Sendable {
    /// AES-256: the widest key of the cipher, so that one rule fits every key here.
    static let bytes = 32

    let key: SymmetricKey
    /// Names the key in what it wrapped, without telling anything about it.
    let id: [UInt8]

    /// - Throws: ``VaultError`` when `base64` is not 32 bytes in base64.
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

/// A key of one entity or one receipt segment. Destroying its wrapped form erases what it sealed.
public struct DataKey: Sendable {
    let key: SymmetricKey

    init(_ bytes: some ContiguousBytes) { key = SymmetricKey(data: bytes) }
    private init(key: SymmetricKey) { self.key = key }
    /// A new key from the system's random source: the one place below the shell where chance is wanted.
    public static func random() -> DataKey { DataKey(key: SymmetricKey(size: .bits256)) }
}
