import Commerce
import JSON
import Sync

/// The id set under which Bloomreach knows the buyer of an order (docs/architecture.md, Who a person is).
///
/// A person's address is chosen once, with the person: the highest-ranked hard id alone. An order keeps the address of
/// its first event, whatever becomes known afterwards (E7).
struct PersonAddress: Hashable {
    /// Frozen `customer_ids` object, as JSON text.
    var text: String

    var ids: ExternalIDs? { ExternalIDs(text: text) }

    enum Choice: Hashable {
        case address(PersonAddress)
        case none(Reason)
    }

    static func choose(
        for record: EntityRecord, ledger: Ledger, in context: PlanContext,
        identity: [BloomreachConfiguration.IdentifierType]
    ) -> Choice {
        if let text = ledger.slot(Ledger.addressSlot) { return .address(PersonAddress(text: text)) }
        // A later read may bring a better identifier, for example a customer number that was redacted.
        let mayLearnMore = record.truth.dirty != nil && !record.truth.wasRead
        let isUnclear = mayLearnMore && record.truth.order.map { !$0.buyer.customerID.isKnown } ?? true
        guard !isUnclear else { return .none(.heldForSnapshot) }
        return choose(in: context, identity: identity)
    }

    /// How a person is called in what is told of them now.
    static func choose(in context: PlanContext, identity: [BloomreachConfiguration.IdentifierType]) -> Choice {
        guard let person = context.person?.truth.person, let told = context.personLedger else {
            return .none(.noIdentity)
        }
        if let text = told.toldSlot(Ledger.addressSlot) { return .address(PersonAddress(text: text)) }
        let draft = PersonDraft(
            person: person, name: context.person?.key.id ?? "", ledger: told, context: context, identity: identity)
        guard let address = draft.address else { return .none(.noIdentity) }
        // Nothing is sent in this stage, so no person is ever acknowledged.
        return context.stage == .observe
            ? .address(PersonAddress(text: address.text)) : .none(.waitsForDependency)
    }
}
