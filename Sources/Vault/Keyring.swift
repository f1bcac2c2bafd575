import Crypto
import Foundation

/// The current master key and the previous ones (docs/configuration.md, Once).
public struct Keyring: Sendable {
    private static let format: UInt8 = 1
    /// Enough to distinguish an installation's few keys; a collision would only turn "unknown key" into "not
    /// authentic".
    static let keyIDBytes = 4

    private let current: MasterKey
    private let all: [MasterKey]
    private let indexKey: SymmetricKey

    /// The look-up index is derived from the *oldest* key, so that names indexed before a rotation are still found. An
    /// index from the current key would have to be rewritten at each rotation, which needs every name in plain text.
    /// The cost: the oldest key must stay in `previous` as long as its look-ups are needed. Without it the index starts
    /// empty, and nothing else is lost.
    ///
    /// - Parameter previous: newest first, so a rotation adds the outgoing key at the front and the last one stays
    ///   last.
    public init(current: MasterKey, previous: [MasterKey] = []) {
        self.current = current
        all = [current] + previous
        indexKey = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: (previous.last ?? current).key, info: Data("plumbline lookup index".utf8),
            outputByteCount: MasterKey.bytes)
    }

    /// The data key, encrypted by the current master key: format byte 1, key id (4 bytes), nonce, cipher text and tag.
    public func wrap(_ key: DataKey) throws(VaultError) -> [UInt8] {
        let header = [Self.format] + current.id
        do {
            let plain = key.key.withUnsafeBytes { Data($0) }
            let box = try AES.GCM.seal(plain, using: current.key, authenticating: header)
            return header + box.nonce + box.ciphertext + box.tag
        } catch { throw VaultError(.invalidKey, "a data key could not be wrapped") }
    }

    /// - Throws: ``VaultError`` if no key of the ring wrapped these bytes, or they were changed.
    public func unwrap(_ bytes: [UInt8]) throws(VaultError) -> DataKey {
        let header = Array(bytes.prefix(1 + Self.keyIDBytes))
        guard header.count == 1 + Self.keyIDBytes, header[0] == Self.format else {
            throw VaultError(.unknownFormat, "not a wrapped key of this program")
        }
        guard let master = all.first(where: { $0.id == Array(header.dropFirst()) }) else {
            throw VaultError(
                .unknownKey, "encrypted by a key that is neither `encryption.key` nor in `encryption.previous`")
        }
        do {
            let box = try AES.GCM.SealedBox(combined: bytes[header.count...])
            return DataKey(try AES.GCM.open(box, using: master.key, authenticating: header))
        } catch { throw VaultError(.notAuthentic, "a wrapped data key was changed") }
    }

    /// The 16 bytes that index a name without revealing it: HMAC of its kind and value.
    public func index(_ kind: String, _ value: String) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Data("\(kind)\u{1F}\(value)".utf8), using: indexKey).prefix(16))
    }
}
