import Bloomreach
import Commerce
import Shopify
import Sync
import Transport

/// Detects another connector that already sends a shop's purchases (E11): reads recent orders from the shop, and the
/// events of their buyers from the destination.
struct ForeignPurchaseCheck: Sendable {
    enum Verdict: Sendable, Hashable {
        case none(buyers: Int)
        case found(Int)
        case unseen(String)
    }

    /// The age of the oldest orders to read.
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
        var search = ForeignPurchases(configuration: project, connection: shop.connection, buyers: buyers)
        while let request = search.next { search.take(await send(request, project.connection)) }
        if search.found > 0 { return .found(search.found) }
        if search.seen == 0, let trouble = search.trouble { return .unseen(trouble) }
        return .none(buyers: search.seen)
    }

    private func answer(_ read: SourceRead, _ source: ShopifySource) async -> SourceAnswer {
        source.interpret(await send(source.request(for: read), shop.connection), of: read, at: now)
    }

    private func send(_ request: HTTPRequest, _ connection: String) async -> HTTPOutcome {
        await exchanger.send(Exchange(id: 0, connection: connection, request: request))
    }
}

extension ForeignPurchaseCheck.Verdict {
    /// What to do if another connector sends purchases.
    static let advice =
        "Switch off its purchase events, or exclude them from every report and set accept_foreign_purchases: true in "
        + "the flow's policies; until then keep the flow in stage observe"
}
