import JSON
import Sync

extension World {
    /// What is wrong with the catalogue of variants, when everything is settled.
    func problemsOfGoods(_ truth: ShopTruth, _ belief: BloomreachBelief) -> [String] {
        guard let shop = try? JSON.parse(truth.text), let project = try? JSON.parse(belief.text),
            let exceptions = try? store.exceptions(includingResolved: false, limit: .max)
        else { return ["goods: the books cannot be read"] }
        let products = Set((shop["products"]?.array ?? []).compactMap { $0["product_id"]?.int64 })
        let keys = products.sorted().map {
            EntityKey(connection: SimulationParts.shopName, kind: .product, id: String($0))
        }
        let known = ((try? store.records(keys)) ?? []).filter { $0.truth.product != nil }
        return GoodsChecker(shop: shop, project: project, exceptions: exceptions)
            .problems(seen: Set(known.compactMap { Int64($0.key.id) }))
    }
}
