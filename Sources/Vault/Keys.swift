import Crypto
import Foundation

/// The installation's key: 32 bytes from the operator. It wraps data keys and derives the look-up index.
public struct MasterKey: Sendable {
    let key: SymmetricKey
    /// Names the key in what it wrapped, without telling anything about it.
    let id: [UInt8]

    /// - Throws: ``VaultError`` when `base64` is not 32 bytes in base64.
    public init(base64: String) throws(VaultError) {
        guard let data = Data(base64Encoded: base64), data.count == 32 else {
            throw VaultError(.invalidKey, "the key must be 32 bytes in base64; `plumbline keygen` makes one")
        }
        key = SymmetricKey(data: data)
        id = Array(
            HMAC<SHA256>.authenticationCode(for: Data("plumbline key id".utf8), using: key).prefix(4))
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
    public static func random() -> DataKey { DataKey(SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }) }
}

/// The master key in use and those before it (CONTRACTS section 1, `encryption`).
public struct Keyring: Sendable {
    private let current: MasterKey
    private let all: [MasterKey]
    private let indexKey: SymmetricKey

    /// The look-up index is derived from the *oldest* key, so that names indexed before a rotation are still found;
    /// leaving that key out of `previous` means that look-ups by name start anew.
    public init(current: MasterKey, previous: [MasterKey] = []) {
        self.current = current
        all = [current] + previous
        indexKey = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: (previous.last ?? current).key, info: Data("plumbline lookup index".utf8),
            outputByteCount: 32)
    }

    private static let keyIDBytes = 4

    /// The data key sealed by the current master key: key id, then AES-GCM.
    public func wrap(_ key: DataKey) throws(VaultError) -> [UInt8] {
        do {
            let plain = key.key.withUnsafeBytes { Data($0) }
            let box = try AES.GCM.seal(plain, using: current.key, authenticating: Data(current.id))
            return current.id + Array(box.combined ?? Data())
        } catch { throw VaultError(.invalidKey, "a data key could not be wrapped") }
    }

    /// - Throws: ``VaultError`` when no key of the ring wrapped these bytes, or they were changed.
    public func unwrap(_ bytes: [UInt8]) throws(VaultError) -> DataKey {
        let id = Array(bytes.prefix(Self.keyIDBytes))
        guard let master = all.first(where: { $0.id == id }) else {
            throw VaultError(
                .unknownKey, "sealed by a key that is neither `encryption.key` nor in `encryption.previous`")
        }
        do {
            let box = try AES.GCM.SealedBox(combined: Data(bytes.dropFirst(Self.keyIDBytes)))
            return DataKey(try AES.GCM.open(box, using: master.key, authenticating: Data(id)))
        } catch { throw VaultError(.notAuthentic, "a wrapped data key was changed") }
    }

    /// 16 bytes under which a name is found without being readable: HMAC of its kind and value.
    public func index(_ kind: String, _ value: String) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Data("\(kind)\u{1F}\(value)".utf8), using: indexKey).prefix(16))
    }
}

/// HMAC-SHA256.
public enum HMACSHA256 {
    public static func code(key: [UInt8], message: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key)))
    }
    /// Compares in constant time.
    public static func matches(_ code: [UInt8], key: [UInt8], message: [UInt8]) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: message, using: SymmetricKey(data: key))
    }
    /// Whether two secrets are equal, in a time that depends on neither.
    public static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        let key = Array(Data(base64Encoded: MasterKey.generate()) ?? Data())
        return matches(code(key: key, message: left), key: key, message: right)
    }
}
