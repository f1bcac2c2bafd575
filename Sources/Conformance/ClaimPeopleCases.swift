import Commerce
import Sync

/// People come with what belongs to them: a record is planned with its person, so both must be at hand.
extension StoreConformance {
    private static let email = PersonIdentifier.email("zoe.smith@example.test")
    private static let phone = PersonIdentifier.phone("+44 20 7946 0000")
    private static func number(_ value: String, at connection: String = "shop") -> PersonIdentifier? {
        .customerID(value, connection: connection)
    }

    private static func lookups(_ identifiers: PersonIdentifier?..., brand: String = "acme") -> [Lookup] {
        identifiers.compactMap { $0?.lookup(brand: brand) }
    }

    private static func names(_ claim: Claim) -> [String] { claim.records.map(\.key.id) }

    static let claimPeopleCases: [Case] = [
        Case("B2 people are found by each of their names, also after a crash, and no others are") { opening in
            try opening().commit(
                Sample.commit(1) {
                    $0.records = [
                        Sample.person("zoe", [email, number("7")]), Sample.person("ann", [phone, number("8")]),
                        Sample.person("till", [number("7", at: "till")]),
                        Sample.person("other-brand", [email], brand: "umbrella"),
                    ].map { Sample.change($0) }
                })
            let store = try opening()
            func found(_ wanted: [Lookup]) throws -> [String] {
                names(try store.claim(ClaimRequest(id: 1, now: Sample.start, people: wanted))).sorted()
            }
            try expectEqual(try found(lookups(email)), ["zoe"], "by e-mail, within the brand")
            try expectEqual(try found(lookups(email, brand: "umbrella")), ["other-brand"], "of the other brand")
            try expectEqual(try found(lookups(phone)), ["ann"], "by phone")
            try expectEqual(try found(lookups(number("7"))), ["zoe"], "by the number of one shop")
            try expectEqual(try found(lookups(number("7", at: "till"))), ["till"], "by the number of another")
            try expectEqual(
                try found(lookups(email, number("7"), number("9"), phone)), ["ann", "zoe"], "several, each once")
            try expectEqual(try found(lookups(number("9"))), [], "no person")
            try expectEqual(try found([]), [], "no look-up")
            let whole = try store.claim(ClaimRequest(id: 2, now: Sample.start, people: lookups(email)))
            try expectEqual(whole.records, [Sample.person("zoe", [email, number("7")])], "the whole record")
        },
        Case("B2 only people are found as people, though orders and customers have names too") { opening in
            let store = try opening()
            try store.commit(
                Sample.commit(1) {
                    $0.records = [Sample.change(Sample.record(1)), Sample.change(Sample.person("zoe", [email]))]
                })
            let order = Sample.record(1)
            try expect(!order.truth.lookups.isEmpty, "the order has names")
            let claim = try store.claim(
                ClaimRequest(id: 1, now: Sample.start, people: order.truth.lookups + lookups(email)))
            try expectEqual(names(claim), ["zoe"], "the person alone")
        },
        Case("law 4 the people of due and named records come along, each once, behind the others") { opening in
            let store = try opening()
            try store.commit(
                Sample.commit(1) {
                    $0.records = [
                        Sample.change(Sample.record(1, of: "zoe"), wakeAt: Sample.start + .seconds(2)),
                        Sample.change(Sample.record(2, of: "zoe"), wakeAt: Sample.start + .seconds(1)),
                        Sample.change(Sample.record(3, of: "ann")), Sample.change(Sample.record(4)),
                        Sample.change(Sample.person("zoe", [email])), Sample.change(Sample.person("ann", [phone])),
                        Sample.change(Sample.person("bob", [number("8")]), wakeAt: Sample.start + .seconds(3)),
                        Sample.change(Sample.person("eve", [number("9")])),
                    ]
                })
            let claim = try store.claim(
                ClaimRequest(
                    id: 1, stations: Sample.demands(9), now: Sample.start + .seconds(9),
                    keys: [Sample.key(3), Sample.key(4)],
                    people: lookups(number("9"), email, number("8"))))
            let due = [Sample.key(2).id, Sample.key(1).id, "bob"]
            let named = [Sample.key(3).id, Sample.key(4).id]
            try expectEqual(Array(names(claim).prefix(5)), due + named, "due, then named")
            try expectEqual(names(claim).dropFirst(5).sorted(), ["ann", "eve", "zoe"], "then people, each once")
            try expect(claim.backlogs.allSatisfy { $0.nextDueAt == nil }, "people that come along are not due")
        },
        Case("B2 a person who was merged away brings the one they are now, however far") { opening in
            let store = try opening()
            try store.commit(
                Sample.commit(1) {
                    $0.records = [
                        Sample.change(Sample.record(1, of: "first"), wakeAt: Sample.start),
                        Sample.change(Sample.person("first", [], mergedInto: "second")),
                        Sample.change(Sample.person("second", [], mergedInto: "third")),
                        Sample.change(Sample.person("third", [email])),
                    ]
                })
            let due = try store.claim(ClaimRequest(id: 1, stations: Sample.demands(9), now: Sample.start))
            try expectEqual(names(due).first, Sample.key(1).id, "the order first")
            try expectEqual(names(due).dropFirst().sorted(), ["first", "second", "third"], "all it points to")
            let named = try store.claim(
                ClaimRequest(id: 2, now: Sample.start, keys: [Sample.personKey("second")], people: lookups(email)))
            try expectEqual(names(named), ["second", "third"], "each once, by whichever way")
        },
        Case("B2 who was merged away is no longer found by the names that moved, also after a crash") { opening in
            let before = try opening()
            try before.commit(
                Sample.commit(1) {
                    $0.records = [
                        Sample.change(Sample.person("guest", [email, phone])),
                        Sample.change(Sample.person("zoe", [number("7")])),
                    ]
                })
            try before.commit(
                Sample.commit(2) {
                    $0.records = [
                        Sample.change(Sample.person("guest", [], mergedInto: "zoe", generation: 2)),
                        Sample.change(Sample.person("zoe", [number("7"), email, phone], generation: 2)),
                    ]
                })
            func expectZoe(_ store: any Store) throws {
                for identifier in [email, phone, number("7")] {
                    let claim = try store.claim(
                        ClaimRequest(id: 3, now: Sample.start, people: lookups(identifier)))
                    try expectEqual(names(claim), ["zoe"], "by \(identifier?.kind.rawValue ?? "nothing")")
                }
            }
            try expectZoe(before)
            try expectZoe(try opening())
        },
        Case("B2 a person who is only pointed to, but does not exist, is no error") { opening in
            let store = try opening()
            try store.commit(Sample.commit(1) { $0.records = [Sample.change(Sample.record(1, of: "missing"))] })
            let claim = try store.claim(ClaimRequest(id: 1, now: Sample.start, keys: [Sample.key(1)]))
            try expectEqual(names(claim), [Sample.key(1).id], "the order alone")
        },
    ]
}

extension Sample {
    static func personKey(_ name: String, brand: String = "acme") -> EntityKey {
        EntityKey(connection: brand, kind: .person, id: name)
    }

    static func person(
        _ name: String, _ identifiers: [PersonIdentifier?], mergedInto: String? = nil, brand: String = "acme",
        generation: Int64 = 1
    ) -> EntityRecord {
        var person = Person(brand: brand)
        person.identifiers = identifiers.compactMap { $0 }.sorted()
        person.contactUses = [
            ContactUse(contact: "digest", buyers: [.init(digest: "name"), .init(connection: "shop", digest: "1")])
        ]
        person.mergedInto = mergedInto.map { personKey($0, brand: brand) }
        person.toPlan = [key(1)]
        var record = EntityRecord(key: personKey(name, brand: brand))
        record.generation = generation
        record.truth.state = .person(person)
        return record
    }

    /// An order of a person.
    static func record(_ number: Int, of person: String) -> EntityRecord {
        var record = record(number)
        record.truth.belongsTo = personKey(person)
        return record
    }
}
