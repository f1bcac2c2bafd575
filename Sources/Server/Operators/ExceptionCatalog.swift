public import Sync

/// What people must know about each kind of exception: who owns it, where it comes from, how bad it is, what to do.
public struct ExceptionAdvice: Sendable, Hashable {
    public enum Owner: String, Sendable { case marketing, cx, finance, operations, engineering }
    public enum Origin: String, Sendable { case storefront, engine, destination }
    public enum Severity: String, Sendable { case warning, error, critical }

    public var owner: Owner
    public var origin: Origin
    public var severity: Severity
    /// The next step, in one sentence.
    public var suggestion: String
    /// Where the page about this kind is.
    public var runbook: String

    /// The one table.
    public static func about(_ kind: ExceptionKind) -> ExceptionAdvice {
        let row = row(kind)
        return ExceptionAdvice(
            owner: row.0, origin: row.1, severity: row.2, suggestion: row.3,
            runbook: "docs/runbooks.md#\(kind.rawValue)")
    }

    private static func row(_ kind: ExceptionKind) -> (Owner, Origin, Severity, String) {
        switch kind {
        case .signatureFailures:
            (
                .engineering, .storefront, .critical,
                "Compare webhook_secrets with the app's secret in the shop; if it was a stranger, resolve."
            )
        case .unreadablePayload:
            (
                .engineering, .storefront, .error,
                "Look at the trace; mend the mapping if the shop changed its format, then resolve."
            )
        case .sourceUnreadable:
            (
                .operations, .storefront, .critical,
                "Run plumbline check: token, scopes, and whether the shop is reachable."
            )
        case .missingWebhooks: (.operations, .storefront, .error, "Run plumbline check --fix to subscribe again.")
        case .hookUnhealthy: (.operations, .storefront, .warning, "Look at the webhook report of the shop.")
        case .incompleteOrder:
            (.operations, .storefront, .error, "Read the order in the shop; give the app access to what is missing.")
        case .replacementDoubtful:
            (.cx, .storefront, .warning, "Decide whether the two orders are one: plumbline orders join, or keep-apart.")
        case .identityConflict:
            (.cx, .storefront, .warning, "Decide who the person is: plumbline people merge, or keep-apart; or resolve.")
        case .identitySuspect:
            (
                .cx, .storefront, .warning,
                "Look whether people share an e-mail, or mistyped it; then plumbline people merge if two are one."
            )
        case .privacyRequest:
            (
                .cx, .storefront, .error,
                "Do what is asked in every system before the due date, then plumbline exceptions resolve."
            )
        case .consentConflict: (.marketing, .storefront, .error, "Find out what the person consented to, and when.")
        case .rateMissing:
            (
                .finance, .storefront, .error,
                "Add the day and currency to the rates file, restart serve; of an order, plumbline exceptions retry."
            )
        case .productUnknown:
            (.operations, .storefront, .warning, "Give each variant a SKU of its own in the shop: it closes itself.")
        case .mappingFailed:
            (
                .engineering, .engine, .error,
                "Correct what the cause names (a SKU, a category under consents), then retry."
            )
        case .destinationRefused:
            (
                .marketing, .destination, .error,
                "Read the refusal, correct the destination's setup, then plumbline exceptions retry; or resolve --skip."
            )
        case .destinationUnauthorised:
            (.engineering, .destination, .critical, "Renew the key, put it into the configuration, restart, run check.")
        case .destinationUnreachable:
            (.engineering, .destination, .critical, "Look whether the destination is down; nothing is lost meanwhile.")
        case .ambiguousDuplicate:
            (
                .marketing, .destination, .warning,
                "Count by event_key in reports that must be exact, then resolve."
            )
        case .lagOverObjective:
            (.operations, .engine, .error, "Read the cause; look at freshness, and at the destination's limits.")
        case .silence: (.operations, .storefront, .error, "Place a test order; run plumbline check.")
        case .driftFound:
            (
                .engineering, .destination, .error,
                "Look at the trace and in the destination; then resolve, or report a fault with the trace."
            )
        case .editBlocked: (.cx, .storefront, .warning, "Tell the shopper, or edit the order by hand.")
        case .sagaStuck: (.operations, .engine, .error, "Look at the edit's last step and finish it by hand.")
        case .stockMismatch: (.operations, .storefront, .warning, "Count, and correct the stock where it is kept.")
        case .payoutDifference: (.finance, .storefront, .error, "Compare the payout with the orders it names.")
        case .captureProblem: (.finance, .storefront, .error, "Capture by hand before the authorisation expires.")
        case .fulfilmentConflict: (.operations, .storefront, .warning, "Stop the parcel, or undo the edit.")
        case .capacity:
            (
                .engineering, .engine, .error,
                "Look which limit was met; raise max_body or add room, restart, then resolve."
            )
        }
    }
}
