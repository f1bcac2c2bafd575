import CZstd
import Synchronization

/// Zstandard with one context for compression and one for decompression, kept between calls: creating a context for
/// each body of 7 KB costs as much as compressing it (docs/decisions/0003).
///
/// `@unchecked Sendable` because both contexts are pointers of a C library, used only while `lock` is held.
final class Compressor: @unchecked Sendable {
    /// The fastest regular level: a JSON body shrinks to a sixth; higher levels gain a few per cent (decision 0003).
    private static let level: Int32 = 1

    private let lock = Mutex(())
    private let packing = ZSTD_createCCtx()
    private let unpacking = ZSTD_createDCtx()

    deinit {
        ZSTD_freeCCtx(packing)
        ZSTD_freeDCtx(unpacking)
    }

    func compress(_ plain: [UInt8]) throws(VaultError) -> [UInt8] {
        var failed = false
        let packed = [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(plain.count)) { buffer, count in
            let size = lock.withLock { _ in
                ZSTD_compressCCtx(packing, buffer.baseAddress, buffer.count, plain, plain.count, Self.level)
            }
            failed = ZSTD_isError(size) != 0
            count = failed ? 0 : size
        }
        guard !failed else { throw VaultError(.compressionFailed, "zstd refused \(plain.count) bytes") }
        return packed
    }

    /// - Parameter expected: the exact size of the result; any other size is refused, and nothing beyond it is written.
    func decompress(_ packed: some Sequence<UInt8>, count expected: Int) throws(VaultError) -> [UInt8] {
        let packed = Array(packed)
        var isExact = false
        let plain = [UInt8](unsafeUninitializedCapacity: max(expected, 1)) { buffer, count in
            let size = lock.withLock { _ in
                ZSTD_decompressDCtx(unpacking, buffer.baseAddress, expected, packed, packed.count)
            }
            isExact = ZSTD_isError(size) == 0 && size == expected
            count = isExact ? expected : 0
        }
        guard isExact else {
            throw VaultError(.compressionFailed, "the compressed value does not contain \(expected) bytes")
        }
        return plain
    }
}
