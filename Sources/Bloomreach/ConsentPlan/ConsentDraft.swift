import Commerce
import JSON
import Sync

/// A plan in the making for one customer's consent.
struct ConsentDraft: PlanDraft {
    static let eventType = "consent"
    /// Two clocks may differ by this; a decision further ahead than that cannot have been made yet, and told, it would
    /// outweigh every opt-out until then.
    static let aheadMax = TimeSpan.seconds(60)

    let record: EntityRecord
    let ledger: Ledger
    let context: PlanContext
    let configuration: BloomreachConfiguration
    let address: PersonAddress.Choice

    var plan = Plan()
    private var conflicts: [String] = []
    private var faults: [String] = []

    init(record: EntityRecord, ledger: Ledger, context: PlanContext, configuration: BloomreachConfiguration) {
        self.record = record
        self.ledger = ledger
        self.context = context
        self.configuration = configuration
        address = PersonAddress.choose(in: context, identity: configuration.identity)
    }

    // MARK: One channel

    mutating func plan(_ channel: ConsentChannel) {
        let evidence = evidence(on: channel)
        guard let consent = EffectiveConsent(of: evidence, on: channel) else {
            return planNothing(channel, hasGrantOfUnknownTime: !evidence.isEmpty)
        }
        guard let category = configuration.consentCategories[channel] else {
            return decide(.neverTold, channel, "no consent category is configured for it")
        }
        let told = toldMemories(on: channel)
        let newest = told.values.max { $0.weight < $1.weight }
        if let newest, newest.decidedAt > consent.decidedAt { return decide(.olderVersion, channel) }
        let isSaid = newest?.says(consent, category: category) ?? false
        guard case .address(let known) = address, let address = known.ids else {
            return isSaid ? decide(.noChange, channel) : waitForAddress(channel)
        }
        guard !consent.isGranted else {
            return isSaid ? decide(.noChange, channel) : tell(consent, category, under: [address])
        }
        // Campaigns look at one profile at a time, so an opt-out must reach all that are theirs.
        let unaware = ([address] + ToldAddress.apart(in: context)).filter { ids in
            let memory = told[ConsentMemory.slotName(channel, of: ids)]
            return !(memory?.says(consent, category: category) ?? false)
        }
        guard !unaware.isEmpty else { return decide(.noChange, channel) }
        tell(consent, category, under: unaware)
    }

    private mutating func waitForAddress(_ channel: ConsentChannel) {
        guard mayTell(channel), case .none(let reason) = address else { return }
        if reason == .waitsForDependency { plan.awaitsAddress = true }
        wait(reason, channel, "the person has no address there")
    }

    /// Whether this stage tells it.
    private mutating func mayTell(_ channel: ConsentChannel) -> Bool {
        guard context.stage == .ingest, !configuration.sendsConsentInIngest else { return true }
        wait(.stageObserve, channel, "consent is not sent in stage ingest")
        return false
    }

    /// By slot; told or attempted.
    private func toldMemories(on channel: ConsentChannel) -> [String: ConsentMemory] {
        let open = ledger.deliveries.filter(\.mayBeTold).flatMap(\.slots)
        let names = Set((ledger.slots + open).map(\.name)).filter { $0.hasPrefix(ConsentMemory.slotPrefix(channel)) }
        return names.reduce(into: [:]) { memories, name in
            memories[name] = ConsentMemory(slot: ledger.slot(name))
        }
    }

    /// Acts, and what the shop's record says now: a webhook that was lost is found by a later read.
    private func evidence(on channel: ConsentChannel) -> [ConsentEvidence] {
        let acts = record.truth.acts.compactMap { act -> ConsentEvidence? in
            guard act.kind == .consent, let decision = act.consent, decision.channel == channel else { return nil }
            return ConsentEvidence(decision, seenAt: act.at)
        }
        guard let customer = record.truth.customer else { return acts }
        let known = channel == .email ? customer.emailConsent : customer.smsConsent
        let state = ConsentEvidence(known.value ?? nil, channel: channel, seenAt: customer.updatedAt)
        return acts + [state].compactMap { $0 }
    }

    private mutating func planNothing(_ channel: ConsentChannel, hasGrantOfUnknownTime: Bool) {
        guard hasGrantOfUnknownTime else { return decide(.noChange, channel, "no decision is known") }
        guard configuration.consentCategories[channel] != nil else {
            return decide(.neverTold, channel, "no consent category is configured for it")
        }
        conflict(channel, "a grant without a time cannot be weighed, and is not told")
    }

    private mutating func tell(_ consent: EffectiveConsent, _ category: String, under profiles: [ExternalIDs]) {
        let channel = consent.channel
        guard mayTell(channel) else { return }
        guard consent.decidedAt <= context.now + Self.aheadMax else {
            plan.planAgainAt = min(plan.planAgainAt ?? consent.decidedAt, consent.decidedAt)
            return conflict(channel, "a decision of \(consent.decidedAt) lies ahead of our clock, and is not told")
        }
        let memory = ConsentMemory(consent, category: category)
        let timestamp = TrackedEvent.timestamp(microseconds: Self.toldMicroseconds(consent))
        let properties: JSONObject = [
            "action": .string(memory.action), "category": .string(category), "channel": .string(channel.rawValue),
            "live": .bool(context.stage(at: consent.decidedAt) == .live), "source": "private_api",
            "timestamp": .number(JSONNumber(exactly: timestamp)), "valid_until": "unlimited",
        ]
        let categories = ConsentChannel.allCases.compactMap { configuration.consentCategories[$0] }
        if let problem = ConsentEvent.problem(in: properties, categories: categories) {
            faults.append("\(channel.rawValue): \(problem)")
            return wait(.exceptionOpen, channel, problem)
        }
        for ids in profiles { tell(memory, on: channel, properties, at: timestamp, under: ids) }
    }

    private mutating func tell(
        _ memory: ConsentMemory, on channel: ConsentChannel, _ properties: JSONObject, at timestamp: String,
        under ids: ExternalIDs
    ) {
        let key =
            "\(context.flow.idPrefix)-consent:\(record.key.id):\(channel.rawValue):\(memory.action):"
            + "\(memory.decidedAt.microseconds):\(memory.category):\(ConsentMemory.profile(of: ids))"
        guard !ledger.isParked(key) else {
            return wait(.refused, channel, "refused before; `plumbline exceptions` says why")
        }
        var all = properties
        all["event_key"] = .string(key)
        plan.deliveries.append(
            Delivery(
                key: key, kind: .present, channel: BloomreachDestination.trackingChannel, eventType: Self.eventType,
                lane: .orders, occurredAt: memory.decidedAt,
                body: TrackedEvent.body(
                    customerIDs: ids.object, eventType: Self.eventType, properties: all, timestamp: timestamp),
                slots: [AcknowledgedValue(ConsentMemory.slotName(channel, of: ids), memory.text)]))
        decide(.told, channel, memory.action, key: key)
    }

    /// Bloomreach decides by time alone, so an opt-out is half a millisecond later than a grant of the same time. That
    /// is below the finest step in which sources tell times, so it overtakes no later grant.
    private static func toldMicroseconds(_ consent: EffectiveConsent) -> Int64 {
        consent.decidedAt.microseconds + (consent.isGranted ? 0 : 500)
    }

    // MARK: What people are told

    private mutating func conflict(_ channel: ConsentChannel, _ cause: String) {
        conflicts.append("\(channel.rawValue): \(cause)")
        wait(.exceptionOpen, channel, cause)
    }

    /// One exception of a kind for each customer; cured as soon as nothing is wrong any more.
    mutating func cure() {
        for (kind, causes) in [(ExceptionKind.consentConflict, conflicts), (.mappingFailed, faults)] {
            if causes.isEmpty {
                plan.resolved.append(kind)
            } else {
                plan.raised.append(
                    RaisedException(kind, subject: record.key.description, cause: causes.joined(separator: "; ")))
            }
        }
    }

    private mutating func decide(
        _ reason: Reason, _ channel: ConsentChannel, _ detail: String? = nil, key: EventKey? = nil
    ) {
        decide(Self.eventType, reason, key, channel.rawValue + (detail.map { ": \($0)" } ?? ""))
    }

    private mutating func wait(_ reason: Reason, _ channel: ConsentChannel, _ detail: String) {
        wait(Self.eventType, reason, "\(channel.rawValue): \(detail)")
    }
}
