import Commerce
import JSON
import Sync

/// Compares the goods of the shop with the rows of the catalogue `variants`, where SKUs name them: the oldest product
/// that is in the shop has the row, and whoever else carries the SKU is an open question for somebody.
struct GoodsChecker {
    private struct Variant {
        var product: Int64
        var id: Int64
        var sku: String
        var title: String
        var price: String
        var inventory: Int64
        var status: String

        var isInShop: Bool { status != "archived" }
    }

    /// Oldest first: numbers grow with time.
    private let variants: [Variant]
    private let rows: [String: JSON]
    /// Products that an exception `product_unknown` is open for.
    private let asked: Set<Int64>

    init(shop: JSON, project: JSON, exceptions: [OpenException]) {
        variants = (shop["products"]?.array ?? []).map { variant in
            Variant(
                product: variant["product_id"]?.int64 ?? 0, id: variant["variant_id"]?.int64 ?? 0,
                sku: variant["sku"]?.string ?? "", title: variant["title"]?.string ?? "",
                price: variant["price"]?.string ?? "", inventory: variant["inventory"]?.int64 ?? 0,
                status: variant["status"]?.string ?? "")
        }.sorted { ($0.product, $0.id) < ($1.product, $1.id) }
        let catalog = (project["catalogs"]?.array ?? []).first { $0["name"]?.string == "variants" }
        rows = (catalog?["items"]?.array ?? []).reduce(into: [:]) { rows, item in
            rows[item["item_id"]?.string ?? ""] = item["properties"] ?? .null
        }
        asked = Set(
            exceptions.filter { $0.kind == .productUnknown }.compactMap { EntityKey($0.subject) }
                .compactMap { Int64($0.id) })
    }

    /// - Parameter seen: products that the shop told us of, by a webhook or a list.
    func problems(seen: Set<Int64>) -> [String] {
        let seen = variants.filter { seen.contains($0.product) }
        let problems = Set(seen.map(\.sku)).union(rows.keys).sorted().compactMap { sku in
            problem(of: sku, carriers: seen.filter { $0.sku == sku })
        }
        return problems + questions(seen)
    }

    private func problem(of sku: String, carriers: [Variant]) -> String? {
        guard let owner = carriers.first(where: \.isInShop) ?? carriers.first else {
            return rows[sku]?["active"] == false ? nil : "goods: nothing has SKU \(sku), and its row is active"
        }
        guard let row = rows[sku] else { return "goods: SKU \(sku) of product \(owner.product) has no row" }
        let wanted: [(String, String)] = [
            ("product_id", "\(owner.product)"), ("shop_variant_id", "\(owner.id)"), ("title", owner.title),
            ("price", Amount(owner.price)?.description ?? ""), ("stock_level", "\(owner.inventory)"),
            ("active", owner.status == "active" ? "true" : "false"),
        ]
        let wrong = wanted.filter { name, value in
            (row[name]?.string ?? row[name]?.decimalText ?? row[name]?.text() ?? "") != value
        }
        return wrong.isEmpty
            ? nil
            : "goods: the row of SKU \(sku) is product \(owner.product)'s, and its "
                + wrong.map { "\($0.0) is \(row[$0.0]?.text() ?? "missing"), not \($0.1)" }.joined(separator: ", ")
    }

    /// Who carries a SKU that an older variant has is asked about, and nobody else.
    private func questions(_ seen: [Variant]) -> [String] {
        let wanted = Set(
            seen.filter { variant in
                variant.isInShop
                    && seen.contains { $0.sku == variant.sku && $0.isInShop && isOlder($0, variant) }
            }.map(\.product))
        return wanted.symmetricDifference(asked).sorted().map { product in
            wanted.contains(product)
                ? "goods: product \(product) carries a SKU of another, and nobody is asked about it"
                : "goods: product \(product) carries no SKU of another, and somebody is asked about it"
        }
    }

    private func isOlder(_ left: Variant, _ right: Variant) -> Bool {
        (left.product, left.id) < (right.product, right.id)
    }
}
