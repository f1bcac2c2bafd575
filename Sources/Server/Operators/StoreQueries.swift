import Commerce
public import JSON
public import Sync

/// Operators' queries that need only the store. The server runs them, or a command that has the store open itself.
public struct StoreQueries: Sendable {
    let flows: [Flow]
    public init(flows: [Flow]) { self.flows = flows }

    public func trace(_ text: String, in store: any Store) throws(StoreFailure) -> JSON {
        // An exception's id means the subject of the exception.
        let subject = try store.exceptions(withIDs: [text]).first?.subject ?? text
        let key = TraceKey(subject)
        let keys = try entities(of: key, in: store)
        let query = TraceQuery(entities: keys)
        // One more than is shown, to detect that there are more.
        let found = keys.isEmpty ? [] : try store.trace(TraceQuery(entities: keys, limit: query.limit + 1))
        let names = NamedPart.all(in: key, flows: flows, onlyWhole: !keys.isEmpty)
        var items = found.suffix(query.limit).map { (at: $0.at, document: Documents.item($0)) }
        if keys.isEmpty || !names.isEmpty { items += try events(about: subject, names, in: store) }
        let sorted = items.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
        var note: String?
        if keys.isEmpty, items.isEmpty {
            note = names.first.map { "\($0.text); nothing was recorded about it. \(TraceKey.kinds)" }
            note = note ?? "nothing is known about this key. \(TraceKey.kinds)"
        } else if found.count > query.limit {
            note = "only the newest \(query.limit) items are shown; name a single order to see less at once"
        }
        return Documents.trace(text, keys.sorted(), names.map(\.text), sorted.map(\.element.document), note: note)
    }

    private func entities(of key: TraceKey, in store: any Store) throws(StoreFailure) -> [EntityKey] {
        var keys = try store.entities(named: key.lookups(flows: flows))
        let candidates = key.candidates(flows: flows)
        let direct = try store.records(candidates).map(\.key)
        keys += direct.filter { !keys.contains($0) }
        // An entity can have a trace without a record: the shop announced it but never returned it.
        for named in candidates where !keys.contains(named) {
            if try !store.trace(TraceQuery(entities: [named], limit: 1)).isEmpty { keys.append(named) }
        }
        // An order's events wait for its buyer, so the buyer's trace is part of the order's.
        for record in try store.records(keys) {
            if let person = record.truth.belongsTo, !keys.contains(person) { keys.append(person) }
        }
        return keys
    }

    /// Stage changes of the named flows, and exceptions about a named connection or flow or about exactly this text.
    private func events(
        about subject: String, _ names: [NamedPart], in store: any Store
    ) throws(StoreFailure) -> [(at: Instant, document: JSON)] {
        let subjects = [subject] + names.flatMap(\.subjects)
        let ids = subjects.flatMap { subject in
            ExceptionKind.allCases.map { RaisedException.id($0, subject: subject) }
        }
        var exceptions = try store.exceptions(withIDs: ids)
        if !names.isEmpty {
            let wanted = Set(names.map(\.name))
            let open = try store.exceptions(includingResolved: false, limit: ExceptionRequest.limitMax)
            exceptions += open.filter { exception in
                !ids.contains(exception.id)
                    && exception.subject.split(separator: " ").contains { wanted.contains(String($0)) }
            }
        }
        let status = names.isEmpty ? StoreStatus() : try store.status()
        let stages = names.filter { $0.kind == .flow }.flatMap { name -> [(at: Instant, document: JSON)] in
            let history = status.setting(StageHistory.settingName(name.name)).flatMap(StageHistory.decode) ?? []
            return history.map { (at: $0.at, document: Documents.stage($0, of: name.name)) }
        }
        return stages + exceptions.map { (at: $0.lastAt, document: Documents.item($0)) }
    }

    /// Each flow with its stored stage.
    public func flows(in store: any Store) throws(StoreFailure) -> JSON { Documents.flows(flows, try store.status()) }

    /// - Returns: `nil` if ``ExceptionRequest/after`` is not the id of an exception.
    public func exceptions(_ request: ExceptionRequest, in store: any Store) throws(StoreFailure) -> ExceptionList? {
        var query = ExceptionQuery(
            includingResolved: request.includesResolved, kinds: Set(request.kinds), limit: request.limit)
        if let id = request.after {
            guard let last = try find(id, in: store) else { return nil }
            query.after = .init(of: last)
        }
        let page = try store.exceptions(query)
        return ExceptionList(rows: page.exceptions.map(Documents.exception), total: page.total)
    }

    /// `nil` if there is no exception with this id.
    public func exception(_ id: String, in store: any Store) throws(StoreFailure) -> JSON? {
        try find(id, in: store).map(Documents.exception)
    }

    func find(_ id: String, in store: any Store) throws(StoreFailure) -> OpenException? {
        try store.exceptions(withIDs: [id]).first
    }

    /// The deliveries that an exception parks.
    func parked(for exception: OpenException, in store: any Store) throws(StoreFailure) -> [ParkedDelivery] {
        // Others may have the same subject: that a record lags behind parks nothing.
        guard ExceptionKind.ofParkedDeliveries.contains(exception.kind) else { return [] }
        let words = exception.subject.split(separator: " ").map(String.init)
        guard let last = words.last else { return [] }
        var keys = words.compactMap { EntityKey($0) }
        keys += TraceKey(last).direct(flows: flows).filter { !keys.contains($0) }
        var found: [ParkedDelivery] = []
        for record in try store.records(keys) {
            for ledger in record.ledgers {
                for delivery in ledger.deliveries where ledger.isParked(delivery.key) {
                    // A subject ends with a flow, or is an entity alone; in older stores it ends with an event key.
                    guard [ledger.flow, delivery.key].contains(last) || EntityKey(last) != nil else { continue }
                    found.append(ParkedDelivery(entity: record.key, flow: ledger.flow, event: delivery.key))
                }
            }
        }
        return found
    }
}

/// A delivery that waits for an operator.
struct ParkedDelivery: Sendable {
    var entity: EntityKey
    var flow: String
    var event: EventKey
}
