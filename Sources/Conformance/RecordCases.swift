import Commerce
import Sync

extension StoreConformance {
    static let recordCases: [Case] = [
        Case("A1 a record comes back whole after a crash, in the order asked for") { opening in
            let store = try opening()
            var empty = EntityRecord(key: Sample.key(3, connection: "other"))
            empty.generation = 1
            let records = [Sample.record(1), Sample.record(2, skus: []), empty]
            try store.commit(Sample.commit(1) { $0.records = records.map { Sample.change($0) } })
            let keys = [records[2].key, Sample.key(8), records[0].key, records[1].key, records[0].key]
            try expectEqual(
                try opening().records(keys), [records[2], records[0], records[1]], "each once, the unknown one left out"
            )
        },
        Case("A1 where truth did not change, the ledgers alone are replaced") { opening in
            let store = try opening()
            var record = Sample.record(1)
            try store.commit(Sample.commit(1) { $0.records = [Sample.change(record)] })
            record.generation = 2
            record.ledgers = [Sample.ledger("edits", number: 5)]
            try store.commit(Sample.commit(2) { $0.records = [Sample.change(record, truthChanged: false)] })
            try expectEqual(try opening().records([record.key]), [record], "the record")
        },
        Case("A1 a body is frozen: its bytes come back as they were (law 3)") { opening in
            let store = try opening()
            var record = Sample.record(1)
            let body = (0..<70_000).map { UInt8(truncatingIfNeeded: $0 ^ ($0 >> 7)) }
            record.ledgers[0].deliveries[1].body = body
            try store.commit(Sample.commit(1) { $0.records = [Sample.change(record)] })
            try expectEqual(
                try opening().records([record.key]).first?.ledgers[0].deliveries[1].body, body, "the bytes")
        },
        Case("A12 entities are found by each of their names, an e-mail in any case") { opening in
            let store = try opening()
            try store.commit(
                Sample.commit(1) {
                    $0.records = [
                        Sample.change(Sample.record(2, email: "Zoe.Smith@example.test", skus: ["SKU-1", "SKU-2"])),
                        Sample.change(Sample.record(1, skus: ["SKU-1"])),
                        Sample.change(Sample.record(3, email: "other@example.test", skus: [])),
                    ]
                })
            let again = try opening()
            let expectations: [([Lookup], [Int])] = [
                ([Lookup(.email, "ZOE.smith@example.test")], [1, 2]), ([Lookup(.sku, "SKU-2")], [2]),
                ([Lookup(.sku, "SKU-1")], [1, 2]), ([Lookup(.name, "#1003")], [3]),
                ([Lookup(.orderID, Sample.key(1).id)], [1]), ([Lookup(.name, "SKU-1")], []), ([], []),
                ([Lookup(.email, "unknown@example.test")], []),
                ([Lookup(.name, "#1003"), Lookup(.sku, "SKU-1"), Lookup(.sku, "SKU-2")], [1, 2, 3]),
            ]
            for (lookups, wanted) in expectations {
                try expectEqual(try again.entities(named: lookups), wanted.map { Sample.key($0) }, "\(lookups)")
            }
        },
        Case("A12 names follow the truth: old ones are forgotten") { opening in
            let store = try opening()
            var record = Sample.record(1, skus: ["SKU-1", "SKU-2"])
            try store.commit(Sample.commit(1) { $0.records = [Sample.change(record)] })
            record = Sample.record(1, email: "new@example.test", skus: ["SKU-2", "SKU-3"])
            record.generation = 2
            try store.commit(Sample.commit(2) { $0.records = [Sample.change(record)] })
            for (lookup, isFound) in [
                (Lookup(.email, "zoe.smith@example.test"), false), (Lookup(.email, "new@example.test"), true),
                (Lookup(.sku, "SKU-1"), false), (Lookup(.sku, "SKU-2"), true), (Lookup(.sku, "SKU-3"), true),
            ] {
                try expectEqual(try store.entities(named: [lookup]), isFound ? [record.key] : [], "\(lookup)")
            }
        },
    ]
}
