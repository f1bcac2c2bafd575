import Commerce
import Testing

/// Orders of one person, and what edit apps do to them.
struct JourneySample {
    /// Ten o'clock of some day; orders are made minutes after it.
    static let start = Instant(seconds: 1_790_000_000)
    private static let currency = Currency("GBP")

    /// An order of the person `7`, made so many minutes after the start.
    static func order(
        _ name: String, made: Int64 = 0, cancelled: Int64? = nil, reason: String? = "customer",
        connection: String = "shop", app: String? = nil, tags: [String] = [], mentions: [String] = [],
        originals: [String] = [], customer: String? = "7", buyer: String? = "b7", address: String? = "a7",
        skus: [String] = ["BELT", "SHIRT", "SOCKS"]
    ) throws -> JourneyOrder {
        let total = Money(Amount(units: 20), try #require(currency))
        let id = "5" + String(name.utf8.reduce(0) { $0 * 131 % 1_000_003 + Int($1) })
        return JourneyOrder(
            key: key(name, connection), id: id, connection: connection, name: name, createdAt: start + .minutes(made),
            cancelledAt: cancelled.map { start + .minutes($0) }, cancelReason: cancelled == nil ? nil : reason,
            appID: app, tags: tags, mentions: mentions, originals: originals, customerID: customer,
            buyerDigest: buyer, addressDigest: address, skus: skus,
            total: MoneyBag(shop: total, presentment: total))
    }

    static func key(_ name: String, _ connection: String = "shop") -> String { "\(connection)/order/\(name)" }

    /// Cancelled and recreated by an app that marks both, so many times: `#1031`, `#1031A`, `#1031B`...
    static func chain(_ number: Int = 1031, edits: Int, from start: Int64 = 0) throws -> [JourneyOrder] {
        let letters = ["", "A", "B", "C", "D", "E", "F"]
        return try (0...edits).map { index in
            let isLast = index == edits
            return try order(
                "#\(number)\(letters[index])", made: start + Int64(index) * 20,
                cancelled: isLast ? nil : start + Int64(index) * 20 + 21,
                tags: (index > 0 ? ["Edit Order"] : []) + (isLast ? [] : ["Edit Order - Cancelled"]),
                skus: index == 0 ? ["SHIRT"] : ["BELT", "SHIRT"])
        }
    }
}

extension Journeys {
    /// The verdict on two orders by name, in the shop `shop`.
    func verdict(_ original: String, _ replacement: String) -> JourneyVerdict {
        let keys = (JourneySample.key(original), JourneySample.key(replacement))
        return links.first { ($0.original, $0.replacement) == keys }?.verdict ?? .separate
    }
    func chain(named name: String) -> [String] {
        chain(of: JourneySample.key(name)).compactMap { $0.split(separator: "/").last.map(String.init) }
    }
}
