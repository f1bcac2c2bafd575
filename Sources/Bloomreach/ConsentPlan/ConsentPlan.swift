import Commerce
public import Sync

/// What Bloomreach is told about a customer's consent: the newest explicit decision of each channel (B5, B7). Pure.
///
/// Consent is of the present, so neither the baseline nor the horizon keeps an opt-out back (docs/architecture.md, Two
/// kinds of effect).
public struct ConsentPlan: Sendable {
    public var configuration: BloomreachConfiguration

    public init(configuration: BloomreachConfiguration) { self.configuration = configuration }

    public func plan(_ record: EntityRecord, in context: PlanContext) -> Plan {
        var draft = ConsentDraft(
            record: record, ledger: record[flow: context.flow.name], context: context, configuration: configuration)
        for channel in ConsentChannel.allCases.sorted() { draft.plan(channel) }
        draft.cure()
        return draft.plan
    }
}
