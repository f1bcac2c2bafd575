import Commerce
import Sync

extension StoreConformance {
    /// Five records: 1 and 2 in the stock lane, 3 and 4 in the orders lane, 5 asleep.
    private static func withWork(_ opening: Opening) throws -> any Store {
        let store = try opening()
        try store.commit(
            Sample.commit(1) {
                $0.records = [
                    Sample.change(Sample.record(1), wakeAt: Sample.start + .seconds(1), lane: .stock),
                    Sample.change(Sample.record(2), wakeAt: Sample.start, lane: .stock),
                    Sample.change(Sample.record(3), wakeAt: Sample.start + .seconds(2), lane: .orders),
                    Sample.change(Sample.record(4), wakeAt: Sample.start + .seconds(60), lane: .orders),
                    Sample.change(Sample.record(5)),
                ]
            })
        return store
    }

    private static func numbers(_ claim: Claim) -> [Int] {
        claim.records.compactMap { record in (1...9).first { Sample.key($0) == record.key } }
    }

    /// When the next of each lane's records is due that the claim did not bring.
    private static func nextDue(_ claim: Claim) -> [Lane: Instant] {
        let left = claim.backlogs.compactMap { backlog in backlog.nextDueAt.map { (backlog.station.lane, $0) } }
        return Dictionary(left, uniquingKeysWith: { first, _ in first })
    }

    static let workCases: [Case] = [
        Case("A6 due records come by station, then time, at most as many as asked for") { opening in
            let store = try withWork(opening)
            let now = Sample.start + .seconds(2)
            let all = try store.claim(ClaimRequest(id: 1, stations: Sample.demands(9), now: now))
            try expectEqual(numbers(all), [3, 2, 1], "due")
            try expectEqual(nextDue(all), [.orders: Sample.start + .seconds(60)], "what is left")
            try expectEqual(all.backlogs.map(\.station), Sample.demands(9).map(\.station), "one for each demand")
            try expectEqual(all.records.first, Sample.record(3), "a due record is whole")
            try expectEqual(
                all.work[Sample.key(3)],
                [WaitingWork(Station(.plan, lane: .orders), dueAt: Sample.start + .seconds(2))], "where it waits")
            let one = try store.claim(ClaimRequest(id: 2, stations: Sample.demands(1), now: now))
            try expectEqual(numbers(one), [3, 2], "the first of each")
            try expectEqual(nextDue(one)[.stock], Sample.start + .seconds(1), "one more is due")
            let none = try store.claim(ClaimRequest(id: 3, stations: Sample.demands(0), now: now))
            try expect(none.records.isEmpty, "none asked for")
            try expectEqual(nextDue(none)[.stock], Sample.start, "yet they are due")
            try expectEqual(try store.claim(ClaimRequest(id: 5, now: now)).backlogs, [], "nothing asked for")
            let early = try store.claim(
                ClaimRequest(id: 4, stations: Sample.demands(9), now: Sample.start - .seconds(1)))
            try expect(early.records.isEmpty, "nothing is due early")
            try expectEqual(nextDue(early)[.stock], Sample.start, "the first")
        },
        Case("law 5 a record waits at several stations, is claimed for one and counted at each, also after a crash") {
            opening in
            var store = try opening()
            let (events, rows) = (
                Station(.deliver, at: "crm", channel: "events", lane: .orders),
                Station(.deliver, at: "crm", channel: "catalog:orders", lane: .attributes)
            )
            func change(_ number: Int, _ generation: Int64, _ work: [WaitingWork]) -> RecordChange {
                var record = Sample.record(number)
                record.generation = generation
                return RecordChange(record: record, truthChanged: true, work: work, counts: RecordCounts())
            }
            try store.commit(
                Sample.commit(1) {
                    $0.records = [
                        change(
                            1, 1, [WaitingWork(events, dueAt: Sample.start), WaitingWork(rows, dueAt: Sample.start)]),
                        change(2, 1, [WaitingWork(rows, dueAt: Sample.start + .seconds(1))]),
                        change(3, 1, [WaitingWork(events, dueAt: Sample.start + .seconds(2))]),
                    ]
                })
            store = try opening()
            let counts = [
                StationCount(events, records: 2, nextDueAt: Sample.start),
                StationCount(rows, records: 2, nextDueAt: Sample.start),
            ]
            try expectEqual(try store.status().stations, counts, "the status")
            let now = Sample.start + .seconds(5)
            let sick = try store.claim(
                ClaimRequest(id: 1, stations: [StationDemand(rows, recordsMax: 9)], now: now))
            try expectEqual(numbers(sick), [1, 2], "what waits at one station")
            let both = try store.claim(
                ClaimRequest(
                    id: 2, stations: [StationDemand(events, recordsMax: 1), StationDemand(rows, recordsMax: 1)],
                    now: now))
            try expectEqual(numbers(both), [1, 2], "claimed for the first, it takes no room at the second")
            try expectEqual(both.backlogs.map(\.nextDueAt), [Sample.start + .seconds(2), nil], "left behind")
            try store.commit(
                Sample.commit(2) { $0.records = [change(1, 2, [WaitingWork(rows, dueAt: Sample.start)])] })
            store = try opening()
            try expectEqual(try store.status().stations.map(\.records), [1, 2], "after one was done")
            try expectEqual(
                numbers(
                    try store.claim(ClaimRequest(id: 3, stations: [StationDemand(events, recordsMax: 9)], now: now))),
                [3], "the other stays")
        },
        Case("A6 equal lanes and times come by key, so that every run is the same (law 1)") { opening in
            let store = try opening()
            try store.commit(
                Sample.commit(1) { commit in
                    commit.records = [4, 2, 9, 1].map { Sample.change(Sample.record($0), wakeAt: Sample.start) }
                })
            try expectEqual(
                numbers(try store.claim(ClaimRequest(id: 1, stations: Sample.demands(3), now: Sample.start))),
                [1, 2, 4], "by key")
        },
        Case("A6 what the engine holds is not due, counts for no backlog, and is given when named") { opening in
            let store = try withWork(opening)
            let now = Sample.start + .seconds(1)
            var request = ClaimRequest(
                id: 1, stations: Sample.demands(1), now: now, excluding: [Sample.key(2), Sample.key(3)])
            var claim = try store.claim(request)
            try expectEqual(numbers(claim), [1], "due and not excluded")
            try expectEqual(nextDue(claim), [.orders: Sample.start + .seconds(60)], "what is not excluded")
            request.keys = [Sample.key(5), Sample.key(2), Sample.key(1), Sample.key(77), Sample.key(5)]
            claim = try store.claim(request)
            try expectEqual(numbers(claim), [1, 5, 2], "due, then named, each once; the unknown one is no error")
        },
        Case("A6 a record wakes, changes its lane and goes to sleep with its newest commit, also after a crash") {
            opening in
            var store = try withWork(opening)
            var third = Sample.record(3)
            third.generation = 2
            var first = Sample.record(1)
            first.generation = 2
            try store.commit(
                Sample.commit(2) {
                    $0.records = [
                        Sample.change(third),
                        Sample.change(first, truthChanged: false, wakeAt: Sample.start + .seconds(1), lane: .identity),
                    ]
                })
            store = try opening()
            let claim = try store.claim(
                ClaimRequest(id: 1, stations: Sample.demands(9), now: Sample.start + .seconds(90)))
            try expectEqual(numbers(claim), [4, 1, 2], "due")
            try expectEqual(nextDue(claim), [:], "nothing later")
            try expectEqual(try store.status().nextWake, Sample.start, "the earliest wake, come or not")
        },
    ]
}
