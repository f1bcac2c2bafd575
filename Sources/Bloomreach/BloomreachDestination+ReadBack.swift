import Commerce
import JSON
public import Sync
public import Transport

/// Looking again after an ambiguous outcome (A8): events of one person by their `event_key`, rows by `told_hash`.
extension BloomreachDestination {
    /// Events of one type of one person that are looked through, newest first. A read-back follows the event by
    /// seconds or minutes, and no customer makes a hundred purchases in that time.
    public static let readBackEventsMax = 100

    public func readBackRequest(for readBack: ReadBack) -> HTTPRequest {
        if readBack.channel == Self.customersChannel { return profileRequest(for: readBack) }
        guard readBack.channel == Self.trackingChannel else { return rowRequest(for: readBack) }
        let event = FrozenEvent(readBack.body)
        return routes.customerEvents([
            "customer_ids": event?.customerIDs ?? [:],
            "event_types": .array(event.map { [.string($0.eventType)] } ?? []),
            "order": "desc", "limit": JSON(Self.readBackEventsMax), "skip": 0,
        ])
    }

    /// A command about a person can be sent any number of times; all there is to see is that the profile exists.
    private func profileRequest(for readBack: ReadBack) -> HTTPRequest {
        let ids = FrozenEvent.customerIDs(in: readBack.body)
        let attributes = ids.object?.members.first.map { JSON.array([["type": "id", "id": .string($0.key)]]) }
        return routes.customerAttributes(["customer_ids": ids, "attributes": attributes ?? []])
    }

    /// Before the catalogue's id is known only the list can be asked for; ``interpret(_:of:)`` then says *later*.
    private func rowRequest(for readBack: ReadBack) -> HTTPRequest {
        guard let id = catalogIDs[readBack.channel], let row = FrozenRow(readBack.body) else { return routes.catalogs }
        return routes.item(catalogID: id, itemID: row.itemID)
    }

    public func interpret(_ outcome: HTTPOutcome, of readBack: ReadBack) -> ReadBackResult {
        switch BloomreachReply(outcome) {
        case .document where readBack.channel == Self.customersChannel: return .found(copies: 1)
        case .document(let document):
            return readBack.channel == Self.trackingChannel
                ? found(document, event: FrozenEvent(readBack.body))
                : found(document, row: FrozenRow(readBack.body))
        // Not visible yet: writes are queued (docs/vendors/bloomreach.md, Queued writes).
        case .absent(let failure): return .later(text(failure, about: [readBack.body]))
        case .refused(let failure) where failure.isAboutAbsence: return .later(text(failure, about: [readBack.body]))
        case .refused(let failure), .unauthorised(let failure):
            return .impossible(text(failure, about: [readBack.body]))
        case .throttled(let after): return .later("over the rate", after: after)
        case .failing(let reason, let after): return .later(reason, after: after)
        case .unintelligible(let reason), .notSent(let reason), .unknown(let reason): return .later(reason)
        }
    }

    private func found(_ document: JSON, event: FrozenEvent?) -> ReadBackResult {
        guard let event else { return .impossible("the delivery is no event with an event_key") }
        guard let events = document["data"]?.array else { return .impossible("an answer without events") }
        let copies = events.count { $0["properties"]?["event_key"]?.string == event.eventKey }
        if copies == 0, events.count >= Self.readBackEventsMax {
            return .impossible("\(events.count) newer events hide it")
        }
        return .found(copies: copies)
    }

    private func found(_ document: JSON, row: FrozenRow?) -> ReadBackResult {
        guard let row else { return .impossible("the delivery is no row") }
        guard document["data"]?.array == nil else { return .later("the catalogue's id was not known yet") }
        guard let there = document["data"]?["properties"] else { return .impossible("an answer without a row") }
        guard let hash = row.properties["told_hash"]?.string else { return .found(copies: 1) }
        if there["told_hash"]?.string == hash { return .found(copies: 1) }
        if Self.updatedAt(there) > Self.updatedAt(row.properties) {
            return .impossible("a newer row has replaced it")
        }
        return .found(copies: 0)
    }

    /// Seconds; an absent one counts as the oldest.
    private static func updatedAt(_ properties: JSON) -> Amount {
        properties["updated_at"]?.decimalText.flatMap { Amount($0) } ?? .zero
    }
}
