public import Commerce

/// Receipt to truth, pure: duplicates, reordering and late copies end in the same truth (A2, A3).
public struct Reducer: Sendable {
    /// How long a tie waits beyond the clock second it happened in, before it is read.
    static let tieSettles = TimeSpan.milliseconds(1_200)

    /// Reads older than a hint's time, before the hint's time is no longer waited for.
    static let staleReadsMax = 3

    public var policies: Policies
    public init(policies: Policies) { self.policies = policies }

    /// What an observation did to truth.
    public struct Change: Sendable, Hashable {
        /// State or acts changed: plan.
        public var changedTruth = false
        /// Only bookkeeping changed (dirty mark): store, but no plan.
        public var changedMarks = false
        public var reason: Reason?
        public var detail: String
    }

    /// Where an observation came from.
    public enum Origin: Sendable, Hashable {
        case webhook
        case poll
        /// A read, its number, when it started, and the dirty mark it started from.
        case read(sequence: Int64, startedAt: Instant, mark: Int64?)
    }

    public func apply(_ observation: Observation, from origin: Origin, to truth: inout Truth, now: Instant) -> Change {
        switch observation {
        case .snapshot(_, let state, let sourceTime, let eventID, let isPartial):
            return applySnapshot(state, at: sourceTime, eventID: eventID, isPartial: isPartial, origin, &truth, now)
        case .hint(_, let sourceTime, let eventID, let awaitsCompanion):
            return applyHint(at: sourceTime, eventID: eventID, awaitsCompanion: awaitsCompanion, origin, &truth, now)
        case .act(_, let act):
            guard !truth.acts.contains(where: { $0.id == act.id }) else {
                return Change(reason: .duplicate, detail: "\(act.kind.rawValue) is known")
            }
            truth.acts.append(act)
            return Change(changedTruth: true, detail: act.kind.rawValue)
        case .privacyRequest(let request):
            return Change(reason: .exceptionOpen, detail: request.summary)
        case .unreadable(_, let code, let detail):
            return Change(reason: .exceptionOpen, detail: "\(code): \(detail)")
        case .unknownTopic(let topic):
            return Change(detail: "no flow uses \(topic)")
        }
    }

    private func applySnapshot(
        _ state: EntityState, at sourceTime: Instant, eventID: String?, isPartial: Bool, _ origin: Origin,
        _ truth: inout Truth, _ now: Instant
    ) -> Change {
        var readSequence: Int64 = 0
        if case .read(let sequence, _, _) = origin { readSequence = sequence }
        let incoming = Version(sourceTime: sourceTime, readSequence: readSequence)
        let merged = Self.merge(state, over: truth.state)
        var change = Change(detail: "version \(sourceTime)")

        if let known = truth.version, sourceTime < known.sourceTime {
            change.reason = .olderVersion
            change.changedTruth = Self.learnCurrency(from: state, &truth)
        } else if let known = truth.version, sourceTime == known.sourceTime, merged != truth.state,
            !Self.onlyAddsCurrency(merged, to: truth.state)
        {
            adoptTie(merged, incoming, known, origin, &truth, &change, now)
        } else if truth.version == nil || merged != truth.state {
            adopt(merged, incoming, &truth)
            change.changedTruth = true
        } else {
            change.changedMarks = truth.version != incoming
            truth.version = max(truth.version ?? incoming, incoming)
            change.reason = .duplicate
        }
        // Even a state that is no longer the newest proves that the order was paid.
        if case .order(let order) = state, noteGate(order, truth.order, &truth) { change.changedTruth = true }
        settleDirty(after: sourceTime, eventID: eventID, origin, &truth, &change, now)
        // Customer webhooks tell no consent (docs/vendors/shopify.md, Consent): should its own webhook be lost, a read
        // finds it.
        if case .customer(let customer) = state, origin == .webhook, !customer.emailConsent.isKnown,
            change.changedTruth, truth.dirty == nil
        {
            mark(&truth, .hint, notBefore: now + policies.editCompanionWait, eventID: eventID, floor: sourceTime)
            change.changedMarks = true
        }
        if isPartial, Self.isWorthReading(truth), truth.dirty == nil, change.reason != .olderVersion {
            mark(&truth, .hint, notBefore: now, eventID: eventID, floor: sourceTime)
            change.changedMarks = true
        }
        return change
    }

    /// What a read did not bring once, it will not bring the next time. The currency of a product's prices is brought
    /// by every read, and kept: webhooks never tell it, and come with every sale.
    private static func isWorthReading(_ truth: Truth) -> Bool {
        if let product = truth.product { return product.priceCurrency == nil }
        return !truth.wasRead
    }

    /// A read that a webhook has overtaken tells the currency all the same.
    private static func learnCurrency(from state: EntityState, _ truth: inout Truth) -> Bool {
        guard case .product(let older) = state, case .product(let product)? = truth.state,
            product.priceCurrency == nil, older.priceCurrency != nil
        else { return false }
        truth.state = .product(product.or(older))
        return true
    }

    /// The first read of a product says no other thing than the webhook before it: it only says more.
    private static func onlyAddsCurrency(_ state: EntityState, to known: EntityState?) -> Bool {
        guard case .product(var product) = state, case .product(let before)? = known, before.priceCurrency == nil else {
            return false
        }
        product.priceCurrency = nil
        return product == before
    }

    /// Two contents with one source time. A read knows better than a webhook, and a later read better than an
    /// earlier one; a webhook is only a reason to read, once the clock second is over.
    private func adoptTie(
        _ state: EntityState, _ incoming: Version, _ known: Version, _ origin: Origin, _ truth: inout Truth,
        _ change: inout Change, _ now: Instant
    ) {
        if case .read(_, let startedAt, _) = origin {
            guard incoming > known else {
                change.reason = .olderVersion
                return
            }
            adopt(state, incoming, &truth)
            change.changedTruth = true
            if startedAt < incoming.sourceTime + Self.tieSettles {
                mark(&truth, .tie, notBefore: incoming.sourceTime + Self.tieSettles, floor: incoming.sourceTime)
            }
        } else {
            mark(&truth, .tie, notBefore: max(now, incoming.sourceTime + Self.tieSettles), floor: incoming.sourceTime)
            change.changedMarks = true
            change.reason = .heldForSnapshot
            change.detail += ": two contents with one time, reading"
        }
    }

    private func adopt(_ state: EntityState, _ version: Version, _ truth: inout Truth) {
        if case .order(let order) = state { _ = noteGate(order, truth.order, &truth) }
        truth.state = state
        truth.version = version
    }

    /// Being paid is kept as an act, because an edit that raises the total makes a paid order partially paid. When an
    /// order known to be unpaid becomes paid, the time of that change is the time of the sale; one first seen paid was
    /// sold when it was placed.
    /// - Returns: whether an act was added.
    private func noteGate(_ order: Order, _ before: Order?, _ truth: inout Truth) -> Bool {
        let known = truth.acts.count
        let time = before == nil ? order.processedAt : order.updatedAt
        if truth.act(.paid) == nil, order.hasBeenPaid {
            truth.acts.append(.paid(order: order.id, at: time))
        }
        if truth.act(.authorized) == nil, order.financialStatus.hasBeenAuthorized {
            truth.acts.append(.authorized(order: order.id, at: time))
        }
        return truth.acts.count > known
    }

    private func settleDirty(
        after sourceTime: Instant, eventID: String?, _ origin: Origin, _ truth: inout Truth, _ change: inout Change,
        _ now: Instant
    ) {
        if case .read = origin, !truth.wasRead {
            // What is still unknown will stay so: the plan need not wait for it any longer.
            truth.wasRead = true
            change.changedTruth = true
        }
        guard let dirty = truth.dirty else { return }
        // Some hints carry a time that the entity's own version never reaches; believe the source in the end.
        let isCurrent = dirty.attempts >= Self.staleReadsMax || dirty.floor.map { sourceTime >= $0 } ?? true
        switch origin {
        case .read(_, let startedAt, let mark):
            guard dirty.mark == mark else { return }
            if isCurrent, startedAt >= dirty.notBefore || dirty.reason != .tie {
                truth.dirty = nil
            } else {
                postponeRead(&truth, now)
            }
            change.changedMarks = true
        case .webhook, .poll:
            let isCompanion = dirty.eventID != nil && dirty.eventID == eventID
            let isNewer = dirty.floor.map { sourceTime > $0 } ?? false
            guard dirty.reason != .hint || isNewer, isCompanion || isNewer else { return }
            truth.dirty = nil
            change.changedMarks = true
        }
    }

    private func applyHint(
        at sourceTime: Instant?, eventID: String?, awaitsCompanion: Bool, _ origin: Origin, _ truth: inout Truth,
        _ now: Instant
    ) -> Change {
        var change = Change(detail: "told to read")
        if let sourceTime, let known = truth.version,
            known.sourceTime > sourceTime || (origin == .poll && known.sourceTime == sourceTime)
        {
            change.reason = .olderVersion
            change.detail = "a newer version is known"
            return change
        }
        if origin == .poll, let dirty = truth.dirty, let floor = dirty.floor, let sourceTime, floor >= sourceTime {
            change.reason = .duplicate
            return change
        }
        let wait = awaitsCompanion ? policies.editCompanionWait : .zero
        mark(
            &truth, awaitsCompanion ? .companion : .hint, notBefore: now + wait, eventID: eventID,
            floor: sourceTime ?? truth.version?.sourceTime)
        change.changedMarks = true
        change.reason = .heldForSnapshot
        return change
    }

    /// A read that brought nothing usable is asked again, later each time.
    public func postponeRead(_ truth: inout Truth, _ now: Instant) {
        guard truth.dirty != nil else { return }
        let attempts = (truth.dirty?.attempts ?? 0) + 1
        truth.dirty?.attempts = attempts
        truth.dirty?.notBefore = now + TimeSpan.seconds(min(60, 1 << Int64(min(attempts, 6))))
    }

    private func mark(
        _ truth: inout Truth, _ reason: Dirty.Reason, notBefore: Instant, eventID: String? = nil, floor: Instant?
    ) {
        let earlier = truth.dirty
        // The sooner read and the later floor win, so that no mark is lost in another.
        let sooner = earlier.map { min($0.notBefore, notBefore) } ?? notBefore
        let floors = [earlier?.floor, floor].compactMap { $0 }
        truth.dirty = Dirty(
            reason: reason, notBefore: reason == .tie ? notBefore : sooner, mark: (earlier?.mark ?? truth.markBase) + 1,
            eventID: eventID, floor: floors.max(), attempts: earlier?.attempts ?? 0)
    }

    /// What a payload lacks never overwrites what is known.
    static func merge(_ state: EntityState, over earlier: EntityState?) -> EntityState {
        if case .customer(let customer) = state, case .customer(let before)? = earlier {
            return .customer(customer.or(before))
        }
        if case .product(let product) = state, case .product(let before)? = earlier {
            return .product(product.or(before))
        }
        if case .cart(var cart) = state, case .cart(let before)? = earlier {
            cart.buyer = cart.buyer.or(before.buyer)
            return .cart(cart)
        }
        if case .order(let order) = state, case .order(let before)? = earlier { return .order(order.or(before)) }
        return state
    }
}

extension Truth {
    /// Marks differ between two lives of the dirty flag, so that a slow read cannot clear a later mark.
    var markBase: Int64 { version.map { $0.sourceTime.microseconds } ?? 0 }
}
