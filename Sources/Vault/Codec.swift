import Crypto
import Foundation

/// Encodes everything personal for the disk (docs/architecture.md, law 9): compression, then AES-GCM.
///
/// Layout: format byte 1, plain length (8 bytes, little endian), then nonce, cipher text and tag. The length and the
/// caller's context are authenticated, so a value cannot be moved to another place or blown up.
public struct Codec: Sendable {
    /// The most plain bytes of a value: no vendor sends a receipt frame of 256 bodies of 2 MiB.
    public static let plainBytesMax = 1 << 29
    private static let format: UInt8 = 1
    private static let headerBytes = 9
    private let compressor = Compressor()

    public init() {}

    /// - Parameter context: where the value belongs; opening needs the same context.
    public func seal(_ plain: [UInt8], key: DataKey, context: [UInt8]) throws(VaultError) -> [UInt8] {
        guard plain.count <= Self.plainBytesMax else {
            throw VaultError(.tooLarge, "\(plain.count) bytes are more than \(Self.plainBytesMax)")
        }
        let packed = try compressor.compress(plain)
        let header = [Self.format] + withUnsafeBytes(of: UInt64(plain.count).littleEndian) { Array($0) }
        do {
            let box = try AES.GCM.seal(packed, using: key.key, authenticating: header + context)
            var sealed = header
            sealed.append(contentsOf: box.nonce)
            sealed.append(contentsOf: box.ciphertext)
            sealed.append(contentsOf: box.tag)
            return sealed
        } catch { throw VaultError(.invalidKey, "the value could not be encrypted") }
    }

    /// - Throws: ``VaultError`` if the key or the context differs, or a byte was changed.
    public func open(_ sealed: [UInt8], key: DataKey, context: [UInt8]) throws(VaultError) -> [UInt8] {
        guard sealed.count > Self.headerBytes, sealed[0] == Self.format else {
            throw VaultError(.unknownFormat, "not a value encrypted by this program")
        }
        let header = Array(sealed.prefix(Self.headerBytes))
        let length = header.dropFirst().reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(Self.plainBytesMax) else {
            throw VaultError(.tooLarge, "the value claims \(length) bytes, the limit is \(Self.plainBytesMax)")
        }
        let packed: Data
        do {
            let box = try AES.GCM.SealedBox(combined: sealed[Self.headerBytes...])
            packed = try AES.GCM.open(box, using: key.key, authenticating: header + context)
        } catch { throw VaultError(.notAuthentic, "wrong key, wrong place, or changed bytes") }
        return try compressor.decompress(packed, count: Int(length))
    }
}
