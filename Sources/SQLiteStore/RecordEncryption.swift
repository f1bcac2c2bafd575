import Vault

/// Encrypts everything personal on its way to the disk, through the vault's codec and bound to its place
/// (docs/architecture.md, law 9).
struct RecordEncryption: Sendable {
    private let keyring: Keyring
    private let codec = Codec()

    init(keyring: Keyring) { self.keyring = keyring }

    /// A new key for one entity or segment, and its stored form: wrapped by the master key.
    func newKey() throws -> (key: DataKey, wrapped: [UInt8]) {
        let key = DataKey.random()
        return (key, try keyring.wrap(key))
    }

    func unwrap(_ wrapped: [UInt8]) throws -> DataKey { try keyring.unwrap(wrapped) }

    /// - Parameter place: where the encrypted bytes are stored. Bytes moved elsewhere cannot be decrypted.
    func seal(_ plain: [UInt8], _ key: DataKey, place: String) throws -> [UInt8] {
        try codec.seal(plain, key: key, context: Array(place.utf8))
    }

    func open(_ sealed: [UInt8], _ key: DataKey, place: String) throws -> [UInt8] {
        try codec.open(sealed, key: key, context: Array(place.utf8))
    }

    /// The stored form of a name: the holder of the master key can look it up, but cannot read it back.
    func index(kind: String, value: String) -> [UInt8] { keyring.index(kind, value) }
}
