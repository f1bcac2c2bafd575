import Commerce
import Sync

/// Records found by a name that they share with others of their kind.
extension StoreConformance {
    private static func keys(_ claim: Claim) -> [EntityKey] { claim.records.map(\.key) }

    private static func search(_ sku: String, _ kind: EntityKind = .product) -> NameSearch {
        NameSearch(kind, Lookup(.sku, sku))
    }

    /// Three products with one SKU, in two shops, a product with another, and orders with the same.
    private static func withGoods(_ opening: Opening) throws -> any Store {
        let store = try opening()
        try store.commit(
            Sample.commit(1) {
                $0.records = [
                    Sample.product("1", ["SKU-1", "SKU-2"]), Sample.product("2", ["SKU-1"]),
                    Sample.product("3", ["SKU-1"], connection: "outlet"), Sample.product("4", ["SKU-4"]),
                    Sample.record(1, skus: ["SKU-1"]), Sample.record(2, skus: ["SKU-1", "SKU-4"]),
                ].map { Sample.change($0) }
            })
        return store
    }

    static let namesakeCases: [Case] = [
        Case("E10 products are found by each of their SKUs, and no order with the same, also after a crash") {
            opening in
            _ = try withGoods(opening)
            let store = try opening()
            func found(_ searches: NameSearch..., max: Int = 9) throws -> [EntityKey] {
                keys(
                    try store.claim(ClaimRequest(id: 1, now: Sample.start, searches: searches, matchesMax: max))
                ).sorted()
            }
            let shared = ["1", "2"].map { Sample.productKey($0) } + [Sample.productKey("3", connection: "outlet")]
            try expectEqual(try found(search("SKU-1")), shared.sorted(), "by a SKU of several")
            try expectEqual(try found(search("SKU-2")), [Sample.productKey("1")], "by a SKU of one")
            try expectEqual(
                try found(search("SKU-2"), search("SKU-1"), search("SKU-4")),
                (shared + [Sample.productKey("4")]).sorted(), "by several, each once")
            try expectEqual(try found(search("SKU-9")), [], "by an unknown SKU")
            try expectEqual(try found(search("SKU-4", .order)), [Sample.key(2)], "orders, where orders are wanted")
            let whole = try store.claim(
                ClaimRequest(id: 2, now: Sample.start, searches: [search("SKU-2")], matchesMax: 9))
            try expectEqual(whole.records, [Sample.product("1", ["SKU-1", "SKU-2"])], "the whole record")
        },
        Case("law 5 a search brings at most as many as asked for, of the right name, however many there are") {
            opening in
            let store = try opening()
            try store.commit(
                Sample.commit(1) {
                    $0.records =
                        (1...40).map { Sample.change(Sample.product(String($0), ["SKU-1"])) }
                        + (1...40).map { Sample.change(Sample.record($0, skus: ["SKU-1"])) }
                })
            for most in [0, 1, 7, 40, 99] {
                let claim = try store.claim(
                    ClaimRequest(id: 1, now: Sample.start, searches: [search("SKU-1")], matchesMax: most))
                try expectEqual(claim.records.count, min(most, 40), "of \(most)")
                try expect(claim.records.allSatisfy { $0.key.kind == .product }, "only products")
                try expectEqual(Set(keys(claim)).count, claim.records.count, "each once")
            }
        },
        Case("law 4 what a search finds comes behind what is due and named, before the people, each once") { opening in
            let store = try withGoods(opening)
            var due = Sample.product("2", ["SKU-1"])
            due.generation = 2
            var order = Sample.record(1, of: "zoe")
            order.generation = 2
            try store.commit(
                Sample.commit(2) {
                    $0.records = [
                        Sample.change(due, wakeAt: Sample.start), Sample.change(order),
                        Sample.change(Sample.person("zoe", [.email("zoe@example.test")])),
                    ]
                })
            let claim = try store.claim(
                ClaimRequest(
                    id: 1, stations: Sample.demands(9), now: Sample.start, keys: [order.key],
                    searches: [search("SKU-1")], matchesMax: 9))
            try expectEqual(keys(claim).prefix(2), [due.key, order.key], "due, then named")
            try expectEqual(
                keys(claim).dropFirst(2).prefix(2).sorted(),
                [Sample.productKey("1"), Sample.productKey("3", connection: "outlet")].sorted(), "then found")
            try expectEqual(keys(claim).last?.id, "zoe", "then people")
            try expectEqual(claim.records.count, 5, "each once")
            try expect(claim.backlogs.allSatisfy { $0.nextDueAt == nil }, "what was found is not due")
        },
        Case("E10 a product is found by the SKUs it has now, and brings whom it shares them with") { opening in
            let store = try withGoods(opening)
            var changed = Sample.product("1", ["SKU-7"])
            changed.generation = 2
            changed.truth.namesakes = Namesakes(
                keys: [Sample.productKey("2")], crowded: ["SKU-0"], wasSearched: true)
            try store.commit(Sample.commit(2) { $0.records = [Sample.change(changed)] })
            let again = try opening()
            for (sku, wanted) in [("SKU-2", []), ("SKU-7", [changed.key]), ("SKU-0", [])] {
                let claim = try again.claim(
                    ClaimRequest(id: 1, now: Sample.start, searches: [search(sku)], matchesMax: 9))
                try expectEqual(keys(claim), wanted, "by \(sku)")
            }
            try expectEqual(try again.records([changed.key]), [changed], "with its namesakes")
        },
    ]
}

extension Sample {
    static func productKey(_ id: String, connection: String = "shop") -> EntityKey {
        EntityKey(connection: connection, kind: .product, id: id)
    }

    /// At generation 1.
    static func product(_ id: String, _ skus: [String], connection: String = "shop") -> EntityRecord {
        var record = EntityRecord(key: productKey(id, connection: connection))
        record.generation = 1
        record.truth.state = .product(
            Product(
                id: id, title: "Jumper", handle: "jumper", status: .active, createdAt: start, updatedAt: start,
                variants: skus.enumerated().map { offset, sku in
                    Product.Variant(
                        id: "\(id)\(offset)", sku: sku, title: "M", price: Amount(units: 25),
                        compareAtPrice: Amount(units: 30), inventoryQuantity: -2)
                }, priceCurrency: Currency("JPY")))
        record.truth.version = Version(sourceTime: start)
        record.ledgers = [Ledger(flow: "edits")]
        record.ledgers[0].refreshAt = start + .days(1)
        return record
    }
}
