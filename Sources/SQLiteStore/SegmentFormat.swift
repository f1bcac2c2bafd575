import Commerce
import Sync

/// The header of a segment file: its number, its first position, and its key.
///
/// `PLUMSEG1`, count of header bytes, number, first position, newest time before it, wrapped key, checksum.
struct SegmentHeader {
    static let magic = Array("PLUMSEG1".utf8)
    /// Far more than a header; a file of at most this size without a header is a creation that a crash cut short.
    static let bytesMax = 4_096

    var number: Int64
    var firstPosition: InboxPosition
    /// When the newest receipt of an earlier segment arrived.
    var newestBefore: Instant?
    var wrappedKey: [UInt8]

    func encoded() -> [UInt8] {
        var fields = ByteFieldWriter()
        fields.put(number)
        fields.put(firstPosition)
        fields.put(newestBefore?.microseconds)
        fields.put(wrappedKey)
        var writer = ByteFieldWriter()
        writer.put(raw: Self.magic)
        writer.put(fields.bytes)
        writer.put(checksum(writer.bytes))
        return writer.bytes
    }

    /// The header and its size in bytes; `nil` if it is incomplete, torn or something else.
    static func decoded(_ bytes: [UInt8]) -> (header: SegmentHeader, count: Int)? {
        var reader = ByteFieldReader(bytes)
        guard reader.raw(magic.count) == magic, let fields = reader.byteString() else { return nil }
        let covered = bytes[..<reader.offset]
        guard reader.number(UInt32.self) == checksum(covered) else { return nil }
        var inner = ByteFieldReader(fields)
        guard let number = inner.number(Int64.self), let firstPosition = inner.number(Int64.self),
            let newest = inner.optionalNumber(), let wrappedKey = inner.byteString()
        else { return nil }
        let header = SegmentHeader(
            number: number, firstPosition: firstPosition, newestBefore: newest.map(Instant.init(microseconds:)),
            wrappedKey: wrappedKey)
        return (header, reader.offset)
    }
}

/// The header of a frame, before its encrypted receipts.
///
/// `FRAM`, count of sealed bytes, first position, count of receipts, newest time, checksum.
struct FrameHeader {
    static let magic = Array("FRAM".utf8)
    static let byteCount = 4 + 4 + 8 + 4 + 8 + 4

    var sealedCount: Int
    var firstPosition: InboxPosition
    var receiptCount: Int
    /// When the newest of the receipts arrived.
    var newest: Instant

    var lastPosition: InboxPosition { firstPosition + InboxPosition(receiptCount) - 1 }
    var totalCount: Int { Self.byteCount + sealedCount }

    /// Binds the encrypted receipts to the segment, the offset and this header's values.
    func place(segment: Int64, offset: Int) -> String {
        "receipts/\(segment)/\(offset)/\(firstPosition)/\(receiptCount)/\(newest.microseconds)"
    }

    func encoded() -> [UInt8] {
        var writer = ByteFieldWriter(capacity: Self.byteCount)
        writer.put(raw: Self.magic)
        writer.put(UInt32(sealedCount))
        writer.put(firstPosition)
        writer.put(UInt32(receiptCount))
        writer.put(newest.microseconds)
        writer.put(checksum(writer.bytes))
        return writer.bytes
    }

    static func decoded(_ bytes: [UInt8]) -> FrameHeader? {
        var reader = ByteFieldReader(bytes)
        guard reader.raw(magic.count) == magic, let sealedCount = reader.number(UInt32.self),
            let firstPosition = reader.number(Int64.self), let receiptCount = reader.number(UInt32.self),
            let newest = reader.number(Int64.self)
        else { return nil }
        let covered = bytes[..<reader.offset]
        guard reader.number(UInt32.self) == checksum(covered), receiptCount > 0 else { return nil }
        return FrameHeader(
            sealedCount: Int(sealedCount), firstPosition: firstPosition, receiptCount: Int(receiptCount),
            newest: Instant(microseconds: newest))
    }
}
