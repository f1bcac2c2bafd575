public import JSON
public import Sync

/// What people ask of the store alone; answered by the server, or by a command that holds the store's lock itself.
public struct StoreQuestions: Sendable {
    /// Exceptions in one answer; above it the oldest are left out and the answer says so by its length.
    public static let exceptionsMax = 1_000

    let flows: [Flow]
    public init(flows: [Flow]) { self.flows = flows }

    public func trace(_ text: String, in store: any Store) throws(StoreFailure) -> JSON {
        let key = TraceKey(text)
        var keys = try store.entities(named: key.lookups)
        let direct = key.direct(flows: flows)
        keys += try store.records(direct).map(\.key).filter { !keys.contains($0) }
        // What was told about the buyer is part of an order's story: it waits for that.
        for record in try store.records(keys) {
            if let person = record.truth.belongsTo, !keys.contains(person) { keys.append(person) }
        }
        // Nothing is held of somebody who only asked about their data, but what they asked is their story.
        let unknown = direct.filter { !keys.contains($0) }
        guard !keys.isEmpty || !unknown.isEmpty else { return Documents.trace(text, [], []) }
        let items = try store.trace(TraceQuery(entities: keys + unknown))
        keys += unknown.filter { key in items.contains { $0.entity == key } }
        return Documents.trace(text, keys.sorted(), items)
    }

    /// Each flow with its stage as it is stored.
    public func flows(in store: any Store) throws(StoreFailure) -> JSON { Documents.flows(flows, try store.status()) }

    public func exceptions(includingResolved: Bool, in store: any Store) throws(StoreFailure) -> JSON {
        .array(
            try store.exceptions(includingResolved: includingResolved, limit: Self.exceptionsMax)
                .map(Documents.exception))
    }

    /// `nil` when there is none of this id.
    public func exception(_ id: String, in store: any Store) throws(StoreFailure) -> JSON? {
        try find(id, in: store).map(Documents.exception)
    }

    func find(_ id: String, in store: any Store) throws(StoreFailure) -> OpenException? {
        try store.exceptions(includingResolved: true, limit: Self.exceptionsMax).first { $0.id == id }
    }

    /// The parked deliveries that an exception is about: entity and effect.
    func parked(for exception: OpenException, in store: any Store) throws(StoreFailure) -> [(EntityKey, EffectKey)] {
        let words = exception.subject.split(separator: " ").map(String.init)
        guard let last = words.last else { return [] }
        var keys = words.compactMap { EntityKey($0) }
        keys += TraceKey(last).direct(flows: flows).filter { !keys.contains($0) }
        var found: [(EntityKey, EffectKey)] = []
        for record in try store.records(keys) {
            for ledger in record.ledgers {
                for delivery in ledger.deliveries where ledger.isParked(delivery.key) {
                    // A subject that ends with an effect means that one; one that is an entity alone means all of it.
                    if delivery.key == last || EntityKey(last) != nil { found.append((record.key, delivery.key)) }
                }
            }
        }
        return found
    }
}
