import Commerce
import JSON
import Transport
import Twins

/// What happens in the shop, and who is behind it.
extension World {
    /// Only actions change a shop, so one look is good until the next.
    var shopTruth: ShopTruth {
        mutating get {
            if let seenTruth { return seenTruth }
            let truth = ShopTruth(of: shop, at: Self.twinTime(now))
            seenTruth = truth
            return truth
        }
    }

    mutating func perform(_ body: JSON) {
        guard let action = resolve(body) else { return }
        let before = repeated(body)
        let shopper = body["shopper"]?.int64.map(Int.init) ?? before.flatMap { witness.shopper(of: $0) }
        let answer = act(action)
        if answer != nil {
            report.actions += 1
            let truth = shopTruth
            if action["do"]?.string == "place_order" {
                report.orders += 1
                let id = answer?["ids"]?["order"]?.decimalText
                if let shopper, let order = truth.orders.first(where: { $0.id == id }) {
                    witness.saw(shopper, behind: order, buyer: action)
                }
            }
            witness.look(at: truth)
        }
        story.append("\(now) action \(answer == nil ? 400 : 200) \(action.text())")
    }

    /// - Returns: `nil` for an action that the shop refused.
    @discardableResult
    mutating func act(_ action: JSON) -> JSON? {
        let request = HTTPRequest(
            method: "POST", path: "/_twin/act", headers: ["Content-Type": "application/json"], body: action.encoded())
        let reply = shop.handle(request, now: Self.twinTime(now), random: &twinRandom)
        guard let response = reply.response, response.status == 200 else { return nil }
        seenTruth = nil
        return try? JSON.parse(response.body)
    }

    /// Bloomreach was told something about people just now: no total may leave out what was there before we began.
    mutating func watchTotals(_ request: HTTPRequest) {
        guard String(decoding: request.body, as: UTF8.self).contains("\"orders_count\"") else { return }
        let snapshot = BloomreachSnapshot(of: crm, at: Self.twinTime(now))
        let checkers = Checkers(
            truth: shopTruth, snapshot: snapshot, idPrefix: SimulationParts.shopName, witness: witness)
        saidTooSoon.formUnion(checkers.totalsSoFar())
    }

    // MARK: Words of histories

    private static let ownWords = ["shopper", "of", "again_as"]

    /// Histories speak of an order as its shopper does, of a line by its place among those still on the order, and of
    /// whoever placed an order; the shop wants ids.
    private mutating func resolve(_ body: JSON) -> JSON? {
        guard var action = body.object else { return nil }
        let truth = shopTruth
        for word in Self.ownWords { action[word] = JSON?.none }
        if action["do"] == "settle" { action["do"] = "refund" }
        if action["do"] == "set_consent", isTooSoon(.object(action), truth) { return nil }
        if let earlier = repeated(body) {
            guard let id = earlier.customerID.flatMap({ Int64($0) }) else { return nil }
            action["customer"] = JSON(id)
        } else if body["again_as"] != nil {
            return nil
        }
        guard let name = action["order"]?.string, let named = truth.order(named: name) else { return .object(action) }
        let order = body["of"]?.string == "original" ? named : truth.current(of: named)
        if action["do"] == "recreate_order", truth.isSplit(order) { return nil }
        action["order"] = Int64(order.id).map { JSON($0) } ?? .string(name)
        return Self.resolvingLines(of: action, order.openLineIDs)
    }

    private mutating func repeated(_ body: JSON) -> ShopTruth.ShopOrder? {
        guard let name = body["again_as"]?.string else { return nil }
        return shopTruth.order(named: name)
    }

    /// Two wishes of one second, or an older one told later, are for the property tests of consent: here each is later
    /// than the one before, so that a lost webhook leaves no doubt.
    private func isTooSoon(_ action: JSON, _ truth: ShopTruth) -> Bool {
        let at = action["at"]?.string.flatMap { Instant(iso8601: $0) } ?? now
        let email = action["customer"]?.string
        guard let customer = truth.customers.first(where: { $0.email == email }) else { return false }
        return customer.consents.values.contains { at.wholeSeconds <= $0.at.wholeSeconds }
    }

    private static func resolvingLines(of action: JSONObject, _ lines: [Int64]) -> JSON? {
        func resolved(_ json: JSON) -> JSON? {
            guard var entry = json.object, let index = entry["index"]?.int64 else { return json }
            guard !lines.isEmpty else { return nil }
            entry["index"] = JSON?.none
            entry["line"] = JSON(lines[Int(index) % lines.count])
            return .object(entry)
        }
        guard var result = resolved(.object(action))?.object else { return nil }
        for name in ["back", "changes", "lines"] {
            guard let entries = result[name]?.array else { continue }
            let all = entries.map(resolved)
            guard !all.contains(where: { $0 == nil }) else { return nil }
            result[name] = .array(all.compactMap { $0 })
        }
        return .object(result)
    }
}
