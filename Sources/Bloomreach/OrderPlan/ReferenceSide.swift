import Commerce

/// Which side of a money bag is the brand's reference currency; frozen with the order's first told fact
/// (docs/architecture.md, law 8). Where neither side is, a dated rate that is frozen with it.
enum ReferenceSide: Hashable {
    static let slotName = "reference"
    case shop, presentment
    case converted(Rate)

    /// Reads what ``text`` wrote.
    init?(text: String) {
        switch text {
        case "shop": self = .shop
        case "presentment": self = .presentment
        default:
            guard let rate = Rate(text: text) else { return nil }
            self = .converted(rate)
        }
    }

    var text: String {
        switch self {
        case .shop: "shop"
        case .presentment: "presentment"
        case .converted(let rate): rate.text
        }
    }

    /// Rounded to the reference currency's minor unit.
    func money(_ bag: MoneyBag) -> Money {
        switch self {
        case .shop: return bag.shop.rounded
        case .presentment: return bag.presentment.rounded
        case .converted(let rate):
            guard let money = rate.convert(bag) else {
                preconditionFailure("an order keeps its currencies, so the rate frozen with it fits")
            }
            return money
        }
    }

    /// All units of each line, and delivery, converted so that with what is neither (taxes, duties) they make the
    /// total: what conversion rounds away goes to the largest of them (docs/architecture.md, law 8). `nil` where
    /// nothing is converted: a source's own numbers are told as they are.
    func convertedParts(of state: EditedState) -> ConvertedParts? {
        guard case .converted(let rate) = self else { return nil }
        let known = state.lines.map { $0.unitPrice * $0.quantity } + [state.shipping]
        let rest = known.reduce(state.total, -)
        let sides = (known + [rest]).compactMap { rate.side(of: $0) }
        let converted = rate.convert(total: sides.reduce(.zero(rate.from), +), lines: sides).lines
        precondition(converted.count == known.count + 1, "an order keeps its currencies, so its rate fits all sums")
        let lines = zip(state.lines.map(\.lineID), converted)
        return ConvertedParts(
            lines: Dictionary(lines, uniquingKeysWith: { first, _ in first }), shipping: converted[known.count - 1])
    }

    /// An order's total in the reference currency, taken apart.
    struct ConvertedParts: Hashable {
        /// All units of a line, by its id.
        let lines: [String: Money]
        let shipping: Money
    }
}
