import Commerce
import Sync

/// What is said where prices of a shop, which sells in another currency than the brand counts in, have no rate. It is
/// one exception for the whole shop: each of its products and baskets would say the same.
enum PriceRates {
    /// Retries prices without a rate: the file is read at the start, so an operator who adds a rate restarts the
    /// program.
    private static let retry = TimeSpan.minutes(60)

    static func missing(_ currency: Currency, in flow: Flow, on day: Instant) -> RaisedException {
        RaisedException(
            .rateMissing, subject: subject(flow),
            cause:
                "\(flow.source) sells in \(currency), and the rates file has no rate to \(flow.referenceCurrency) for "
                + "\(day.description.prefix(10)); prices of its products and baskets are left out")
    }

    static func exceptionID(in flow: Flow) -> String { RaisedException.id(.rateMissing, subject: subject(flow)) }

    private static func subject(_ flow: Flow) -> String { "\(flow.source) prices" }

    /// When prices at the rate of `now` must be checked again: rates begin at midnight (UTC).
    static func refresh(after now: Instant, isMissing: Bool) -> Instant {
        let day = TimeSpan.days(1).microseconds
        let midnight = Instant(microseconds: (now.microseconds / day + 1) * day)
        return isMissing ? min(now + retry, midnight) : midnight
    }
}
