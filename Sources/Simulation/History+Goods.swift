import Commerce
import JSON
import Sync

/// What merchants do to goods: make them, often with a SKU that another has already, and change SKU, price, stock and
/// state; archive, sell again, delete. Few SKUs, so that products contend for them all the time.
struct GoodsHistory {
    /// The first two are of products that the shop sold before the connector began.
    private static let skus = ["MUG-WHITE", "CAP-BLACK", "G-1", "G-2"]
    private static let earlier = ["mug", "cap"]
    private static let statuses = ["archived", "active", "draft"]

    private var random: SeededRandom
    /// How many things happen, beside the making of the products.
    private let steps: Int

    init(seed: UInt64, steps: Int) {
        random = SeededRandom(seed: seed)
        self.steps = steps
    }

    private mutating func sku() -> JSON { .string(Self.skus[Int(random.below(Int64(Self.skus.count)))]) }
    private mutating func price() -> JSON { .string("\(1 + random.below(90)).50") }

    /// In the order of their times.
    mutating func actions(from start: Instant, over day: TimeSpan) -> [History.ShopAction] {
        let products = max(2, steps / 4)
        func time(_ share: Int64) -> Instant {
            start + TimeSpan(microseconds: random.below(day.microseconds * share / 8))
        }
        var actions = (0..<products).map { number in History.ShopAction(at: time(5), body: make(number)) }
        // Of what is older than the connector we hear when it changes, long after younger products took its SKU.
        actions += Self.earlier.map { handle in
            History.ShopAction(
                at: time(8), body: ["do": "update_product", "product": .string(handle), "tags": ["seen"]])
        }
        actions += (0..<steps).map { _ in
            let isEarlier = random.below(5) == 0
            let handle =
                isEarlier
                ? Self.earlier[Int(random.below(Int64(Self.earlier.count)))]
                : "good-\(random.below(Int64(products)))"
            return History.ShopAction(at: time(8), body: step(.string(handle)))
        }
        return actions.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }

    private mutating func make(_ number: Int) -> JSON {
        [
            "do": "create_product", "title": .string("Good \(number)"), "sku": sku(), "shares_sku": true,
            "price": price(), "inventory": JSON(random.below(50)),
        ]
    }

    private mutating func step(_ product: JSON) -> JSON {
        switch random.below(9) {
        case 0:
            return ["do": "update_product", "product": product, "title": .string("Good, renamed \(random.below(99))")]
        case 1: return ["do": "update_product", "product": product, "price": price()]
        case 2: return ["do": "update_product", "product": product, "inventory": JSON(random.below(50))]
        case 3, 4: return ["do": "update_product", "product": product, "new_sku": sku()]
        case 5, 6:
            let status = Self.statuses[Int(random.below(Int64(Self.statuses.count)))]
            return ["do": "update_product", "product": product, "status": .string(status)]
        case 7:
            return [
                "do": "create_product", "product": product, "sku": sku(), "shares_sku": true, "option": "Large",
                "price": price(),
            ]
        default:
            return random.below(2) == 0
                ? ["do": "delete_product", "product": product]
                : ["do": "update_product", "product": product, "tags": ["looked at"]]
        }
    }
}
