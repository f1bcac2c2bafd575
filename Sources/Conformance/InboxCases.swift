import Commerce
import Sync

extension StoreConformance {
    static let inboxCases: [Case] = [
        Case("A1 positions start at 1 and grow in the order given, also after a restart") { opening in
            var store = try opening()
            try expectEqual(try store.append([]), [], "positions of nothing")
            try expectEqual(try store.append((1...3).map { Sample.receipt($0) }), [1, 2, 3], "first positions")
            try expectEqual(try store.append([Sample.receipt(4)]), [4], "next position")
            store = try opening()
            try expectEqual(try store.append([Sample.receipt(5)]), [5], "position after a restart")
            try expectEqual(try store.status().inbox, 5, "receipts that wait")
        },
        Case("A1 what was appended survives a crash, byte for byte (law 2)") { opening in
            let bodies: [[UInt8]] = [
                [], [0, 255, 10, 13], Array(repeating: 0x61, count: 300_000),
                (0..<5_000).map { UInt8(truncatingIfNeeded: $0 &* $0) },
            ]
            let receipts = bodies.enumerated().map { Sample.receipt($0.offset, body: $0.element) }
            _ = try opening().append(receipts)
            let claim = try opening().claim(ClaimRequest(id: 9, receiptsMax: 10, now: Sample.start))
            try expectEqual(claim.id, 9, "the claim's id")
            try expectEqual(claim.receipts.map(\.position), [1, 2, 3, 4], "positions")
            try expectEqual(claim.receipts.map(\.receipt), receipts, "receipts")
            try expect(!claim.moreReceipts, "no receipt waits behind the last")
        },
        Case("A1 a claim is bounded, says what waits behind it and changes nothing (law 5)") { opening in
            let store = try opening()
            for group in 0..<4 { _ = try store.append((1...5).map { Sample.receipt(group * 5 + $0) }) }
            for _ in 1...2 {
                let claim = try store.claim(ClaimRequest(id: 1, receiptsMax: 7, now: Sample.start))
                try expectEqual(claim.receipts.map(\.position), Array(1...7), "the first seven, twice")
                try expect(claim.moreReceipts, "more wait")
            }
            let none = try store.claim(ClaimRequest(id: 2, now: Sample.start))
            try expect(none.receipts.isEmpty && none.moreReceipts, "none asked for, yet they wait")
            let all = try store.claim(ClaimRequest(id: 3, receiptsMax: 20, now: Sample.start))
            try expectEqual(all.receipts.count, 20, "all of them")
            try expect(!all.moreReceipts, "nothing waits behind all")
        },
        Case("A1 the inbox position moves with the commit and survives a crash") { opening in
            var store = try opening()
            _ = try store.append((1...10).map { Sample.receipt($0) })
            for (id, position) in [(1, 4), (2, 4), (3, 7)] as [(Int64, InboxPosition)] {
                try store.commit(
                    Sample.commit(id) {
                        $0.inboxPosition = position
                        $0.settings = [.init("at", "\(id)")]
                    })
                if id == 2 { store = try opening() }
                let claim = try store.claim(ClaimRequest(id: 1, receiptsMax: 2, now: Sample.start))
                try expectEqual(claim.receipts.map(\.position), [position + 1, position + 2], "what follows")
                try expectEqual(claim.receipts.first?.receipt, Sample.receipt(Int(position) + 1), "its receipt")
                try expectEqual(try store.status().inboxPosition, position, "the position")
                try expectEqual(try store.status().inbox, Int(10 - position), "what waits")
            }
        },
        Case("A1 a position that goes back, or beyond what was received, is a conflict") { opening in
            let store = try opening()
            _ = try store.append((1...3).map { Sample.receipt($0) })
            try store.commit(Sample.commit(1) { $0.inboxPosition = 2 })
            try expectConflict("back") { () throws(StoreFailure) in
                try store.commit(Sample.commit(2) { $0.inboxPosition = 1 })
            }
            try expectConflict("beyond") { () throws(StoreFailure) in
                try store.commit(Sample.commit(3) { $0.inboxPosition = 4 })
            }
            try expectEqual(try store.status().inboxPosition, 2, "the position")
        },
        Case("A2 a delivery id that was committed marks later copies, per connection, also after a crash") { opening in
            var store = try opening()
            _ = try store.append([Sample.receipt(1), Sample.receipt(2)])
            try store.commit(
                Sample.commit(1) {
                    $0.inboxPosition = 2
                    $0.consumed = [Sample.consumed(1), Sample.consumed(2)]
                })
            store = try opening()
            _ = try store.append([
                Sample.receipt(1, body: [1]), Sample.receipt(3), Sample.receipt(2, connection: "other"),
                Sample.receipt(3),
            ])
            let claim = try store.claim(ClaimRequest(id: 2, receiptsMax: 9, now: Sample.start))
            try expectEqual(claim.receipts.map(\.isDuplicate), [true, false, false, false], "duplicates")
            try expectEqual(claim.receipts.first?.receipt.body, [1], "a duplicate is still given out")
            try store.commit(
                Sample.commit(2) {
                    $0.inboxPosition = 4
                    $0.consumed = [Sample.consumed(1), Sample.consumed(3)]
                })
            let rest = try store.claim(ClaimRequest(id: 3, receiptsMax: 9, now: Sample.start))
            try expectEqual(rest.receipts.map(\.isDuplicate), [false, true], "duplicates of a later commit")
        },
        Case("A1 pruning keeps what is not consumed, positions, and delivery ids for ten days") { opening in
            var store = try opening()
            _ = try store.append((1...6).map { Sample.receipt($0) })
            try store.commit(
                Sample.commit(1) {
                    $0.inboxPosition = 4
                    $0.consumed = (1...4).map { Sample.consumed($0) }
                })
            try store.prune(receiptsBefore: Sample.start + .days(9), traceBefore: Sample.start)
            var claim = try store.claim(ClaimRequest(id: 1, receiptsMax: 9, now: Sample.start))
            try expectEqual(claim.receipts.map(\.receipt), [Sample.receipt(5), Sample.receipt(6)], "not consumed")
            try store.commit(Sample.commit(2) { $0.inboxPosition = 6 })
            try store.prune(receiptsBefore: Sample.start + .days(9), traceBefore: Sample.start)
            store = try opening()
            try expectEqual(
                try store.append([Sample.receipt(4), Sample.receipt(7)]), [7, 8], "positions after pruning")
            claim = try store.claim(ClaimRequest(id: 2, receiptsMax: 9, now: Sample.start))
            try expectEqual(claim.receipts.map(\.isDuplicate), [true, false], "duplicates after pruning")
        },
        Case("A1 receipts are appended while commits go on; each position is given once") { opening in
            let store = try opening()
            let tasks = 4
            let rounds = 12
            let positions = try await withThrowingTaskGroup(of: [InboxPosition].self) { group in
                for task in 0..<tasks {
                    group.addTask {
                        try (0..<rounds).flatMap { round in
                            try store.append([
                                Sample.receipt(task * 1_000 + round), Sample.receipt(task * 1_000 + 500 + round),
                            ])
                        }
                    }
                }
                group.addTask {
                    for id in 1...Int64(rounds) {
                        let claim = try store.claim(ClaimRequest(id: id, receiptsMax: 3, now: Sample.start))
                        try store.commit(Sample.commit(id) { $0.inboxPosition = claim.receipts.last?.position })
                    }
                    return []
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            try expectEqual(positions.sorted(), Array(1...InboxPosition(tasks * rounds * 2)), "all positions")
            let status = try store.status()
            try expectEqual(Int(status.inboxPosition) + status.inbox, positions.count, "consumed and waiting")
        },
    ]
}
