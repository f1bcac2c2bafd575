import Commerce
import Sync

extension StoreConformance {
    static let commitCases: [Case] = [
        Case("A1 a record's generation grows by one; anything else is a conflict (law 1)") { opening in
            let store = try opening()
            var record = Sample.record(1)
            record.generation = 2
            try expectConflict("generation 2 first") { () throws(StoreFailure) in
                try store.commit(Sample.commit(1) { $0.records = [Sample.change(record)] })
            }
            record.generation = 1
            try store.commit(Sample.commit(2) { $0.records = [Sample.change(record)] })
            for wrong in [1, 3] as [Int64] {
                record.generation = wrong
                try expectConflict("generation \(wrong) after 1") { () throws(StoreFailure) in
                    try store.commit(Sample.commit(2 + wrong) { $0.records = [Sample.change(record)] })
                }
            }
            record.generation = 2
            try store.commit(Sample.commit(6) { $0.records = [Sample.change(record)] })
            try expectEqual(try store.records([record.key]).map(\.generation), [2], "the generation")
        },
        Case("A1 a commit is all or nothing: a conflict in the last record undoes everything") { opening in
            var store = try opening()
            _ = try store.append([Sample.receipt(1)])
            try store.commit(Sample.commit(1) { $0.records = [Sample.change(Sample.record(1))] })
            let before = try store.status()
            let bad = Sample.commit(2) {
                $0.inboxPosition = 1
                $0.consumed = [Sample.consumed(1)]
                $0.records = [Sample.change(Sample.record(2), wakeAt: Sample.start), Sample.change(Sample.record(1))]
                $0.trace = [Sample.trace("never", at: 0, of: 1)]
                $0.raised = [.init(RaisedException(.capacity, subject: "s", cause: "c"), at: Sample.start)]
                $0.settings = [.init("a", "b")]
            }
            for _ in 1...2 {
                try expectConflict("generation 1 again") { () throws(StoreFailure) in try store.commit(bad) }
                try expectEqual(try store.status(), before, "the status")
                try expectEqual(try store.records([Sample.key(2)]), [], "the other record")
                try expectEqual(try store.trace(TraceQuery(entities: [Sample.key(1)])), [], "the trace")
                let claim = try store.claim(
                    ClaimRequest(id: 1, receiptsMax: 1, stations: Sample.demands(1), now: Sample.start))
                try expectEqual(claim.receipts.map(\.isDuplicate), [false], "the receipt")
                try expectEqual(claim.records, [], "due records")
                store = try opening()
            }
        },
        Case("A1 the same commit again changes nothing") { opening in
            let store = try opening()
            _ = try store.append([Sample.receipt(1)])
            let exception = RaisedException(.rateMissing, subject: "shop", cause: "no rate")
            let commit = Sample.commit(1) {
                $0.inboxPosition = 1
                $0.consumed = [Sample.consumed(1)]
                $0.records = [Sample.change(Sample.record(1))]
                $0.trace = [Sample.trace("once", at: 0, of: 1)]
                $0.raised = [.init(exception, at: Sample.start)]
                $0.settings = [.init("a", "b")]
            }
            for _ in 1...3 { try store.commit(commit) }
            try expectEqual(try store.records([Sample.key(1)]), [Sample.record(1)], "the record")
            try expectEqual(try store.trace(TraceQuery(entities: [Sample.key(1)])).map(\.detail), ["once"], "the trace")
            try expectEqual(
                try store.exceptions(includingResolved: true, limit: 9).map(\.count), [1], "how often it was raised")
        },
        Case("A1 the same commit again changes nothing, also without a record in it") { opening in
            let store = try opening()
            let commit = Sample.commit(1) {
                $0.trace = [Sample.trace("once", at: 0, of: 1)]
                $0.raised = [.init(RaisedException(.silence, subject: "shop", cause: "c"), at: Sample.start)]
            }
            for _ in 1...2 { try store.commit(commit) }
            try expectEqual(try store.trace(TraceQuery(entities: [Sample.key(1)])).count, 1, "items")
            try expectEqual(
                try store.exceptions(includingResolved: true, limit: 9).map(\.count), [1], "how often it was raised")
        },
        Case("A1 a new session of the engine restarts its commit ids, and its commits count") { opening in
            var store = try opening()
            try store.commit(Sample.commit(1) { $0.records = [Sample.change(Sample.record(1))] })
            // The engine is dropped; the store may stay, or restart as well.
            for number in 2...3 {
                try store.commit(
                    Sample.commit(1) {
                        $0.records = [Sample.change(Sample.record(number))]
                        $0.settings = [.init("life", "\(number)")]
                    })
                try expectEqual(try store.status().setting("life"), "\(number)", "the setting")
                store = try opening()
            }
            try expectEqual(try store.status().entities, 3, "entities of three lives")
        },
        Case("an empty commit is taken") { opening in
            let store = try opening()
            try store.commit(Commit(id: 1))
            try expectEqual(try store.status(), StoreStatus(), "the status of nothing")
        },
        Case("settings are replaced one by one, sorted by name, and survive a crash") { opening in
            let store = try opening()
            try store.commit(Sample.commit(1) { $0.settings = [.init("b", "1"), .init("a", "2")] })
            try store.commit(Sample.commit(2) { $0.settings = [.init("b", "é"), .init("c", "")] })
            try expectEqual(
                try opening().status().settings, [.init("a", "2"), .init("b", "é"), .init("c", "")], "settings")
        },
    ]
}
