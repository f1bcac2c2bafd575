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

    static let workCases: [Case] = [
        Case("A6 due records come by lane, then time, at most as many as asked for") { opening in
            let store = try withWork(opening)
            let now = Sample.start + .seconds(2)
            let all = try store.claim(ClaimRequest(id: 1, dueMax: 9, now: now))
            try expectEqual(numbers(all), [3, 2, 1], "due")
            try expect(!all.moreDue, "nothing else is due")
            try expectEqual(all.nextWake, Sample.start + .seconds(60), "the next wake")
            try expectEqual(all.records.first, Sample.record(3), "a due record is whole")
            let two = try store.claim(ClaimRequest(id: 2, dueMax: 2, now: now))
            try expectEqual(numbers(two), [3, 2], "the first two")
            try expect(two.moreDue, "one more is due")
            let none = try store.claim(ClaimRequest(id: 3, now: now))
            try expect(none.records.isEmpty && none.moreDue, "none asked for, yet they are due")
            let early = try store.claim(ClaimRequest(id: 4, dueMax: 9, now: Sample.start - .seconds(1)))
            try expect(early.records.isEmpty && !early.moreDue, "nothing is due early")
            try expectEqual(early.nextWake, Sample.start, "the first wake")
        },
        Case("A6 equal lanes and times come by key, so that every run is the same (law 1)") { opening in
            let store = try opening()
            try store.commit(
                Sample.commit(1) { commit in
                    commit.records = [4, 2, 9, 1].map { Sample.change(Sample.record($0), wakeAt: Sample.start) }
                })
            try expectEqual(
                numbers(try store.claim(ClaimRequest(id: 1, dueMax: 3, now: Sample.start))), [1, 2, 4], "by key")
        },
        Case("A6 what the engine holds is not due, counts for no wake, and is given when named") { opening in
            let store = try withWork(opening)
            let now = Sample.start + .seconds(1)
            var request = ClaimRequest(id: 1, dueMax: 1, now: now, excluding: [Sample.key(2), Sample.key(3)])
            var claim = try store.claim(request)
            try expectEqual(numbers(claim), [1], "due and not excluded")
            try expect(!claim.moreDue, "the excluded one does not count")
            try expectEqual(claim.nextWake, Sample.start + .seconds(60), "the wake of what is not excluded")
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
            let claim = try store.claim(ClaimRequest(id: 1, dueMax: 9, now: Sample.start + .seconds(90)))
            try expectEqual(numbers(claim), [4, 1, 2], "due")
            try expectEqual(claim.nextWake, nil, "nothing later")
            try expectEqual(try store.status().nextWake, Sample.start, "the earliest wake, come or not")
        },
    ]
}
