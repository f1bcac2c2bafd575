import Commerce
import Sync

/// A read that Shopify can answer; everything else is answered without looking.
enum ReadQuestion {
    case entities(ReadableKind, [EntityKey])
    case continuation(ReadableKind, EntityKey, cursor: String)
    case changes(ReadableKind, since: Instant, cursor: String?)
    case orders(search: String, cursor: String?)

    /// `nil` for baskets and persons, and for a buyer whom no search can find.
    init?(_ wanted: SourceRead.Wanted) {
        switch wanted {
        case .entities(let keys):
            guard let first = keys.first?.kind, let kind = ReadableKind(first) else { return nil }
            precondition(keys.allSatisfy { $0.kind == first }, "one kind to a read")
            self = .entities(kind, keys)
        case .continuation(let key, let cursor):
            guard let kind = ReadableKind(key.kind) else { return nil }
            self = .continuation(kind, key, cursor: cursor)
        case .changes(let kind, let since, let cursor):
            guard let kind = ReadableKind(kind) else { return nil }
            self = .changes(kind, since: since, cursor: cursor)
        case .orders(let buyer, let cursor):
            guard let search = Self.search(ordersOf: buyer) else { return nil }
            self = .orders(search: search, cursor: cursor)
        }
    }

    var kind: ReadableKind {
        switch self {
        case .entities(let kind, _), .continuation(let kind, _, _), .changes(let kind, _, _): kind
        case .orders: .order
        }
    }

    /// `nil` for an id that is none of Shopify's. The e-mail is a phrase: nothing in it is a word of the search.
    private static func search(ordersOf buyer: BuyerReference) -> String? {
        switch buyer {
        case .customerID(let id): return ReadableKind.customer.isID(id) ? "customer_id:\(id)" : nil
        case .email(let email):
            let escaped = email.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
            return "email:\"\(escaped)\""
        }
    }

    /// Customers are found by the whole day, in the shop's own time zone, which is less than a day from ours.
    static func search(_ kind: ReadableKind, since: Instant) -> String {
        guard kind == .customer else { return "updated_at:>='\(since)'" }
        let first = max(since - .days(1), Instant(microseconds: 0))
        return "updated_at:>='\(first.description.prefix { $0 != "T" })'"
    }
}
