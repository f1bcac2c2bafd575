import Commerce
import Sync
import Vault

/// Opens the inbox after a clean stop or a crash.
///
/// Every frame was synced before the next one was written, so only the last one can be torn. A torn frame was never
/// acknowledged and is cut off. Any other unreadable data is damage, and opening fails.
struct SegmentRecovery {
    /// Oldest first; never empty.
    var segments: [Segment]
    /// The last segment's.
    var file: OpenFile
    /// Where its next frame goes.
    var end: Int
    var lastPosition: InboxPosition
    var newest: Instant?
    /// Bytes of a torn append that were cut off.
    var tornBytes = 0

    /// Describes damage to an operator.
    struct Damage: Error {
        var detail: String
        init(_ detail: String) { self.detail = detail }
    }

    /// - Parameter consumed: the inbox position in the state.
    /// - Throws: ``Damage``, ``FileFailure``, ``VaultError``.
    static func open(_ folder: String, consumed: InboxPosition, encryption: RecordEncryption) throws -> SegmentRecovery
    {
        try OpenFile.makeFolder(folder)
        let numbers = try OpenFile.names(in: folder).compactMap(Segment.number(inName:)).sorted()
        var segments: [Segment] = []
        var tornBytes = 0
        for number in numbers {
            if let segment = try read(number, in: folder, encryption: encryption) {
                segments.append(segment)
            } else if number == numbers.last {
                // A crash cut its creation short: it never contained a receipt.
                tornBytes += try OpenFile(reading: Segment.path(folder, number)).size()
                try OpenFile.remove(Segment.path(folder, number))
            } else {
                throw Damage("segment \(number) has no header")
            }
        }
        guard let last = segments.last else {
            guard consumed == 0 else { throw Damage("the state has consumed receipts, but there are no segments") }
            let (segment, file) = try Segment.create(
                in: folder, number: 1, firstPosition: 1, newestBefore: nil, encryption: encryption)
            return SegmentRecovery(
                segments: [segment], file: file, end: segment.framesOffset, lastPosition: 0, newest: nil,
                tornBytes: tornBytes)
        }
        for (earlier, later) in zip(segments, segments.dropFirst())
        where later.number != earlier.number + 1 || later.firstPosition < earlier.firstPosition {
            throw Damage("segment \(later.number) does not follow segment \(earlier.number)")
        }
        var recovery = SegmentRecovery(
            segments: segments, file: try OpenFile(writing: last.path), end: last.framesOffset,
            lastPosition: last.firstPosition - 1, newest: last.newestBefore, tornBytes: tornBytes)
        try recovery.walk(last, encryption: encryption)
        guard consumed <= recovery.lastPosition, consumed >= segments[0].firstPosition - 1 else {
            throw Damage(
                "the state has consumed up to receipt \(consumed), the segments hold \(segments[0].firstPosition) to "
                    + "\(recovery.lastPosition)")
        }
        return recovery
    }

    /// `nil` if the file is too short for a header.
    private static func read(_ number: Int64, in folder: String, encryption: RecordEncryption) throws -> Segment? {
        let file = try OpenFile(reading: Segment.path(folder, number))
        let front = try file.read(at: 0, count: SegmentHeader.bytesMax)
        guard let (header, count) = SegmentHeader.decoded(front) else {
            guard front.count < SegmentHeader.bytesMax, !Self.holdsFrame(front) else {
                throw Damage("segment \(number) has a damaged header")
            }
            return nil
        }
        guard header.number == number else { throw Damage("segment \(number) has the header of \(header.number)") }
        return Segment(
            number: number, firstPosition: header.firstPosition, newestBefore: header.newestBefore, path: file.path,
            key: try encryption.unwrap(header.wrappedKey), framesOffset: count)
    }

    /// Steps through the frames by their headers; also decrypts the last one.
    private mutating func walk(_ segment: Segment, encryption: RecordEncryption) throws {
        let size = try file.size()
        while end < size {
            guard let frame = try Segment.header(in: file, at: end), frame.firstPosition == lastPosition + 1,
                end + frame.totalCount <= size,
                try end + frame.totalCount < size || opens(frame, of: segment, encryption: encryption)
            else { return try cutTail(of: segment, size: size) }
            end += frame.totalCount
            lastPosition = frame.lastPosition
            newest = max(newest ?? frame.newest, frame.newest)
        }
        // A complete frame may still be only in the operating system's cache.
        try file.sync()
    }

    /// - Throws: ``FileFailure``: a temporary read error must not cut off a receipt.
    private func opens(_ frame: FrameHeader, of segment: Segment, encryption: RecordEncryption) throws -> Bool {
        do {
            _ = try segment.receipts(of: frame, in: file, at: end, encryption: encryption)
            return true
        } catch let failure as FileFailure {
            throw failure
        } catch {
            // The reason does not matter: it is the last frame, so it was never acknowledged.
            return false
        }
    }

    private mutating func cutTail(of segment: Segment, size: Int) throws {
        let tail = try file.read(at: end + 1, count: size - end - 1)
        guard !Self.holdsFrame(tail, after: lastPosition) else {
            throw Damage("segment \(segment.number) is damaged at byte \(end), before its end")
        }
        try file.truncate(to: end)
        try file.sync()
        tornBytes += size - end
    }

    /// Whether these bytes contain a complete frame header of a later receipt.
    private static func holdsFrame(_ bytes: [UInt8], after position: InboxPosition = 0) -> Bool {
        var start = 0
        while let index = bytes[start...].firstIndex(of: FrameHeader.magic[0]) {
            let end = min(index + FrameHeader.byteCount, bytes.count)
            if let frame = FrameHeader.decoded(Array(bytes[index..<end])), frame.firstPosition > position {
                return true
            }
            start = index + 1
        }
        return false
    }
}
