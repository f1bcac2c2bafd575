import Bloomreach
import Commerce
import Shopify
import Sync
import Transport

/// Whether another connector already tells a shop's purchases (E11): recent orders are read from the shop, and their
/// buyers' events from the destination.
struct ForeignPurchaseCheck: Sendable {
    enum Verdict: Sendable, Hashable {
        case none(buyers: Int)
        case found(Int)
        case unseen(String)
    }

    /// How far back orders are looked for.
    static let recent = TimeSpan.days(30)

    let shop: ShopifyConfiguration
    let project: BloomreachConfiguration
    let exchanger: any Exchanger
    let now: Instant

    func run() async -> Verdict {
        var source = ShopifySource(configuration: shop)
        if let request = source.preparation(at: now) {
            switch source.prepared(await send(request, shop.connection), at: now) {
            case .ready: break
            case .later(_, let reason): return .unseen("the shop's recent orders cannot be listed: \(reason)")
            case .impossible(let exception): return .unseen("the shop refuses us: \(exception.cause)")
            }
        }
        let changes = SourceRead(
            id: 0, connection: shop.connection, wanted: .changes(.order, since: now - Self.recent, cursor: nil))
        guard case .found(let hints, _, _) = await answer(changes, source) else {
            return .unseen("the shop's recent orders cannot be listed")
        }
        let keys = Array(hints.compactMap(\.key).suffix(source.readKeysMax))
        guard !keys.isEmpty else { return .none(buyers: 0) }
        let read = SourceRead(id: 0, connection: shop.connection, wanted: .entities(keys))
        guard case .found(let orders, _, _) = await answer(read, source) else {
            return .unseen("the shop's recent orders cannot be read")
        }
        let buyers = orders.compactMap { observation -> Buyer? in
            guard case .snapshot(_, .order(let order), _, _, _) = observation else { return nil }
            return order.buyer
        }
        var look = ForeignPurchases(configuration: project, connection: shop.connection, buyers: buyers)
        while let request = look.next { look.take(await send(request, project.connection)) }
        if look.found > 0 { return .found(look.found) }
        if look.seen == 0, let trouble = look.trouble { return .unseen(trouble) }
        return .none(buyers: look.seen)
    }

    private func answer(_ read: SourceRead, _ source: ShopifySource) async -> SourceAnswer {
        source.interpret(await send(source.request(for: read), shop.connection), of: read, at: now)
    }

    private func send(_ request: HTTPRequest, _ connection: String) async -> HTTPOutcome {
        await exchanger.send(Exchange(id: 0, connection: connection, request: request))
    }
}

extension ForeignPurchaseCheck.Verdict {
    /// What to do when another connector tells purchases.
    static let advice =
        "Switch its purchase events off, or leave them out of every report and set accept_foreign_purchases: true in "
        + "the flow's policies; until then keep the flow in stage observe"
}
