import Commerce
import JSON
import Sync

/// The id set under which Bloomreach knows the buyer of an order (DESIGN section 5).
///
/// The first address is the highest-ranked hard id alone: the shop's customer id, else the e-mail. It is kept with the
/// order and used by every later event, whatever becomes known afterwards (E7).
struct PersonAddress: Hashable {
    static let slotName = "address"

    /// Frozen `customer_ids` object, as JSON text.
    var text: String

    enum Choice: Hashable {
        case address(PersonAddress)
        case none(Reason)
    }

    static func choose(for record: Record, ledger: Ledger, identity: [BloomreachConfiguration.IdentifierType]) -> Choice
    {
        if let text = ledger.slot(slotName) { return .address(PersonAddress(text: text)) }
        guard let order = record.truth.order else { return .none(.heldForSnapshot) }
        let mayLearnMore = record.truth.dirty != nil && !record.truth.wasRead
        for type in identity where type.kind == .hard {
            let fact: Known<String?>
            switch type.source {
            case .customerID(let connection) where connection == record.key.connection: fact = order.buyer.customerID
            case .email: fact = order.buyer.email
            default: continue
            }
            switch fact {
            case .unknown where mayLearnMore: return .none(.heldForSnapshot)
            case .known(let value?):
                let normalised = normalise(value, type.source)
                guard isValid(normalised) else { continue }
                let ids = JSON.object(JSONObject([(key: type.name, value: .string(normalised))]))
                return .address(PersonAddress(text: ids.text(sortingKeys: true)))
            default: continue
            }
        }
        return .none(.noIdentity)
    }

    /// Identically everywhere (apis/bloomreach.md section 1, fact 9: hard ids are case-sensitive).
    private static func normalise(_ value: String, _ source: BloomreachConfiguration.IdentifierType.Source) -> String {
        var units = Substring(value)
        while let first = units.first, first.isWhitespace { units.removeFirst() }
        while let last = units.last, last.isWhitespace { units.removeLast() }
        return source == .email ? units.lowercased() : String(units)
    }

    /// At least one alphanumeric character, not the words `null` or `undefined`, at most 256 bytes
    /// (apis/bloomreach.md 3.1).
    private static func isValid(_ value: String) -> Bool {
        value.utf8.count <= 256 && value != "null" && value != "undefined"
            && value.contains { $0.isLetter || $0.isNumber }
    }
}
