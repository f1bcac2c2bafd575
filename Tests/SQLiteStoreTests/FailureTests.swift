import Commerce
import Foundation
@testable import SQLiteStore
import Sync
import Testing

/// Each runs in a process of its own: a limit on file sizes and a kill concern a whole process.
@Suite("SQLite store: failures of the machine")
struct FailureTests {
    static let now = Instant(seconds: 1_795_000_000)

    @Test("A1 law 2 an append that the disk refuses counts for nothing, and the next one that it takes counts")
    func fullDiskAtIngest() async throws {
        await #expect(processExitsWith: .success) {
            let disk = TemporaryStore()
            let store = try disk.open()
            #expect(try store.append([.sample(1)]) == [1])
            let size = try disk.bytes(try #require(disk.segments().first)).count
            // Not even a frame's header and the shortest sealed value fit.
            try limitFiles(to: size + 50)
            for number in 2...4 {
                let failure = #expect(throws: StoreFailure.self) { try store.append([.sample(number, bytes: 9_000)]) }
                #expect(failure?.code == .unavailable)
                #expect(try store.status().inbox == 1)
                #expect(try disk.bytes(try #require(disk.segments().first)).count == size)
            }
            try limitFiles(to: nil)
            #expect(try store.append([.sample(5, bytes: 9_000)]) == [2])
            let again = try disk.open()
            #expect(again.recovery.tornBytes == 0)
            let claim = try again.claim(ClaimRequest(id: 1, receiptsMax: 9, now: FailureTests.now))
            #expect(claim.receipts.map(\.receipt) == [.sample(1), .sample(5, bytes: 9_000)])
        }
    }

    @Test("A1 a commit that the disk refuses leaves nothing, and the same commit goes through later")
    func fullDiskAtCommit() async throws {
        await #expect(processExitsWith: .success) {
            let disk = TemporaryStore()
            let store = try disk.open()
            var commit = Commit(id: 1)
            let key = EntityKey(connection: "shop", kind: .order, id: "1")
            commit.trace = (1...20_000).map {
                TraceItem(at: FailureTests.now, kind: .decision, entity: key, detail: "item \($0) of a very long story")
            }
            try limitFiles(to: 100_000)
            let failure = #expect(throws: StoreFailure.self) { try store.commit(commit) }
            #expect(failure?.code == .unavailable)
            #expect(try store.trace(TraceQuery(entities: [key])).isEmpty)
            try limitFiles(to: nil)
            for _ in 1...2 { try store.commit(commit) }
            #expect(try disk.open().trace(TraceQuery(entities: [key], limit: 50_000)).count == 20_000)
        }
    }

    @Test("A1 what was acknowledged and committed is there after a kill")
    func kill() async throws {
        let disk = TemporaryStore()
        await #expect(processExitsWith: .signal(SIGKILL)) { [folder = disk.folder as String] in
            let store = try SQLiteStore.open(folder: folder, keyring: try TemporaryStore.keyring())
            _ = try store.append([.sample(1), .sample(2)])
            var commit = Commit(id: 1)
            commit.inboxPosition = 1
            commit.settings = [.init("poll", "cursor")]
            try store.commit(commit)
            _ = try store.append([.sample(3)])
            Foundation.kill(getpid(), SIGKILL)
        }
        let store = try disk.open()
        #expect(try store.status().setting("poll") == "cursor")
        let claim = try store.claim(ClaimRequest(id: 1, receiptsMax: 9, now: Self.now))
        #expect(claim.receipts.map(\.receipt) == [.sample(2), .sample(3)])
    }
}

/// No file of this process may grow beyond this; `nil` for as large as allowed from outside.
private func limitFiles(to bytes: Int?) throws {
    signal(SIGXFSZ, SIG_IGN)
    var limit = rlimit()
    #expect(getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
    limit.rlim_cur = bytes.map(rlim_t.init) ?? limit.rlim_max
    #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
}
