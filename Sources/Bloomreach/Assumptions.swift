/// What this module assumes about Bloomreach without a promise from Bloomreach, in one place, so that a live project
/// can prove or disprove it line by line. Printed into `docs/bloomreach-data.md`.
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
            text:
                "Bloomreach stores two events with equal ids, type, timestamp and properties once; the order of "
                + "keys may "
                + "matter, so bodies are frozen bytes.",
            mark: .unknown,
            otherwise: "A resend after a time-out is stored twice; the read-back finds it by `event_key` and raises "
                + "`ambiguous_duplicate`."),
        Self(
            name: "timestamp_fraction", text: "Fractions of a second in `timestamp` are kept and order events.",
            mark: .unknown,
            otherwise: "Facts of the same second lose their order; `revision` and `event_key` still distinguish them."),
        Self(
            name: "live_attribute_stops_campaigns",
            text: "Backdated events trigger scenarios like new ones, so campaigns must require `live` = true.",
            mark: .unknown, otherwise: "No harm: the condition is then unnecessary."),
    ]

    private static let answers: [Self] = [
        Self(
            name: "server_error_may_have_stored",
            text: "A 5xx, a 408 or a lost connection may have stored all, some or none of the commands.",
            mark: .inferred,
            otherwise: "One unnecessary read-back."),
        Self(
            name: "throttled_is_lost", text: "A 429 means that nothing was stored, also for catalogues.",
            mark: .inferred,
            otherwise: "A row is written twice, which changes nothing."),
        Self(
            name: "retry_after", text: "`Retry-After` may come with 429 and 503, in seconds.", mark: .unknown,
            otherwise: "The engine's own back-off applies."),
        Self(
            name: "refusal_is_final",
            text: "A failed command in a 200 was not stored, and fails again if resent unchanged.",
            mark: .inferred, otherwise: "The delivery waits with an exception although a resend would succeed."),
        Self(
            name: "whole_batch_refusal", text: "After a 400 for a batch, none of its commands was stored.",
            mark: .inferred,
            otherwise: "A released delivery is sent again as an exact copy."),
        Self(
            name: "results_in_order", text: "Results without `command_id` come in the order of the commands.",
            mark: .thirdParty, otherwise: "We always send ids, so only catalogue rows rely on it."),
    ]

    private static let reading: [Self] = [
        Self(
            name: "newest_first", text: "`order: desc` lists one person's events by timestamp, newest first.",
            mark: .inferred, otherwise: "The read-back of a person with more than a hundred events fails visibly."),
        Self(
            name: "read_ids", text: "Any single id of an event's `customer_ids` finds the profile with the event.",
            mark: .inferred, otherwise: "The read-back does not find it and raises `drift_found`."),
    ]

    private static let catalogs: [Self] = [
        Self(
            name: "catalog_list", text: "The list of catalogues is `{data: [{_id or id, name}]}` and is complete.",
            mark: .thirdParty,
            otherwise: "`check` says that the catalogue does not exist, or that the list is unreadable."),
        Self(
            name: "catalog_fields", text: "The response for one catalogue may list `fields: [{name, type}]`.",
            mark: .unknown,
            otherwise: "`check` reports that it cannot see the columns; a wrong column leads to a refused row."),
        Self(
            name: "catalog_field_types",
            text:
                "Types are `string`, `long text` (also written `text`), `number`, `boolean`, `list`; a string above "
                + "255 characters needs `long text`.",
            mark: .thirdParty, otherwise: "Bloomreach refuses the creation with a message."),
        Self(
            name: "catalog_schema_fixed", text: "The API cannot add columns to an existing catalogue.",
            mark: .inferred, otherwise: "`check --fix` asks for more work than needed."),
        Self(
            name: "catalog_bulk_limits", text: "A bulk request may have at most 5,000 rows and 10,000,000 bytes.",
            mark: .thirdParty, otherwise: "We send at most 200 rows."),
        Self(
            name: "catalog_order_of_writes",
            text: "Two consecutive writes of one row are applied in order.",
            mark: .inferred,
            otherwise: "The row is older than its `told_hash` says, until the record's next change writes it again."),
    ]
    private static let shopping: [Self] = [
        Self(
            name: "rows_without_price", text: "A product catalogue accepts a row without `price`.", mark: .inferred,
            otherwise: "Rows of products whose currency has no rate are refused; other rows are unaffected."),
        Self(
            name: "product_catalog_columns",
            text: "A product catalogue may have columns beyond the documented ones.", mark: .inferred,
            otherwise: "Bloomreach refuses `check --fix` with a message."),
        Self(
            name: "partial_update_keeps_columns",
            text: "The bulk partial update does not change columns that are missing from a row.", mark: .inferred,
            otherwise: "The row of a deleted variant is blank except for `active` = false."),
        Self(
            name: "soft_id_joins",
            text: "An event with a hard id and a cart's soft id joins the cart's earlier events to the person.",
            mark: .inferred, otherwise: "The anonymous cart remains a separate profile; nothing is told twice."),
        Self(
            name: "consent_by_time", text: "Of two consent events, the one with the later `timestamp` applies.",
            mark: .inferred,
            otherwise: "An older grant that arrives after an opt-out undoes it: check the person's consent."),
        Self(
            name: "consent_extra_attributes", text: "Additional attributes do not make a consent event invalid.",
            mark: .inferred, otherwise: "A grant counts as a revocation; no message goes to a customer who opted out."),
    ]
}
