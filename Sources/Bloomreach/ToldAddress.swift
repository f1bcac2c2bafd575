import Commerce
import JSON
import Sync

/// Other ids than a person's address there (docs/architecture.md, Who a person is).
enum ToldAddress {
    /// How others were called who turned out to be this person, where Bloomreach has not joined the profiles: a link
    /// was not acknowledged, or never can be.
    static func apart(in context: PlanContext) -> [ExternalIDs] {
        guard let person = context.person, let ledger = context.personLedger else { return [] }
        let address = ledger.toldSlot(Ledger.addressSlot).flatMap { ExternalIDs(text: $0) }?.entries ?? []
        let told = Set(ledger.acknowledgedKeys)
        return ledger.otherAddresses.compactMap { ExternalIDs(text: $0) }.filter { other in
            !other.entries.allSatisfy { entry in
                address.contains(entry) || told.contains(PersonDraft.linkKey(of: person.key.id, to: entry))
            }
        }
    }

    /// Ids of a soft type whose values are baskets' (docs/vendors/bloomreach.md, Identity: ids); more than one type is
    /// unusual, yet fine.
    static func cartIDs(_ cartID: String, identity: [BloomreachConfiguration.IdentifierType]) -> JSONObject {
        guard ExternalIDs.isValid(cartID) else { return [:] }
        let types = identity.filter { $0.kind == .soft && $0.source == .cart }
        return JSONObject(types.map { (key: $0.name, value: .string(cartID)) })
    }
}
