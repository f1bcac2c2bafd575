import Commerce
import Sync

/// What people see: status, traces, exceptions.
extension StoreConformance {
    private static func counts(_ number: Int, waiting: [Reason]) -> RecordCounts {
        var counts = RecordCounts()
        counts.dirty = 1
        counts.unsent = 2 * number
        counts.ambiguous = 3 * number
        counts.readBacks = 4 * number
        counts.holds = 5 * number
        counts.waiting = waiting
        counts.oldestUntold = Sample.start + .seconds(Int64(number))
        return counts
    }

    static let peopleCases: [Case] = [
        Case("A14 the status adds up the newest counts of every record, also after a crash") { opening in
            var store = try opening()
            try store.commit(
                Sample.commit(1) {
                    $0.records = [
                        Sample.change(
                            Sample.record(1), wakeAt: Sample.start + .seconds(9),
                            counts: counts(1, waiting: [.stageObserve, .rateMissing, .stageObserve])),
                        Sample.change(
                            Sample.record(2), wakeAt: Sample.start + .seconds(5),
                            counts: counts(10, waiting: [.stageObserve, .refused])),
                    ]
                })
            let status = try store.status()
            try expectEqual(
                [status.entities, status.dirty, status.unsent, status.ambiguous, status.readBacks, status.holds],
                [2, 2, 22, 33, 44, 55], "sums")
            try expectEqual(
                status.waiting.map { "\($0.reason.rawValue) \($0.count)" },
                ["rate_missing 1", "refused 1", "stage_observe 3"], "waiting")
            try expectEqual(status.nextWake, Sample.start + .seconds(5), "the next wake")
            try expectEqual(status.oldestUntold, Sample.start + .seconds(1), "the oldest untold")
            var first = Sample.record(1)
            first.generation = 2
            try store.commit(Sample.commit(2) { $0.records = [Sample.change(first, truthChanged: false)] })
            store = try opening()
            let later = try store.status()
            try expectEqual(
                [later.entities, later.dirty, later.unsent, later.ambiguous, later.readBacks, later.holds],
                [2, 1, 20, 30, 40, 50], "sums after a change")
            try expectEqual(
                later.waiting.map { "\($0.reason.rawValue) \($0.count)" }, ["refused 1", "stage_observe 1"],
                "waiting after a change")
            try expectEqual(later.oldestUntold, Sample.start + .seconds(10), "the oldest untold after a change")
        },
        Case("A12 a trace tells the story of its entities in order, the newest when there is more") { opening in
            let store = try opening()
            try store.commit(
                Sample.commit(1) {
                    $0.trace = [
                        Sample.trace("d", at: 3, of: 1), Sample.trace("a", at: 1, of: 1),
                        Sample.trace("b", at: 2, of: 2), Sample.trace("ownerless", at: 2, of: nil),
                    ]
                })
            try store.commit(
                Sample.commit(2) { $0.trace = [Sample.trace("c", at: 2, of: 1), Sample.trace("other", at: 2, of: 3)] })
            let again = try opening()
            let both = [Sample.key(2), Sample.key(1)]
            func details(_ query: TraceQuery) throws -> [String] { try again.trace(query).map(\.detail) }
            try expectEqual(try details(TraceQuery(entities: both)), ["a", "b", "c", "d"], "the story")
            try expectEqual(try details(TraceQuery(entities: both, limit: 2)), ["c", "d"], "its end")
            try expectEqual(
                try details(TraceQuery(entities: [Sample.key(1), Sample.key(1)])), ["a", "c", "d"], "each once")
            try expectEqual(try details(TraceQuery(entities: [])), [], "no entity, no trace")
            try expectEqual(
                try again.trace(TraceQuery(entities: [Sample.key(2)])), [Sample.trace("b", at: 2, of: 2)],
                "a whole item")
        },
        Case("A12 a trace item with nothing but a detail comes back as it was") { opening in
            let item = TraceItem(at: Sample.start, kind: .readback, entity: Sample.key(1), detail: "")
            try opening().commit(Sample.commit(1) { $0.trace = [item] })
            try expectEqual(try opening().trace(TraceQuery(entities: [Sample.key(1)])), [item], "the item")
        },
        Case("A12 pruning drops old traces and nothing else") { opening in
            let store = try opening()
            try store.commit(
                Sample.commit(1) {
                    $0.records = [Sample.change(Sample.record(1))]
                    $0.trace = (1...4).map { Sample.trace("\($0)", at: $0, of: 1) }
                })
            let before = try store.status()
            try store.prune(receiptsBefore: Sample.start, traceBefore: Sample.start + .seconds(3))
            try expectEqual(
                try store.trace(TraceQuery(entities: [Sample.key(1)])).map(\.detail), ["3", "4"], "what is left")
            try expectEqual(try store.status(), before, "the status")
            try expectEqual(try store.records([Sample.key(1)]), [Sample.record(1)], "the record")
        },
        Case("A20 one kind about one subject is one exception with a count") { opening in
            var store = try opening()
            func raise(_ id: Int64, _ cause: String, at offset: Int64) throws {
                let exception = RaisedException(.rateMissing, subject: "shop/order/1", cause: cause)
                try store.commit(
                    Sample.commit(id) { $0.raised = [.init(exception, at: Sample.start + .seconds(offset))] })
            }
            try raise(1, "first", at: 1)
            try raise(2, "second", at: 5)
            try raise(3, "late", at: 3)
            store = try opening()
            let found = try store.exceptions(includingResolved: false, limit: 9)
            let wanted = OpenException(
                id: RaisedException.id(.rateMissing, subject: "shop/order/1"), kind: .rateMissing,
                subject: "shop/order/1",
                cause: "late", state: .open, count: 3, firstAt: Sample.start + .seconds(1),
                lastAt: Sample.start + .seconds(5))
            try expectEqual(found, [wanted], "the exception")
            try expectEqual(try store.status().openExceptions, 1, "how many are open")
        },
        Case("A11 an exception is cured, and opens again when it recurs") { opening in
            let store = try opening()
            let exception = RaisedException(.silence, subject: "shop", cause: "c")
            let at = Sample.start
            try store.commit(Sample.commit(1) { $0.resolved = [.init(id: exception.id, at: at)] })
            try expectEqual(try store.exceptions(includingResolved: true, limit: 9), [], "nothing to cure")
            try store.commit(Sample.commit(2) { $0.raised = [.init(exception, at: at)] })
            try store.commit(Sample.commit(3) { $0.resolved = [.init(id: exception.id, at: at + .seconds(1))] })
            try expectEqual(try store.exceptions(includingResolved: false, limit: 9), [], "open ones")
            try expectEqual(
                try store.exceptions(includingResolved: true, limit: 9).map(\.state), [.resolved], "all of them")
            try expectEqual(try store.status().openExceptions, 0, "how many are open")
            try store.commit(Sample.commit(4) { $0.raised = [.init(exception, at: at + .seconds(2))] })
            let again = try store.exceptions(includingResolved: false, limit: 9)
            try expectEqual(again.map(\.state), [.open], "it recurs")
            try expectEqual(again.map(\.count), [2], "how often")
            try expectEqual(try store.status().openExceptions, 1, "how many are open again")
        },
        Case("A11 raises and cures of one commit apply by their times; at one time the exception stays") { opening in
            let store = try opening()
            let cured = RaisedException(.silence, subject: "cured", cause: "c")
            let raised = RaisedException(.silence, subject: "raised", cause: "c")
            let both = RaisedException(.silence, subject: "both", cause: "c")
            let (early, late) = (Sample.start, Sample.start + .seconds(1))
            try store.commit(
                Sample.commit(1) {
                    $0.raised = [.init(cured, at: early), .init(raised, at: late), .init(both, at: early)]
                    $0.resolved = [
                        .init(id: cured.id, at: late), .init(id: raised.id, at: early), .init(id: both.id, at: early),
                    ]
                })
            try expectEqual(
                try store.exceptions(includingResolved: false, limit: 9).map(\.subject), ["raised", "both"], "open")
        },
        Case("A11 exceptions come newest first, at most as many as asked for") { opening in
            let store = try opening()
            try store.commit(
                Sample.commit(1) { commit in
                    commit.raised = [2, 5, 1, 4].map {
                        .init(
                            RaisedException(.capacity, subject: "s\($0)", cause: "c"), at: Sample.start + .seconds($0))
                    }
                })
            let found = try opening().exceptions(includingResolved: true, limit: 3)
            try expectEqual(found.map(\.subject), ["s5", "s4", "s2"], "the newest three")
        },
        Case("A11 an exception is found by its id, however many are newer, open or resolved") { opening in
            let store = try opening()
            let count: Int64 = 1_200
            func exception(_ number: Int64) -> RaisedException {
                RaisedException(.capacity, subject: "s\(number)", cause: "c\(number)")
            }
            try store.commit(
                Sample.commit(1) { commit in
                    commit.raised = (1...count).map { .init(exception($0), at: Sample.start + .seconds($0)) }
                })
            try store.commit(
                Sample.commit(2) { $0.resolved = [.init(id: exception(2).id, at: Sample.start + .seconds(count))] })
            let ids = [exception(2).id, "none", exception(1).id, exception(count).id, exception(1).id]
            let again = try opening()
            let found = try again.exceptions(withIDs: ids)
            try expectEqual(found.map(\.cause), ["c2", "c1", "c\(count)"], "each once, in the order asked for")
            try expectEqual(found.map(\.state), [.resolved, .open, .open], "their states")
            try expectEqual(try again.exceptions(withIDs: []), [], "nothing asked for")
        },
        Case("A11 pages of exceptions follow one another without a gap, and say how many there are") { opening in
            let store = try opening()
            // Several of one time: those stand in the order of their ids.
            let raised = (0..<7).map { number in
                Commit.Raise(
                    RaisedException(number < 5 ? .capacity : .silence, subject: "s\(number)", cause: "c"),
                    at: Sample.start + .seconds(Int64(number / 3)))
            }
            try store.commit(
                Sample.commit(1) { commit in
                    commit.raised = raised
                    commit.resolved = [.init(id: raised[0].exception.id, at: Sample.start + .seconds(9))]
                })
            let again = try opening()
            for (includesResolved, kinds, total) in [
                (true, [], 7), (false, [], 6), (true, [.capacity], 5), (false, [.capacity], 4),
                (true, [.capacity, .silence], 7), (true, [.driftFound], 0),
            ] as [(Bool, Set<ExceptionKind>, Int)] {
                let whole = try again.exceptions(
                    ExceptionQuery(includingResolved: includesResolved, kinds: kinds, limit: 99))
                try expectEqual([whole.exceptions.count, whole.total], [total, total], "everything of \(kinds)")
                var query = ExceptionQuery(includingResolved: includesResolved, kinds: kinds, limit: 2)
                var paged: [OpenException] = []
                for _ in 0...total {
                    let page = try again.exceptions(query)
                    try expectEqual(page.total, total, "the count does not depend on the page")
                    paged += page.exceptions
                    guard let last = page.exceptions.last else { break }
                    query.after = .init(of: last)
                }
                try expectEqual(paged, whole.exceptions, "the pages of \(kinds), one after the other")
            }
        },
    ]
}
