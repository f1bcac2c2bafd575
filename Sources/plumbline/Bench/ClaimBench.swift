import Commerce
import Foundation
import JSON
import Server
import Sync

/// One claim of due work in a store where ever more waits.
struct ClaimBench: Sendable {
    let to: Int
    private static let recordsPerCommit = 500
    private static let claims = 20
    private static let limits = EngineLimits()
    private static let columns = [
        "records", "claim p50 ms", "claim max ms", "with held p50 ms", "with held max ms", "baseline by key p50 ms",
        "status p50 ms", "fill records/s", "disk MB",
    ]

    func run() async throws -> BenchTable {
        let folder = try BenchInstallation.newFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let sample = try await sampleOfWaiting(in: folder)
        let configuration = try BenchInstallation.configuration(in: folder, BenchSettings(crm: BenchSettings.nowhere))
        let open = try Installation(configuration).openStore()
        defer { open.close() }
        var table = BenchTable(Self.columns)
        var filler = Filler(sample: sample, now: ServerClock.wall.now())
        var size = 1_000
        while size <= to {
            let start = ContinuousClock.now
            let added = size - filler.records
            try filler.fill(open.store, to: size)
            let perSecond = Double(added) / ((ContinuousClock.now - start).milliseconds / 1_000)
            table.rows.append(try measure(open.store, filler, perSecond: perSecond, folder))
            Output.printError("claim: \(size) of \(to)")
            size = size < to && size * 10 > to ? to : size * 10
        }
        return table
    }

    /// An order and its buyer as a server leaves them that cannot reach the destination.
    private func sampleOfWaiting(in folder: URL) async throws -> (order: EntityRecord, person: EntityRecord) {
        let orders = BenchOrders(count: 1)
        let settings = BenchSettings(crm: BenchSettings.nowhere)
        let installation = try BenchInstallation(folder: folder, settings)
        try await IngestBench.during(installation.server) {
            let port = await installation.port()
            let requests = orders.requests(path: BenchSystem.webhookPath)
            _ = try await LoadGenerator(port: port, connections: 1).run { $0 < requests.count ? requests[$0] : nil }
            let client = installation.client(port)
            for _ in 0..<500 {
                let answer = try await client.get("/api/v1/settled")
                if answer["inbox"]?.int64 == 0, answer["unsent"]?.int64 ?? 0 > 0 { return }
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        let open = try Installation(try BenchInstallation.configuration(in: folder, settings)).openStore()
        defer { open.close() }
        let key = EntityKey(connection: "shop", kind: .order, id: orders.ids[0])
        guard let order = try open.store.records([key]).first, let owner = order.truth.belongsTo,
            let person = try open.store.records([owner]).first
        else { throw BenchSystem.Failure(description: "the server stored no order with a buyer") }
        return (order, person)
    }

    private func measure(
        _ store: any Store, _ filler: Filler, perSecond: Double, _ folder: URL
    ) throws -> [BenchTable.Cell] {
        let now = filler.now
        let due = Self.limits.recordsPerClaim
        let held = Set(
            try store.claim(ClaimRequest(id: 1, stations: Self.demands(Self.limits.recordsHeldMax), now: now)).records
                .map(\.key))
        // One in two is due.
        let expected = min(due, filler.records / 2)
        guard held.count >= expected else {
            throw BenchSystem.Failure(description: "a claim brings \(held.count) records instead of \(expected)")
        }
        let free = try times { _ = try store.claim(ClaimRequest(id: 1, stations: Self.demands(due), now: now)) }
        let full = try times {
            _ = try store.claim(ClaimRequest(id: 1, stations: Self.demands(due), now: now, excluding: held))
        }
        let keys = filler.keys(due)
        let named = try times { _ = try store.claim(ClaimRequest(id: 1, now: .init(microseconds: 0), keys: keys)) }
        let status = try times { _ = try store.status() }
        return [
            .count(filler.records), .number(free.percentile(0.5)), .number(free.max() ?? 0),
            .number(full.percentile(0.5)), .number(full.max() ?? 0), .number(named.percentile(0.5)),
            .number(status.percentile(0.5)), .number(perSecond),
            .number(Double(BacklogBench.bytes(in: folder)) / 1_048_576),
        ]
    }

    /// So many records in all, of both stations that are filled.
    private static func demands(_ recordsMax: Int) -> [StationDemand] {
        [Lane.orders, .identity].map { StationDemand(Station(.plan, lane: $0), recordsMax: recordsMax / 2) }
    }

    private func times(_ work: () throws -> Void) throws -> [Double] {
        try (0..<Self.claims).map { _ in
            let start = ContinuousClock.now
            try work()
            return (ContinuousClock.now - start).milliseconds
        }
    }

    /// Copies of an order and its buyer, each under names of its own.
    private struct Filler {
        let sample: (order: EntityRecord, person: EntityRecord)
        let now: Instant
        private(set) var records = 0
        private var commits: Int64 = 0

        init(sample: (order: EntityRecord, person: EntityRecord), now: Instant) {
            self.sample = sample
            self.now = now
        }

        mutating func fill(_ store: any Store, to size: Int) throws {
            while records < size {
                commits += 1
                var commit = Commit(id: commits)
                let end = min(size, records + ClaimBench.recordsPerCommit)
                for number in records..<end { commit.records.append(change(number)) }
                try store.commit(commit)
                records = end
            }
        }

        /// Keys of orders from all over the store: a claim brings their buyers, as it does with those that are due.
        func keys(_ count: Int) -> [EntityKey] {
            let orders = records / 2
            return (0..<count).map { key(of: $0 * max(1, orders / count) % orders * 2) }
        }

        private func key(of number: Int) -> EntityKey {
            var key = number.isMultiple(of: 2) ? sample.order.key : sample.person.key
            key.id = "claim-\(number / 2)"
            return key
        }

        /// Even numbers are orders, odd ones the buyers of the order before; of each two of a kind one is due.
        private func change(_ number: Int) -> RecordChange {
            var record = number.isMultiple(of: 2) ? sample.order : sample.person
            record.key = key(of: number)
            record.generation = 1
            if var order = record.truth.order {
                order.id = record.key.id
                order.name = "#\(number / 2)"
                record.truth.state = .order(order)
                record.truth.belongsTo?.id = record.key.id
            }
            if var person = record.truth.person {
                person.identifiers = ["claim\(number / 2)@example.test"].compactMap(PersonIdentifier.email)
                record.truth.state = .person(person)
            }
            let isDue = (number / 2).isMultiple(of: 2)
            let wake = isDue ? now - .milliseconds(Int64(number % 60_000)) : now + .minutes(60)
            let lane: Lane = number.isMultiple(of: 2) ? .orders : .identity
            let work = [WaitingWork(Station(.plan, lane: lane), dueAt: wake)]
            return RecordChange(record: record, truthChanged: true, work: work, counts: RecordCounts())
        }
    }
}
