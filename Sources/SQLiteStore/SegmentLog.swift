import Commerce
import Sync
import Synchronization
import Vault

/// The inbox: receipts in segment files, appended once and never changed.
///
/// One writer at a time. A reader sees only durable receipts and never waits for the writer's disk access. Commits do
/// not wait for ingest (docs/architecture.md, law 2): segments and state are different files with different locks.
final class SegmentLog: Sendable {
    struct Limits: Sendable {
        /// At this size the log starts a new segment. Pruning deletes whole segments, so a segment should span hours,
        /// not weeks.
        var segmentBytesMax = 64 << 20
        /// An append is split into frames of about this many plain bytes, which is the memory needed to read one frame.
        var frameBytesMax = 8 << 20
        /// A claim ends early once its bodies reach this size, so that its memory is bounded whatever their sizes.
        var claimBytesMax = 16 << 20
    }

    /// What the reader may see.
    struct Published {
        /// Oldest first; never empty.
        var segments: [Segment]
        var lastPosition: InboxPosition
        /// When the newest receipt arrived; `nil` before the first.
        var newest: Instant?
    }

    private struct Writer {
        /// The last segment's.
        var file: OpenFile
        /// Where the next frame goes in the last segment.
        var end: Int
        /// The last segment could not be truncated to a known end: the next append starts a new segment.
        var mustRoll = false
        var isClosed = false
    }

    private struct Reader {
        /// The frame in which the last read began.
        var place: Place?
        /// The file that was read last.
        var opened: (segment: Int64, file: OpenFile)?
        /// The frame that was decoded last.
        var decoded: (firstPosition: InboxPosition, receipts: [Receipt])?
    }

    private struct Place {
        var segment: Int64
        var offset: Int
        var firstPosition: InboxPosition

        init(_ segment: Segment) {
            self.segment = segment.number
            offset = segment.framesOffset
            firstPosition = segment.firstPosition
        }
    }

    private let folder: String
    private let encryption: RecordEncryption
    private let limits: Limits
    private let writer: Mutex<Writer>
    private let published: Mutex<Published>
    private let reader = Mutex(Reader())

    init(folder: String, recovered: SegmentRecovery, encryption: RecordEncryption, limits: Limits) {
        self.folder = folder
        self.encryption = encryption
        self.limits = limits
        writer = Mutex(Writer(file: recovered.file, end: recovered.end))
        published = Mutex(
            Published(
                segments: recovered.segments, lastPosition: recovered.lastPosition, newest: recovered.newest))
    }

    func close() { writer.withLock { $0.isClosed = true } }

    var lastPosition: InboxPosition { published.withLock { $0.lastPosition } }
    var newest: Instant? { published.withLock { $0.newest } }
    var segmentCount: Int { published.withLock { $0.segments.count } }

    // MARK: Appending

    /// Durable on return.
    func append(_ receipts: [Receipt]) throws(StoreFailure) -> [InboxPosition] {
        guard !receipts.isEmpty else { return [] }
        let result: Result<[InboxPosition], StoreFailure> = writer.withLock { writer in
            guard !writer.isClosed else { return .failure(StoreFailure(.unavailable, "the store is closed")) }
            do {
                if writer.mustRoll || writer.end >= limits.segmentBytesMax { try roll(&writer) }
                return .success(try write(receipts, &writer))
            } catch {
                return .failure(StoreFailure(error))
            }
        }
        return try result.get()
    }

    private func write(_ receipts: [Receipt], _ writer: inout Writer) throws -> [InboxPosition] {
        var view = published.withLock { $0 }
        let segment = view.segments[view.segments.count - 1]
        let first = view.lastPosition + 1
        let start = writer.end
        do {
            for group in shared(receipts) {
                let frame = try write(group, at: view.lastPosition + 1, segment, &writer)
                view.lastPosition = frame.lastPosition
                view.newest = max(view.newest ?? frame.newest, frame.newest)
            }
        } catch {
            takeBack(to: start, &writer)
            throw error
        }
        published.withLock { $0 = view }
        return Array(first...view.lastPosition)
    }

    private func write(
        _ group: ArraySlice<Receipt>, at position: InboxPosition, _ segment: Segment, _ writer: inout Writer
    ) throws -> FrameHeader {
        let newest = group.map(\.receivedAt).max() ?? group[group.startIndex].receivedAt
        var frame = FrameHeader(sealedCount: 0, firstPosition: position, receiptCount: group.count, newest: newest)
        let place = frame.place(segment: segment.number, offset: writer.end)
        let sealed = try encryption.seal(ReceiptCoding.encoded(group), segment.key, place: place)
        frame.sealedCount = sealed.count
        try writer.file.write(frame.encoded() + sealed, at: writer.end)
        // Each frame is synced on its own, so that only the last one can be torn.
        try writer.file.sync()
        writer.end += frame.totalCount
        return frame
    }

    private func shared(_ receipts: [Receipt]) -> [ArraySlice<Receipt>] {
        var groups: [ArraySlice<Receipt>] = []
        var start = 0
        var weight = 0
        for (index, receipt) in receipts.enumerated() {
            if index > start, weight + ReceiptCoding.weight(receipt) > limits.frameBytesMax {
                groups.append(receipts[start..<index])
                (start, weight) = (index, 0)
            }
            weight += ReceiptCoding.weight(receipt)
        }
        groups.append(receipts[start...])
        return groups
    }

    /// Removes all traces of a failed append: the sender will send again, and its positions will be reused.
    private func takeBack(to end: Int, _ writer: inout Writer) {
        do {
            try writer.file.truncate(to: end)
            try writer.file.sync()
            writer.end = end
        } catch {
            // A segment ends at the next one's first position, so leftover bytes in this one are never read.
            writer.mustRoll = true
        }
    }

    private func roll(_ writer: inout Writer) throws {
        let view = published.withLock { $0 }
        let (segment, file) = try Segment.create(
            in: folder, number: view.segments[view.segments.count - 1].number + 1, firstPosition: view.lastPosition + 1,
            newestBefore: view.newest, encryption: encryption)
        published.withLock { $0.segments.append(segment) }
        writer.file = file
        writer.end = segment.framesOffset
        writer.mustRoll = false
    }

    // MARK: Reading

    /// Receipts after a position: at most `limit`, fewer if their bodies are large.
    func read(after position: InboxPosition, limit: Int) throws(StoreFailure) -> [(InboxPosition, Receipt)] {
        let view = published.withLock { $0 }
        guard limit > 0, position < view.lastPosition else { return [] }
        let result: Result<[(InboxPosition, Receipt)], StoreFailure> = reader.withLock { reader in
            do {
                return .success(try read(from: position + 1, limit: limit, view, &reader))
            } catch {
                return .failure(StoreFailure(error))
            }
        }
        return try result.get()
    }

    private func read(
        from first: InboxPosition, limit: Int, _ view: Published, _ reader: inout Reader
    ) throws -> [(InboxPosition, Receipt)] {
        var found: [(InboxPosition, Receipt)] = []
        var weight = 0
        var place = try start(for: first, view, reader)
        var isFirst = true
        while place.firstPosition <= view.lastPosition {
            let index = Int(place.segment - view.segments[0].number)
            if index + 1 < view.segments.count, view.segments[index + 1].firstPosition == place.firstPosition {
                place = Place(view.segments[index + 1])
                continue
            }
            let segment = view.segments[index]
            let file = try open(segment, &reader)
            guard let frame = try Segment.header(in: file, at: place.offset), frame.firstPosition == place.firstPosition
            else {
                throw StoreFailure(.corrupt, "segment \(segment.number) has no frame at byte \(place.offset)")
            }
            if frame.lastPosition >= first {
                if isFirst { reader.place = place }
                isFirst = false
                for (offset, receipt) in try decoded(frame, place, segment, file, &reader).enumerated() {
                    let position = frame.firstPosition + InboxPosition(offset)
                    if position < first { continue }
                    weight += ReceiptCoding.weight(receipt)
                    if found.count == limit || (!found.isEmpty && weight > limits.claimBytesMax) { return found }
                    found.append((position, receipt))
                }
            }
            place.offset += frame.totalCount
            place.firstPosition = frame.lastPosition + 1
        }
        return found
    }

    /// The nearest known frame at or before a position. Reads continue from the last one, so this takes a step or two.
    private func start(for position: InboxPosition, _ view: Published, _ reader: Reader) throws -> Place {
        if let place = reader.place, place.firstPosition <= position, place.segment >= view.segments[0].number {
            return place
        }
        guard let segment = view.segments.last(where: { $0.firstPosition <= position }) else {
            throw StoreFailure(.corrupt, "receipt \(position) is before the first segment")
        }
        return Place(segment)
    }

    private func open(_ segment: Segment, _ reader: inout Reader) throws -> OpenFile {
        if let opened = reader.opened, opened.segment == segment.number { return opened.file }
        let file = try OpenFile(reading: segment.path)
        reader.opened = (segment.number, file)
        return file
    }

    private func decoded(
        _ frame: FrameHeader, _ place: Place, _ segment: Segment, _ file: OpenFile, _ reader: inout Reader
    ) throws -> [Receipt] {
        if let decoded = reader.decoded, decoded.firstPosition == frame.firstPosition { return decoded.receipts }
        let receipts: [Receipt]
        do {
            receipts = try segment.receipts(of: frame, in: file, at: place.offset, encryption: encryption)
        } catch let error as VaultError {
            throw StoreFailure(
                .corrupt,
                "receipts of segment \(segment.number) at byte \(place.offset) cannot be decrypted: "
                    + error.code.rawValue)
        }
        reader.decoded = (frame.firstPosition, receipts)
        return receipts
    }

    // MARK: Pruning

    /// Deletes segments that are fully consumed and whose newest receipt is older than the given time. If the last
    /// segment is that old, starts an empty one first, so that bodies age out even if no new receipts arrive.
    func prune(before time: Instant, consumed: InboxPosition) throws(StoreFailure) {
        let result: Result<Void, StoreFailure> = writer.withLock { writer in
            guard !writer.isClosed else { return .failure(StoreFailure(.unavailable, "the store is closed")) }
            do {
                let view = published.withLock { $0 }
                let isEmpty = view.segments[view.segments.count - 1].firstPosition > view.lastPosition
                if !isEmpty, consumed >= view.lastPosition, view.newest.map({ $0 < time }) ?? false {
                    try roll(&writer)
                }
                return .success(try deleteFirst(before: time, consumed: consumed))
            } catch {
                return .failure(StoreFailure(error))
            }
        }
        try result.get()
    }

    private func deleteFirst(before time: Instant, consumed: InboxPosition) throws {
        while true {
            let segments = published.withLock { $0.segments }
            guard segments.count > 1, segments[1].firstPosition - 1 <= consumed else { return }
            // Without a time the first segment is empty: no receipt ever arrived.
            guard segments[1].newestBefore.map({ $0 < time }) ?? true else { return }
            published.withLock { _ = $0.segments.removeFirst() }
            try OpenFile.remove(segments[0].path)
            // Deletes in order: a gap in the sequence would count as damage.
            try OpenFile.syncFolder(folder)
        }
    }
}
