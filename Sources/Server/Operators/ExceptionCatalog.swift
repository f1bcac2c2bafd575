public import Sync

/// What operators need to know about each kind of exception: its owner, origin and severity, and what to do.
public struct ExceptionAdvice: Sendable, Hashable {
    public enum Owner: String, Sendable { case marketing, cx, finance, operations, engineering }
    public enum Origin: String, Sendable { case storefront, engine, destination }
    public enum Severity: String, Sendable { case warning, error, critical }

    public var owner: Owner
    public var origin: Origin
    public var severity: Severity
    /// The next step, in one sentence.
    public var suggestion: String
    /// The section of the runbooks about this kind.
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
                "Compare webhook_secrets with the app's secret in the shop; if an unknown sender caused it, resolve."
            )
        case .unreadablePayload:
            (
                .engineering, .storefront, .error,
                "Read the trace; if the shop changed its format, report it; then resolve."
            )
        case .sourceUnreadable:
            (
                .operations, .storefront, .critical,
                "Run plumbline check: it tests the token, the scopes and whether the shop is reachable."
            )
        case .missingWebhooks: (.operations, .storefront, .error, "Run plumbline check --fix to subscribe again.")
        case .hookUnhealthy: (.operations, .storefront, .warning, "Read the webhook report of the shop.")
        case .incompleteOrder:
            (.operations, .storefront, .error, "Open the order in the shop; give the app access to the missing data.")
        case .replacementDoubtful:
            (
                .cx, .storefront, .warning,
                "Decide whether one order replaced the other: plumbline orders join, or keep-apart."
            )
        case .identityConflict:
            (
                .cx, .storefront, .warning,
                "Decide whether the two persons are one: plumbline people merge, or keep-apart; or resolve."
            )
        case .identitySuspect:
            (
                .cx, .storefront, .warning,
                "Check whether people share an e-mail or mistyped it; if two persons are one, plumbline people merge."
            )
        case .privacyRequest:
            (
                .cx, .storefront, .error,
                "Fulfil the request in every system before its due date, then plumbline exceptions resolve."
            )
        case .consentConflict: (.marketing, .storefront, .error, "Find out what the customer consented to, and when.")
        case .rateMissing:
            (
                .finance, .storefront, .error,
                "Add the rate to the rates file and restart serve; for an order, then plumbline exceptions retry."
            )
        case .productUnknown:
            (
                .operations, .storefront, .warning,
                "Give each variant its own SKU in the shop; the exception then resolves itself."
            )
        case .mappingFailed:
            (
                .engineering, .engine, .error,
                "Correct the SKU or the category under consents that the cause names, then retry."
            )
        case .destinationRefused:
            (
                .marketing, .destination, .error,
                "Read the refusal, correct the destination's setup, then plumbline exceptions retry; or resolve --skip."
            )
        case .destinationUnauthorised:
            (
                .engineering, .destination, .critical,
                "Renew the key, update the configuration, restart serve, run plumbline check."
            )
        case .destinationUnreachable:
            (.engineering, .destination, .critical, "Check whether the destination is down; nothing is lost meanwhile.")
        case .ambiguousDuplicate:
            (
                .marketing, .destination, .warning,
                "Count each event_key once in reports that must be exact, then resolve."
            )
        case .lagOverObjective:
            (
                .operations, .engine, .error,
                "Read the cause; check GET /api/v1/freshness and the destination's rate limits."
            )
        case .silence: (.operations, .storefront, .error, "Place a test order; run plumbline check.")
        case .driftFound:
            (
                .engineering, .destination, .error,
                "Compare the trace with the destination; then resolve, or report a bug with the trace."
            )
        case .editBlocked: (.cx, .storefront, .warning, "Tell the shopper, or edit the order by hand.")
        case .sagaStuck: (.operations, .engine, .error, "Check the edit's last step and finish it by hand.")
        case .stockMismatch:
            (.operations, .storefront, .warning, "Count the stock, and correct it in the system that keeps it.")
        case .payoutDifference: (.finance, .storefront, .error, "Compare the payout with the orders it names.")
        case .captureProblem: (.finance, .storefront, .error, "Capture by hand before the authorisation expires.")
        case .fulfilmentConflict: (.operations, .storefront, .warning, "Stop the parcel, or undo the edit.")
        case .capacity:
            (
                .engineering, .engine, .error,
                "The cause names the limit; raise max_body or add disk space, restart serve, then resolve."
            )
        }
    }
}
