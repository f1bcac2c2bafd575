import JSON
import Sync

extension World {
    /// What is wrong with the catalogue of variants, when everything is settled.
    func problemsOfGoods(_ truth: ShopTruth, _ snapshot: BloomreachSnapshot) -> [String] {
        guard let shop = try? JSON.parse(truth.text), let project = try? JSON.parse(snapshot.text),
            let exceptions = try? store.exceptions(includingResolved: false, limit: .max),
            let records = try? store.records(Self.productKeys(of: shop))
        else { return ["goods: the books cannot be read"] }
        let known = records.filter { $0.truth.product != nil }
        return GoodsChecker(shop: shop, project: project, exceptions: exceptions)
            .problems(seen: Set(known.compactMap { Int64($0.key.id) }))
    }

    private static func productKeys(of shop: JSON) -> [EntityKey] {
        Set((shop["products"]?.array ?? []).compactMap { $0["product_id"]?.int64 }).sorted().map {
            EntityKey(connection: SimulationParts.shopName, kind: .product, id: String($0))
        }
    }
}
