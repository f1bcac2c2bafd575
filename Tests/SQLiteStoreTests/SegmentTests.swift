import Commerce
import Foundation
@testable import SQLiteStore
import Sync
import Testing

@Suite("SQLite store: receipt segments")
struct SegmentTests {
    private static let now = Instant(seconds: 1_795_000_000)

    private func receipts(_ store: SQLiteStore, limit: Int = 1_000) throws -> [Receipt] {
        try store.claim(ClaimRequest(id: 1, receiptsMax: limit, now: Self.now)).receipts.map(\.receipt)
    }

    private func consume(_ store: SQLiteStore, to position: InboxPosition) throws {
        var commit = Commit(id: position)
        commit.inboxPosition = position
        try store.commit(commit)
    }

    /// Two appends of two; answers the file's size after the first and after the second.
    private func twoFrames(_ disk: TemporaryStore) throws -> (path: String, first: Int, second: Int) {
        let store = try disk.open()
        let path = try #require(try disk.segments().first)
        _ = try store.append([.sample(1), .sample(2)])
        let first = try disk.bytes(path).count
        _ = try store.append([.sample(3), .sample(4)])
        let second = try disk.bytes(path).count
        try disk.close()
        return (path, first, second)
    }

    @Test("A1 an append cut short anywhere is cut off; what was acknowledged before it stays, and appending goes on")
    func tornTail() throws {
        let disk = TemporaryStore()
        let (path, first, second) = try twoFrames(disk)
        let whole = try disk.bytes(path)
        for size in [first + 1, first + 20, first + 31, first + 32, first + 33, (first + second) / 2, second - 1] {
            try disk.write(Array(whole[..<size]), to: path)
            let store = try disk.open()
            #expect(store.recovery.tornBytes == size - first, "cut at \(size)")
            #expect(try receipts(store) == [.sample(1), .sample(2)], "cut at \(size)")
            #expect(try store.append([.sample(9)]) == [3])
            #expect(try disk.open().status().inbox == 3)
            try disk.close()
        }
    }

    @Test("A1 a last append whose bytes did not all reach the disk is cut off", arguments: [0, 10, 40, 200])
    func failingTag(_ offset: Int) throws {
        let disk = TemporaryStore()
        let (path, first, second) = try twoFrames(disk)
        var bytes = try disk.bytes(path)
        bytes[first + offset] ^= 0xFF
        try disk.write(bytes, to: path)
        let store = try disk.open()
        #expect(store.recovery.tornBytes == second - first)
        #expect(try receipts(store) == [.sample(1), .sample(2)])
    }

    @Test("A1 zeros behind the last append are cut off")
    func zeros() throws {
        let disk = TemporaryStore()
        let (path, _, _) = try twoFrames(disk)
        try disk.write(try disk.bytes(path) + Array(repeating: 0, count: 5_000), to: path)
        let store = try disk.open()
        #expect(store.recovery.tornBytes == 5_000)
        #expect(try receipts(store).count == 4)
    }

    @Test("damage in the middle is no torn end: the store does not open, or says corrupt when it gets there")
    func corruptMiddle() throws {
        let disk = TemporaryStore()
        let (path, first, _) = try twoFrames(disk)
        let whole = try disk.bytes(path)
        // Where the first frame begins: at its magic.
        let begin = try #require(Data(whole).range(of: Data("FRAM".utf8))?.lowerBound)
        for offset in [0, 5, 9, 30] {
            var bytes = whole
            bytes[begin + offset] ^= 0xFF
            try disk.write(bytes, to: path)
            let failure = #expect(throws: StoreOpenFailure.self, "header byte \(offset)") { try disk.open() }
            #expect(failure?.code == .corrupt)
            #expect(try disk.bytes(path) == bytes, "nothing is cut off")
        }
        var bytes = whole
        bytes[first - 3] ^= 0xFF
        try disk.write(bytes, to: path)
        let damaged = try disk.open()
        let failure = #expect(throws: StoreFailure.self) { try receipts(damaged) }
        #expect(failure?.code == .corrupt)
    }

    @Test("a segment whose creation was cut short is made anew")
    func tornCreation() throws {
        let disk = TemporaryStore()
        let (path, _, _) = try twoFrames(disk)
        for size in [0, 7, 40] {
            try disk.write(Array(try disk.bytes(path)[..<size]), to: disk.folder + "/receipts/00000002.segment")
            let store = try disk.open()
            #expect(store.recovery.tornBytes == size)
            #expect(try disk.segments().count == 1)
            #expect(try store.status().inbox == 4)
            try disk.close()
        }
    }

    @Test("receipts that the state has consumed and the folder does not hold are damage")
    func lostSegments() throws {
        let disk = TemporaryStore()
        let (path, first, _) = try twoFrames(disk)
        let store = try disk.open()
        try consume(store, to: 4)
        try disk.close()
        try disk.write(Array(try disk.bytes(path)[..<first]), to: path)
        #expect(throws: StoreOpenFailure.self) { try disk.open() }
        try FileManager.default.removeItem(atPath: path)
        #expect(throws: StoreOpenFailure.self) { try disk.open() }
    }

    /// Small segments and frames, so that a few receipts make many of them.
    private func openSmall(_ disk: TemporaryStore) throws -> SQLiteStore {
        var limits = SegmentLog.Limits()
        limits.segmentBytesMax = 2_000
        limits.frameBytesMax = 1_500
        limits.claimBytesMax = 20_000
        return try SQLiteStore.open(folder: disk.folder, keyring: try TemporaryStore.keyring(), limits: limits)
    }

    @Test("law 5 segments follow one another, frames and claims are bounded, and all is read back in order")
    func manySegments() throws {
        let disk = TemporaryStore()
        let all = (1...100).map { Receipt.sample($0) }
        for start in stride(from: 0, to: 100, by: 10) {
            let store = try openSmall(disk)
            #expect(
                try store.append(Array(all[start..<start + 10])) == (start + 1...start + 10).map(InboxPosition.init))
            try store.close()
        }
        let store = try openSmall(disk)
        defer { try? store.close() }
        #expect(store.segmentCount > 3)
        var position: InboxPosition = 0
        while position < 100 {
            let claim = try store.claim(ClaimRequest(id: 1, receiptsMax: 1_000, now: Self.now))
            #expect(claim.receipts.count <= 40)
            #expect(claim.receipts.first?.position == position + 1)
            #expect(claim.receipts.map(\.receipt) == claim.receipts.map { all[Int($0.position) - 1] })
            position = try #require(claim.receipts.last?.position)
            #expect(claim.moreReceipts == (position < 100))
            try consume(store, to: position)
        }
    }

    @Test("law 9 receipts age out by whole segments, also a quiet last one; what waits stays")
    func prune() throws {
        let disk = TemporaryStore()
        let store = try openSmall(disk)
        defer { try? store.close() }
        for number in 1...40 { _ = try store.append([.sample(number)]) }
        let segments = store.segmentCount
        let time = { (number: Int) in Receipt.sample(number).receivedAt }
        try store.prune(receiptsBefore: time(99), traceBefore: time(0))
        #expect(store.segmentCount == segments, "nothing is consumed")
        try consume(store, to: 20)
        try store.prune(receiptsBefore: time(10), traceBefore: time(0))
        #expect(store.segmentCount < segments)
        #expect(try receipts(store, limit: 1) == [.sample(21)])
        try store.prune(receiptsBefore: time(99), traceBefore: time(0))
        #expect(try receipts(store, limit: 1) == [.sample(21)])
        try consume(store, to: 40)
        try store.prune(receiptsBefore: time(40), traceBefore: time(0))
        #expect(try disk.segments().count >= 1)
        try store.prune(receiptsBefore: time(41), traceBefore: time(0))
        #expect(try disk.segments().count == 1)
        #expect(try store.append([.sample(41)]) == [41])
        #expect(try receipts(store) == [.sample(41)])
        try store.close()
        let again = try openSmall(disk)
        defer { try? again.close() }
        #expect(try receipts(again) == [.sample(41)])
    }
}
