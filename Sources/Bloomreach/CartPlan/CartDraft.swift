import Commerce
import JSON
import Sync

/// A plan in the making for one basket.
struct CartDraft: PlanDraft {
    static let updateType = "cart_update"
    static let checkoutType = "checkout"
    /// The content as told: `digest:anonymous` or `digest:known`.
    static let slotName = "cart"

    let cart: Cart
    let ledger: Ledger
    let context: PlanContext
    let configuration: BloomreachConfiguration
    /// How the owner is called. An anonymous cart, or one whose owner has no id of this project, goes under its own
    /// id alone.
    let owner: PersonAddress.Choice

    var plan = Plan()

    init(cart: Cart, ledger: Ledger, context: PlanContext, configuration: BloomreachConfiguration) {
        self.cart = cart
        self.ledger = ledger
        self.context = context
        self.configuration = configuration
        owner = PersonAddress.choose(in: context, identity: configuration.identity)
    }

    private var ownerIDs: ExternalIDs? {
        if case .address(let address) = owner { address.ids } else { nil }
    }

    private var prefix: String { context.flow.idPrefix }

    // MARK: Events

    mutating func planUpdate() {
        let before = ledger.slot(Self.slotName)
        let digest = contentDigest
        let told = "\(digest):\(owner == .none(.noIdentity) ? "anonymous" : "known")"
        // Told under the person is told: a person who cannot be named now is no reason to say it again.
        guard before != told, before != "\(digest):known" else { return decide(Self.updateType, .noChange) }
        // A checkout begins from a basket that was there before.
        let isBegun = before != nil || cart.cartToken != nil
        guard isBegun || !cart.lines.isEmpty else {
            return decide(Self.updateType, .noChange, nil, "empty, and never told")
        }
        guard let ids = address(for: Self.updateType, factAt: cart.updatedAt) else { return }
        let key = updateKey(StableDigest.of(told))
        guard !ledger.isParked(key) else { return refuse(Self.updateType) }
        notePrices()
        var properties = content
        properties["action"] = .string(cart.lines.isEmpty ? "empty" : isBegun ? "update" : "create")
        properties["stage"] = .string(cart.stage.rawValue)
        tell(
            Self.updateType, key: key, at: cart.updatedAt, place: ownerIDs == nil ? 0 : 1, properties, under: ids,
            after: openUpdateKeys, slots: [AcknowledgedValue(Self.slotName, told)])
    }

    mutating func planCheckout() {
        guard cart.stage == .checkout else { return }
        let key = "\(prefix)-checkout:\(cart.id):begin"
        guard !ledger.isToldOrAttempted(key) else { return }
        guard !ledger.isParked(key) else { return refuse(Self.checkoutType) }
        guard let ids = address(for: Self.checkoutType, factAt: cart.createdAt) else { return }
        var properties = content
        properties["step_title"] = "begin"
        tell(Self.checkoutType, key: key, at: cart.createdAt, place: 2, properties, under: ids)
    }

    /// Were an earlier one acknowledged last, the slot would say its content, and the newer be told again.
    private var openUpdateKeys: [EventKey] {
        ledger.deliveries.filter { $0.mayBeTold && $0.eventType == Self.updateType }.map(\.key)
    }

    /// One fact for each change of the content: a basket that goes back to what it was has changed again, which its
    /// time tells, and within one instant a number.
    private func updateKey(_ digest: String) -> EventKey {
        let key =
            "\(prefix)-cart:\(cart.cartID):\(cart.stage.rawValue):\(cart.updatedAt.microseconds):\(digest.prefix(8))"
        guard ledger.isToldOrAttempted(key) else { return key }
        let again = (2...).lazy.map { "\(key):\($0)" }.first { !ledger.isToldOrAttempted($0) }
        return again ?? key
    }

    // MARK: Whether and to whom

    /// Baseline, horizon, address, as for orders.
    private mutating func address(for eventType: String, factAt time: Instant) -> JSONObject? {
        if isPast(eventType, factAt: time) { return nil }
        if owner == .none(.waitsForDependency) {
            plan.awaitsAddress = true
            wait(eventType, .waitsForDependency, "the person is told first")
            return nil
        }
        var ids = ToldAddress.cartIDs(cart.cartID, identity: configuration.identity)
        for member in (ownerIDs?.object ?? [:]).members { ids[member.key] = member.value }
        guard !ids.isEmpty else {
            wait(eventType, .noIdentity, "the cart is anonymous, and no soft id type takes its values from carts")
            return nil
        }
        return ids
    }

    private mutating func refuse(_ eventType: String) {
        wait(eventType, .refused, "refused before; `plumbline exceptions` says why")
    }

    /// - Parameter place: milliseconds that tell events of one second apart, where the source tells whole seconds.
    private mutating func tell(
        _ eventType: String, key: EventKey, at time: Instant, place: Int64, _ properties: JSONObject,
        under ids: JSONObject, after: [EventKey] = [], slots: [AcknowledgedValue] = []
    ) {
        var all = properties
        all["event_key"] = .string(key)
        all["live"] = .bool(context.stage(at: time) == .live)
        let isWhole = time.microseconds % 1_000_000 == 0
        let timestamp = TrackedEvent.timestamp(microseconds: time.microseconds + (isWhole ? place * 1_000 : 0))
        plan.deliveries.append(
            Delivery(
                key: key, kind: .history, channel: BloomreachDestination.trackingChannel, eventType: eventType,
                lane: .identity, occurredAt: time, after: after,
                body: TrackedEvent.body(
                    customerIDs: ids, eventType: eventType, properties: all, timestamp: timestamp), slots: slots))
        decide(eventType, .told, key, "\(cart.lines.reduce(0) { $0 + $1.quantity }) units")
    }
}
