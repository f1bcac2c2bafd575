import Commerce
import Sync
import Vault

/// One receipt file: its place in the sequence of segments, and its key. Files are opened on demand: there may be more
/// segments than a program may have open files.
struct Segment: Sendable {
    var number: Int64
    var firstPosition: InboxPosition
    /// When the newest receipt of an earlier segment arrived.
    var newestBefore: Instant?
    var path: String
    var key: DataKey
    /// The offset of the first frame.
    var framesOffset: Int

    static func path(_ folder: String, _ number: Int64) -> String {
        let digits = String(number)
        return "\(folder)/\(String(repeating: "0", count: max(0, 8 - digits.count)))\(digits).segment"
    }

    /// The number in a file's name; `nil` if it is not the name of a segment.
    static func number(inName name: String) -> Int64? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1] == "segment", parts[0].count >= 8 else { return nil }
        return Int64(parts[0])
    }

    /// Creates the file; it and its name are durable on return. A file that an earlier attempt left under this name is
    /// empty and is replaced.
    static func create(
        in folder: String, number: Int64, firstPosition: InboxPosition, newestBefore: Instant?,
        encryption: RecordEncryption
    ) throws -> (segment: Segment, file: OpenFile) {
        let (key, wrapped) = try encryption.newKey()
        let header = SegmentHeader(
            number: number, firstPosition: firstPosition, newestBefore: newestBefore, wrappedKey: wrapped
        ).encoded()
        let file = try OpenFile(writing: path(folder, number))
        try file.truncate(to: 0)
        try file.write(header, at: 0)
        try file.sync()
        try OpenFile.syncFolder(folder)
        let segment = Segment(
            number: number, firstPosition: firstPosition, newestBefore: newestBefore, path: file.path, key: key,
            framesOffset: header.count)
        return (segment, file)
    }

    /// The header of the frame at `offset`; `nil` if there is no complete header.
    static func header(in file: OpenFile, at offset: Int) throws(FileFailure) -> FrameHeader? {
        FrameHeader.decoded(try file.read(at: offset, count: FrameHeader.byteCount))
    }

    /// The receipts of a frame.
    /// - Throws: ``VaultError`` or ``StoreFailure`` `corrupt` if they are damaged.
    func receipts(of frame: FrameHeader, in file: OpenFile, at offset: Int, encryption: RecordEncryption) throws
        -> [Receipt]
    {
        let sealed = try file.read(at: offset + FrameHeader.byteCount, count: frame.sealedCount)
        let plain = try encryption.open(sealed, key, place: frame.place(segment: number, offset: offset))
        guard let receipts = ReceiptCoding.decoded(plain, count: frame.receiptCount) else {
            throw StoreFailure(.corrupt, "receipts of segment \(number) at byte \(offset) cannot be decoded")
        }
        return receipts
    }
}
