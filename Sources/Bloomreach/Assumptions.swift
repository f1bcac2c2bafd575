/// What this room believes about Bloomreach without a promise from Bloomreach, in one place, so that a live project can
/// prove or disprove it line by line. Printed into `docs/bloomreach-data.md`.
public struct BloomreachAssumption: Sendable, Hashable {
    /// How sure we are. Facts that Bloomreach documents are in docs/vendors/bloomreach.md.
    public enum Mark: String, Sendable, Hashable {
        case thirdParty = "seen in a third party's code only"
        case inferred = "inferred from verified facts"
        case unknown = "no source found"
    }

    public var name: String
    public var text: String
    public var mark: Mark
    /// What happens if it is wrong.
    public var otherwise: String

    public static let all: [BloomreachAssumption] = events + answers + reading + catalogs + shopping

    private static let events: [Self] = [
        Self(
            name: "exact_copy",
            text: "Two events with equal ids, type, timestamp and properties are one in storage; the order of keys may "
                + "take part, so bodies are frozen bytes.",
            mark: .unknown,
            otherwise: "A resend after a time-out is stored twice; the read-back finds it by `event_key` and raises "
                + "`ambiguous_duplicate`."),
        Self(
            name: "timestamp_fraction", text: "Fractions of a second in `timestamp` are kept and order events.",
            mark: .unknown,
            otherwise: "Facts of one second lose their order; `revision` and `event_key` still tell them apart."),
        Self(
            name: "live_attribute_stops_campaigns",
            text: "Backdated events fire scenarios like fresh ones, so campaigns must require `live` = true.",
            mark: .unknown, otherwise: "Nothing: the condition is then superfluous."),
    ]

    private static let answers: [Self] = [
        Self(
            name: "server_error_may_have_stored",
            text: "A 5xx, a 408 or a lost connection may have stored all, some or none of the commands.",
            mark: .inferred,
            otherwise: "A read-back too many."),
        Self(
            name: "throttled_is_lost", text: "A 429 stored nothing, also for catalogues.", mark: .inferred,
            otherwise: "A row is written twice, which changes nothing."),
        Self(
            name: "retry_after", text: "`Retry-After` may come with 429 and 503, in seconds.", mark: .unknown,
            otherwise: "The engine's own back-off applies."),
        Self(
            name: "refusal_is_final", text: "A failed command of a 200 stored nothing and fails again unchanged.",
            mark: .inferred, otherwise: "The delivery waits with an exception although a resend would pass."),
        Self(
            name: "whole_batch_refusal", text: "A 400 for a batch stored none of its commands.", mark: .inferred,
            otherwise: "A released delivery is sent again as an exact copy."),
        Self(
            name: "results_in_order", text: "Results without `command_id` come in the order of the commands.",
            mark: .thirdParty, otherwise: "We send ids always, so only catalogue rows rely on it."),
    ]

    private static let reading: [Self] = [
        Self(
            name: "newest_first", text: "`order: desc` lists one person's events by timestamp, newest first.",
            mark: .inferred, otherwise: "The read-back of a person with more than a hundred events gives up, visibly."),
        Self(
            name: "read_ids", text: "Any one id of an event's `customer_ids` finds the profile that holds the event.",
            mark: .inferred, otherwise: "The read-back does not find it and raises `drift_found`."),
    ]

    private static let catalogs: [Self] = [
        Self(
            name: "catalog_list", text: "The list of catalogues is `{data: [{_id or id, name}]}` and is complete.",
            mark: .thirdParty,
            otherwise: "`check` says that the catalogue does not exist, or that the list is unreadable."),
        Self(
            name: "catalog_fields", text: "The answer for one catalogue may list `fields: [{name, type}]`.",
            mark: .unknown,
            otherwise: "`check` says that the columns cannot be seen; a wrong one shows as a refused row."),
        Self(
            name: "catalog_field_types",
            text:
                "Types are `string`, `long text` (also written `text`), `number`, `boolean`, `list`; a string above "
                + "255 characters needs `long text`.",
            mark: .thirdParty, otherwise: "Creation is refused with the vendor's message."),
        Self(
            name: "catalog_schema_fixed", text: "Columns cannot be added to an existing catalogue by the API.",
            mark: .inferred, otherwise: "`check --fix` asks for more work than needed."),
        Self(
            name: "catalog_bulk_limits", text: "A bulk request holds 5,000 rows and 10,000,000 bytes at most.",
            mark: .thirdParty, otherwise: "We send 200 rows at most."),
        Self(
            name: "catalog_order_of_writes",
            text: "Two writes of one row sent one after the other are applied in order.",
            mark: .inferred,
            otherwise: "The row is older than its `told_hash` says, until the record's next change writes it again."),
    ]
    private static let shopping: [Self] = [
        Self(
            name: "rows_without_price", text: "A product catalogue takes a row without `price`.", mark: .inferred,
            otherwise: "Rows of goods whose currency has no rate are refused; other rows are not touched."),
        Self(
            name: "product_catalog_columns",
            text: "A product catalogue may have columns beyond the documented ones.", mark: .inferred,
            otherwise: "`check --fix` is refused with the vendor's message."),
        Self(
            name: "partial_update_keeps_columns",
            text: "The bulk partial update leaves columns that a row lacks as they are.", mark: .inferred,
            otherwise: "The row of a variant that is gone is blank but for `active` = false."),
        Self(
            name: "soft_id_joins",
            text: "An event under a hard id and a basket's soft id joins the basket's earlier events to the person.",
            mark: .inferred, otherwise: "The anonymous basket stays a profile of its own; nothing is told twice."),
        Self(
            name: "consent_by_time", text: "Of two consent events the one with the later `timestamp` decides.",
            mark: .inferred,
            otherwise: "An opt-out that arrives before an older grant is undone: `check` the person's consent."),
        Self(
            name: "consent_extra_attributes", text: "Attributes beyond the documented ones leave a consent valid.",
            mark: .inferred, otherwise: "A grant counts as a revocation; nobody is written to who should not be."),
    ]
}
