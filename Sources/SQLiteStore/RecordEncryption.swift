import Vault

/// The one way of a person's data to and from the disk: through the vault's codec, bound to where it lies
/// (docs/architecture.md, law 9).
struct RecordEncryption: Sendable {
    private let keyring: Keyring
    private let codec = Codec()

    init(keyring: Keyring) { self.keyring = keyring }

    /// A key for one entity or segment, and how it is stored: wrapped by the master key.
    func newKey() throws -> (key: DataKey, wrapped: [UInt8]) {
        let key = DataKey.random()
        return (key, try keyring.wrap(key))
    }

    func unwrap(_ wrapped: [UInt8]) throws -> DataKey { try keyring.unwrap(wrapped) }

    /// - Parameter place: where the sealed bytes will lie. Bytes moved elsewhere do not open.
    func seal(_ plain: [UInt8], _ key: DataKey, place: String) throws -> [UInt8] {
        try codec.seal(plain, key: key, context: Array(place.utf8))
    }

    func open(_ sealed: [UInt8], _ key: DataKey, place: String) throws -> [UInt8] {
        try codec.open(sealed, key: key, context: Array(place.utf8))
    }

    /// What a name is stored as: it can be looked up by who has the master key, and not read.
    func index(kind: String, value: String) -> [UInt8] { keyring.index(kind, value) }
}
