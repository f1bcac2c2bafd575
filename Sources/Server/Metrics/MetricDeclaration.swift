/// One metric's declaration: `docs/metrics.md` is generated from this list, and a test compares the two.
struct MetricDeclaration: Sendable, Hashable {
    enum Kind: String, Sendable { case counter, gauge, histogram }
    var name: String
    var kind: Kind
    var labels: [String]
    /// One sentence: what is measured, and its unit.
    var help: String
    /// Upper bounds of a histogram's buckets, in ascending order.
    var buckets: [Double] = []
}

extension MetricDeclaration {
    /// From the fact to its acknowledgement: the objective is in minutes, typical lags are about a second.
    private static let lagBuckets: [Double] = [
        0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 21_600, 86_400,
    ]
    /// For work on this machine: a durable write takes a fraction of a millisecond on a good disk.
    private static let shortBuckets: [Double] = [
        0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5,
    ]

    static let webhooks = Self(
        name: "plumbline_webhooks_total", kind: .counter, labels: ["connection", "result"],
        help: "Webhooks by result: accepted, duplicate, bad_signature, too_large, store_unavailable, "
            + "overloaded, unreadable_request, unknown_connection.")
    static let webhookDuration = Self(
        name: "plumbline_webhook_seconds", kind: .histogram, labels: ["connection"],
        help: "Time from the head of an accepted webhook to its response.", buckets: shortBuckets)
    static let appendDuration = Self(
        name: "plumbline_append_seconds", kind: .histogram, labels: [],
        help: "Time to make one group of receipts durable.", buckets: shortBuckets)
    static let appendSize = Self(
        name: "plumbline_append_receipts", kind: .histogram, labels: [],
        help: "Receipts in one group.", buckets: [1, 2, 5, 10, 20, 50, 100, 256])
    static let receipts = Self(
        name: "plumbline_receipts_total", kind: .counter, labels: ["connection", "topic", "duplicate"],
        help: "Receipts consumed by the engine.")
    static let entitiesRead = Self(
        name: "plumbline_entities_read_total", kind: .counter, labels: ["connection"],
        help: "Entities read from a source.")
    static let decisions = Self(
        name: "plumbline_decisions_total", kind: .counter, labels: ["flow", "event_type", "reason"],
        help: "Decisions of the plan, by reason.")
    static let deliveries = Self(
        name: "plumbline_deliveries_total", kind: .counter, labels: ["destination", "event_type", "outcome"],
        help: "Attempts to deliver, by outcome: accepted, refused, retry, ambiguous.")
    static let lag = Self(
        name: "plumbline_lag_seconds", kind: .histogram, labels: ["flow", "event_type"],
        help: "Time from the source's fact to the destination's acknowledgement.", buckets: lagBuckets)
    static let exceptions = Self(
        name: "plumbline_exceptions_total", kind: .counter, labels: ["kind"],
        help: "Exceptions raised, including recurrences.")
    static let exchanges = Self(
        name: "plumbline_exchanges_total", kind: .counter, labels: ["connection", "outcome"],
        help: "Requests to external systems, by status class, not_sent or unknown.")
    static let commits = Self(
        name: "plumbline_commits_total", kind: .counter, labels: [], help: "Durable commits of the engine.")
    static let storeDuration = Self(
        name: "plumbline_store_seconds", kind: .histogram, labels: ["operation"],
        help: "Time the store takes for a claim or a commit.", buckets: shortBuckets)
    static let storeFailures = Self(
        name: "plumbline_store_failures_total", kind: .counter, labels: ["operation", "code"],
        help: "Failures of the store.")
    static let inbox = Self(
        name: "plumbline_inbox_receipts", kind: .gauge, labels: [], help: "Durable receipts not yet consumed.")
    static let pendingReceipts = Self(
        name: "plumbline_pending_receipts", kind: .gauge, labels: [],
        help: "Receipts accepted but not yet durable; their senders are waiting for the response.")
    static let entities = Self(
        name: "plumbline_stored_entities", kind: .gauge, labels: [], help: "Entities in the store.")
    static let dirty = Self(
        name: "plumbline_dirty_entities", kind: .gauge, labels: [], help: "Entities that must be read again.")
    static let unsent = Self(
        name: "plumbline_unsent_deliveries", kind: .gauge, labels: [], help: "Deliveries not yet acknowledged.")
    static let ambiguous = Self(
        name: "plumbline_ambiguous_deliveries", kind: .gauge, labels: [],
        help: "Deliveries whose last attempt had an unknown outcome.")
    static let waiting = Self(
        name: "plumbline_waiting_effects", kind: .gauge, labels: ["reason"], help: "Effects that wait, by reason.")
    static let openExceptions = Self(
        name: "plumbline_open_exceptions", kind: .gauge, labels: [], help: "Exceptions that are not resolved.")
    static let oldestUntold = Self(
        name: "plumbline_oldest_untold_seconds", kind: .gauge, labels: [],
        help: "Age of the oldest fact that is not yet acknowledged; 0 if there is none.")
    static let heldRecords = Self(
        name: "plumbline_held_records", kind: .gauge, labels: [], help: "Records the engine holds in memory.")

    /// Sorted by name.
    static let all: [Self] = [
        webhooks, webhookDuration, appendDuration, appendSize, receipts, entitiesRead, decisions, deliveries, lag,
        exceptions, exchanges, commits, storeDuration, storeFailures, inbox, pendingReceipts, entities, dirty, unsent,
        ambiguous, waiting, openExceptions, oldestUntold, heldRecords,
    ].sorted { $0.name < $1.name }

    /// The page `docs/metrics.md`.
    static var page: String {
        var lines = [
            "# Metrics", "",
            "`GET /metrics` returns these in Prometheus text format. This page is generated from "
                + "`Sources/Server/Metrics/MetricDeclaration.swift`; a test compares the two. "
                + "No label contains personal data.",
            "", "| name | kind | labels | meaning |", "|---|---|---|---|",
        ]
        for metric in all {
            let labels = metric.labels.map { "`\($0)`" }.joined(separator: ", ")
            lines.append("| `\(metric.name)` | \(metric.kind.rawValue) | \(labels) | \(metric.help) |")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
