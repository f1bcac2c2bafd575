import Sync

/// The plain contents of an entity's two encrypted columns, truth and ledgers: a version byte, then ``BinaryCoding``.
enum RecordCoding {
    private static let version: UInt8 = 1

    static func encoded(_ value: some Encodable) throws -> [UInt8] { [version] + (try BinaryCoding.encoded(value)) }

    /// - Throws: ``StoreFailure`` `corrupt`; it does not quote the contents.
    static func decoded<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8], of key: EntityKey) throws -> Value {
        guard bytes.first == version else {
            throw StoreFailure(.corrupt, "\(key) is stored in an unknown format")
        }
        do {
            return try BinaryCoding.decoded(type, from: Array(bytes.dropFirst()))
        } catch is DecodingError {
            throw StoreFailure(.corrupt, "the \(type) of \(key) cannot be decoded")
        }
    }
}
