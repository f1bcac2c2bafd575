import Commerce
import Foundation
import SQLiteStore
import Sync
import Testing
import Vault

/// Stores that earlier releases wrote. `Fixtures/store-0001` was written by commit b28da70: two orders are told, two
/// wait because the destination answers 503. Its key is 32 bytes `0x5A`.
@Suite("SQLite store: stores of earlier releases")
struct MigrationTests {
    static let key = Data(repeating: 0x5A, count: 32).base64EncodedString()

    /// A copy of a stored folder.
    private static func copy(_ name: String) throws -> String {
        let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
        let folder = FileManager.default.temporaryDirectory.appending(path: "plumbline-\(UUID().uuidString)")
        try FileManager.default.copyItem(at: fixtures.appending(path: name), to: folder)
        return folder.path
    }

    @Test("A1 law 7 a store from before stations keeps everything, and what waited is found at the planning station")
    func beforeStations() throws {
        let folder = try Self.copy("store-0001")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let keyring = try TemporaryStore.keyring(Self.key)
        let store = try SQLiteStore.open(folder: folder, keyring: keyring)
        let status = try store.status()
        let counts = [status.entities, status.unsent, status.ambiguous, status.dirty]
        #expect(counts == [12, 8, 2, 2])
        let stations = status.stations.map { "\($0.station.task.rawValue) \($0.station.lane) \($0.records)" }
        #expect(stations == ["plan orders 8"])
        let demands = [StationDemand(Station(.plan, lane: .orders), recordsMax: 100)]
        let claim = try store.claim(
            ClaimRequest(id: 1, stations: demands, now: Instant(seconds: 2_000_000_000)))
        #expect(claim.work.count == 8 && claim.backlogs.map(\.nextDueAt) == [nil])
        let waiting = claim.records.filter { $0.key.kind == .order && !$0.ledgers.flatMap(\.waiting).isEmpty }
        #expect(waiting.count == 2, "their truth and ledgers open: \(claim.records.map(\.key))")
        let told = try store.records(
            ["75", "82"].map { id in
                EntityKey(connection: "shop", kind: .order, id: "555000000000000\(id)")
            })
        #expect(told.flatMap { $0.ledgers.flatMap(\.acknowledgedKeys) }.count { $0.hasSuffix(":purchase") } == 2)

        // A record goes on as any other, and comes back where it waits now.
        var record = try #require(waiting.first)
        record.generation += 1
        let events = Station(.deliver, at: "crm", channel: "events", lane: .orders)
        var commit = Commit(id: 1)
        commit.records = [
            RecordChange(
                record: record, truthChanged: false, work: [WaitingWork(events, dueAt: Instant(seconds: 1))],
                counts: RecordCounts())
        ]
        try store.commit(commit)
        #expect(try store.status().stations.map(\.records) == [7, 1])
        try store.close()
        let again = try SQLiteStore.open(folder: folder, keyring: keyring)
        #expect(try again.status().stations.map(\.records) == [7, 1])
        try again.close()
    }
}
