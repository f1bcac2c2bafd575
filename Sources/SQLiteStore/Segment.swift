import Commerce
import Sync
import Vault

/// One receipt file: its place in the row of segments, and its key. Files are opened when they are needed: there may
/// be more segments than a program may have files open.
struct Segment: Sendable {
    var number: Int64
    var firstPosition: InboxPosition
    /// The newest time at which a receipt of an earlier segment came in.
    var newestBefore: Instant?
    var path: String
    var key: DataKey
    /// Where the first frame begins.
    var framesOffset: Int

    static func path(_ folder: String, _ number: Int64) -> String {
        let digits = String(number)
        return "\(folder)/\(String(repeating: "0", count: max(0, 8 - digits.count)))\(digits).segment"
    }

    /// The number in a file's name; `nil` for a name that is none of ours.
    static func number(inName name: String) -> Int64? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1] == "segment", parts[0].count >= 8 else { return nil }
        return Int64(parts[0])
    }

    /// Creates the file; it is durable with its name when this returns. A file that an earlier attempt left under
    /// this name holds nothing and is replaced.
    static func create(
        in folder: String, number: Int64, firstPosition: InboxPosition, newestBefore: Instant?, encryption: RecordEncryption
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

    /// The frame at `offset`: its header, or `nil` when there is no whole header.
    static func header(in file: OpenFile, at offset: Int) throws(FileFailure) -> FrameHeader? {
        FrameHeader.decoded(try file.read(at: offset, count: FrameHeader.byteCount))
    }

    /// The receipts of a frame.
    /// - Throws: ``VaultError`` or ``StoreFailure`` `corrupt` when they cannot be trusted.
    func receipts(of frame: FrameHeader, in file: OpenFile, at offset: Int, encryption: RecordEncryption) throws -> [Receipt]
    {
        let sealed = try file.read(at: offset + FrameHeader.byteCount, count: frame.sealedCount)
        let plain = try encryption.open(sealed, key, place: frame.place(segment: number, offset: offset))
        guard let receipts = ReceiptCoding.decoded(plain, count: frame.receiptCount) else {
            throw StoreFailure(.corrupt, "receipts of segment \(number) at byte \(offset) do not decode")
        }
        return receipts
    }
}
