import Hummingbird
import JSON
import Sync

/// Operators' decisions about people and journeys (B4, E3). Remembered by the engine.
extension AdminAPI {
    /// `POST people/merge` and `people/keep-apart` `{"people": [KEY, KEY]}`;
    /// `POST orders/join` and `orders/keep-apart` `{"original": KEY, "replacement": KEY}`.
    func decide(_ subject: String, _ verb: String, _ request: Request) async throws(StoreFailure) -> Response {
        let document = await body(of: request)
        let texts: [String?] =
            subject == "people"
            ? (document?["people"]?.array ?? []).map(\.string)
            : [document?["original"]?.string, document?["replacement"]?.string]
        let kind: EntityKind = subject == "people" ? .person : .order
        let keys = texts.compactMap { $0 }.compactMap { EntityKey($0) }.filter { $0.kind == kind }
        guard keys.count == 2, texts.count == 2, keys[0] != keys[1] else { return Self.badKeys(subject) }
        let known = try await shell.ask { store throws(StoreFailure) in try store.records(keys).map(\.key) }
        if let missing = keys.first(where: { !known.contains($0) }) {
            return Responses.problem(
                404, "unknown_key", "there is no record \(missing)", api: "GET /api/v1/trace?key= finds keys",
                command: "plumbline trace finds keys")
        }
        if kind == .person, keys[0].connection != keys[1].connection {
            return Responses.problem(409, "two_brands", "the persons belong to two brands; brands never share people")
        }
        let people = try await people(of: keys)
        if kind == .person, Set(people).count == 1 {
            return Responses.problem(409, "one_person", "they are one person already; a merge cannot be undone")
        }
        if kind == .order, people.contains(nil) || Set(people).count > 1 {
            return Responses.problem(
                409, "two_people", "the orders belong to two persons; merge the persons first",
                api: "POST /api/v1/people/merge", command: "plumbline people merge")
        }
        guard let command = Self.command(subject, verb, keys[0], keys[1]) else { return RequestRouter.notFound }
        shell.post(.command(command))
        return Responses.json(
            ["done": .string("\(subject) \(verb)"), "keys": .array(keys.map { .string($0.description) })], status: 202)
    }

    /// The person each record belongs to, after all merges; `nil` for an order without a person.
    private func people(of keys: [EntityKey]) async throws(StoreFailure) -> [EntityKey?] {
        try await shell.ask { store throws(StoreFailure) in
            var people: [EntityKey?] = []
            for record in try store.records(keys) {
                var person = record.key.kind == .person ? record.key : record.truth.belongsTo
                while let current = person,
                    let next = try store.records([current]).first?.truth.person?.mergedInto
                {
                    person = next
                }
                people.append(person)
            }
            return people
        }
    }

    private static func command(_ subject: String, _ verb: String, _ one: EntityKey, _ other: EntityKey) -> Command? {
        switch (subject, verb) {
        case ("people", "merge"): .mergePeople(one, other)
        case ("people", "keep-apart"): .keepPeopleApart(one, other)
        case ("orders", "join"): .joinOrders(original: one, replacement: other)
        case ("orders", "keep-apart"): .keepOrdersApart(original: one, replacement: other)
        default: nil
        }
    }

    private static func badKeys(_ subject: String) -> Response {
        subject == "people"
            ? Responses.problem(
                400, "bad_keys", "give two person keys, as the exception shows them",
                api: "{\"people\": [\"acme/person/shop-order-1001\", \"acme/person/shop-customer-7\"]}",
                command: "for example acme/person/shop-order-1001 acme/person/shop-customer-7")
            : Responses.problem(
                400, "bad_keys", "give two order keys, as the exception shows them",
                api: "{\"original\": \"shop/order/1001\", \"replacement\": \"shop/order/1002\"}",
                command: "for example shop/order/1001 shop/order/1002")
    }
}
