import Commerce
import Sync

/// What one profile was told of one channel, kept in the slot `consent:<channel>:<profile>` as
/// `accept:<microseconds>:<category>`.
struct ConsentMemory: Hashable {
    /// One profile for each address that a person had before they turned out to be one.
    static func slotName(_ channel: ConsentChannel, of ids: ExternalIDs) -> String {
        slotPrefix(channel) + profile(of: ids)
    }
    static func slotPrefix(_ channel: ConsentChannel) -> String { "consent:\(channel.rawValue):" }

    /// Names a profile without saying whose it is.
    static func profile(of ids: ExternalIDs) -> String { String(StableDigest.of(ids.text).prefix(12)) }

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

    /// The later decision outweighs, at one time the opt-out.
    var weight: (Instant, Int, String) { (decidedAt, isGranted ? 0 : 1, category) }

    func says(_ consent: EffectiveConsent, category: String) -> Bool {
        self.category == category && !isOutdated(by: consent)
    }

    /// Whether a wish is news after this: a newer decision, at one time only an opt-out. An opt-out that every later
    /// state of the customer shows without a time is news after a grant only.
    func isOutdated(by consent: EffectiveConsent) -> Bool {
        if isGranted != consent.isGranted, consent.decidedAt == decidedAt { return !consent.isGranted }
        guard consent.decidedAt > decidedAt else { return false }
        return !consent.isUndatedState || isGranted
    }
}
