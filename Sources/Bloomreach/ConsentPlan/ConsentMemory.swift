import Commerce
import Sync

/// What was told of one channel, kept in the slot `consent:<channel>` as `accept:<microseconds>:<category>`.
struct ConsentMemory: Hashable {
    static func slotName(_ channel: ConsentChannel) -> String { "consent:\(channel.rawValue)" }

    var isGranted: Bool
    var decidedAt: Instant
    var category: String

    init(_ consent: EffectiveConsent, category: String) {
        isGranted = consent.isGranted
        decidedAt = consent.decidedAt
        self.category = category
    }

    /// `nil` where nothing was told.
    init?(slot text: String?) {
        guard let parts = text?.split(separator: ":", maxSplits: 2), parts.count == 3,
            let microseconds = Int64(parts[1])
        else { return nil }
        isGranted = parts[0] == "accept"
        decidedAt = Instant(microseconds: microseconds)
        category = String(parts[2])
    }

    var action: String { isGranted ? "accept" : "reject" }
    var text: String { "\(action):\(decidedAt.microseconds):\(category)" }

    /// Whether a wish is news after this: a newer decision, at one time only an opt-out. An opt-out that every later
    /// state of the customer shows without a time is news after a grant only.
    func isOutdated(by consent: EffectiveConsent) -> Bool {
        if isGranted != consent.isGranted, consent.decidedAt == decidedAt { return !consent.isGranted }
        guard consent.decidedAt > decidedAt else { return false }
        return !consent.isUndatedState || isGranted
    }
}
