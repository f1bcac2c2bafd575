/// Something that shows a person's wish: an act, or a state that a shop holds.
public struct ConsentEvidence: Sendable, Hashable {
    public var decision: ConsentDecision
    /// The source's time of what shows it. The person decided no later than this.
    public var seenAt: Instant
    /// A state is shown again by each later version of the customer; an act is shown once.
    public var isState: Bool

    public init(_ decision: ConsentDecision, seenAt: Instant, isState: Bool = false) {
        self.decision = decision
        self.seenAt = seenAt
        self.isState = isState
    }

    /// What a shop's state says. `nil` for a state that is no explicit act, and for a grant without a time: a box that
    /// was ticked beforehand looks just so, and never overrides an explicit opt-out (B5).
    public init?(_ state: MarketingConsent?, channel: ConsentChannel, seenAt: Instant) {
        guard let state, let decision = ConsentDecision(state, channel: channel),
            !decision.isGranted || decision.decidedAt != nil
        else { return nil }
        self.init(decision, seenAt: seenAt, isState: true)
    }
}

/// A person's wish on one channel after everything that shows it was weighed (B5).
public struct EffectiveConsent: Sendable, Hashable {
    public var channel: ConsentChannel
    public var isGranted: Bool
    public var decidedAt: Instant
    /// An opt-out that a state shows without a time of its own: `decidedAt` moves with every later state.
    public var isUndatedState: Bool

    /// The newest explicit act wins; of two at one time the opt-out wins. An opt-out of unknown time counts as decided
    /// when it was seen, the latest it can have been, so that only a grant that is certainly newer overrides it. A
    /// grant of unknown time is never newer than anything and counts for nothing.
    ///
    /// - Returns: `nil` if the customer was never asked, or only such grants are known. The order of `evidence` is of
    ///   no consequence.
    public init?(of evidence: [ConsentEvidence], on channel: ConsentChannel) {
        let weighed = evidence.compactMap { shown -> EffectiveConsent? in
            let decision = shown.decision
            guard decision.channel == channel, !decision.isGranted || decision.decidedAt != nil else { return nil }
            return EffectiveConsent(
                channel: channel, isGranted: decision.isGranted, decidedAt: decision.decidedAt ?? shown.seenAt,
                isUndatedState: shown.isState && decision.decidedAt == nil)
        }
        guard let newest = weighed.max(by: { $0.weight < $1.weight }) else { return nil }
        self = newest
    }

    private init(channel: ConsentChannel, isGranted: Bool, decidedAt: Instant, isUndatedState: Bool) {
        self.channel = channel
        self.isGranted = isGranted
        self.decidedAt = decidedAt
        self.isUndatedState = isUndatedState
    }

    private var weight: (Instant, Int, Int) { (decidedAt, isGranted ? 0 : 1, isUndatedState ? 0 : 1) }
}
