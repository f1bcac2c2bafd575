import Commerce
import JSON
import Sync

/// What a person is like now. Names, types and units are declared in ``CustomerProperties``.
extension PersonDraft {
    /// Products listed in `kept_products`: the newest.
    static let keptProductsMax = 100

    mutating func properties() -> JSONObject {
        var properties = JSONObject()
        if let email = currentEmail { properties["email"] = .string(email) }
        if let phone = currentPhone { properties["phone"] = .string(phone) }
        if let name = customers.last(where: { $0.firstName != nil })?.firstName {
            properties["first_name"] = .string(name)
        }
        if let name = customers.last(where: { $0.lastName != nil })?.lastName {
            properties["last_name"] = .string(name)
        }
        // A person whose orders turned out to be another's is told zero totals, not left with wrong sums.
        guard !person.orders.isEmpty || ledger.slot(Self.totalsSlot) != nil else { return properties }
        guard !person.isTooLarge, person.isHistoryKnown else {
            wait("customer_totals", .unknownHistory, "not every order of this person is known yet")
            return properties
        }
        guard let totals = CustomerTotals(person, context.flow) else {
            wait("customer_totals", .rateMissing, "an order has no rate to \(context.flow.referenceCurrency)")
            return properties
        }
        for member in totals.properties.members { properties[member.key] = member.value }
        hasTotals = true
        return properties
    }

    /// The newest record's; a shop's customer record knows better than an order.
    var currentEmail: String? {
        newest(customers.map { $0.email.flatMap(PersonIdentifier.email) })
            ?? newest(orders.map { $0.email.flatMap(PersonIdentifier.email) })
            ?? person.identifiersInUseFirst.first { $0.kind == .email }?.value
    }

    private var currentPhone: String? {
        newest(customers.map { $0.phone.flatMap(PersonIdentifier.phone) })
            ?? newest(orders.map { $0.phone.flatMap(PersonIdentifier.phone) })
            ?? person.identifiersInUseFirst.first { $0.kind == .phone }?.value
    }

    /// The person's newest one that is neither a placeholder nor shared by many people.
    private func newest(_ contacts: [PersonIdentifier?]) -> String? {
        contacts.last { $0.map(person.isEvidence) ?? false }??.value
    }
}

/// Sums over all orders of a person (docs/architecture.md, What Bloomreach is told), in the reference currency.
struct CustomerTotals {
    let properties: JSONObject

    /// The sums of no order.
    static let zeros: JSONObject = ["orders_count": 0, "return_rate": 0, "returned_value": 0, "total_spent": 0]

    /// - Returns: `nil` when an order is in another currency and no rate is known.
    init?(_ person: Person, _ flow: Flow) {
        let journeys = person.journeys(flow)
        var spent = Amount.zero
        var returned = Amount.zero
        var unitsEdited = 0
        var unitsReturned = 0
        var kept: [String] = []
        // By when they were placed: a replacement is as old as its journey.
        let standing = person.orders.filter {
            $0.counts(flow.policies(of: $0.key.connection)) && person.successor(of: $0.key, in: journeys, flow) == nil
        }.map { (order: $0, placedAt: Self.placedAt($0, person, journeys)) }
            .sorted {
                ($0.placedAt, $0.order.processedAt, $0.order.key) < ($1.placedAt, $1.order.processedAt, $1.order.key)
            }
        for order in standing.map(\.order) {
            guard let edited = flow.reference(order.editedTotal, on: order.processedAt),
                let back = flow.reference(order.returned, on: order.processedAt)
            else { return nil }
            spent = spent + edited - back
            returned = returned + back
            unitsEdited += order.unitsEdited
            unitsReturned += order.unitsReturned
            kept += order.keptProductIDs
        }
        var seen: Set<String> = []
        let newestFirst = kept.reversed().filter { seen.insert($0).inserted }.prefix(PersonDraft.keptProductsMax)
        var all: JSONObject = [
            "kept_products": .array(newestFirst.sorted().map(JSON.string)),
            "open_service_issue": .bool(standing.contains(where: \.order.hasOpenServiceIssue)),
            "orders_count": JSON(standing.count),
            "return_rate": OrderDraft.number(Self.share(unitsReturned, of: unitsEdited)),
            "returned_value": OrderDraft.number(returned),
            "total_spent": OrderDraft.number(spent),
        ]
        if let first = standing.first, let last = standing.last {
            all["first_order_at"] = JSON(first.placedAt.wholeSeconds)
            all["last_order_at"] = JSON(last.placedAt.wholeSeconds)
            all["last_order_id"] = .string(flow.purchaseID(last.order.key))
        }
        // The newest order says how it stands, void or not: that is what customer service asks.
        if let newest = person.orders.last(where: { $0.isTold(flow.policies(of: $0.key.connection)) }) {
            all["last_order_status"] = .string(newest.status)
        }
        properties = all
    }

    /// A replaced order's journey began when its first order was placed.
    private static func placedAt(_ order: OrderSummary, _ person: Person, _ journeys: Journeys) -> Instant {
        let root = journeys.role(of: order.key.description)?.root
        return person.orders.first { $0.key.description == root }?.processedAt ?? order.processedAt
    }

    /// Four decimals, half-even; 0 of nothing.
    private static func share(_ part: Int, of whole: Int) -> Amount {
        guard whole > 0 else { return .zero }
        let scaled = Int128(part) * 20_000 / Int128(whole)
        let exact = Int128(part) * 20_000 == scaled * Int128(whole)
        var tenThousandths = scaled / 2
        if scaled % 2 != 0, !exact || tenThousandths % 2 != 0 { tenThousandths += 1 }
        return Amount(millionths: tenThousandths * 100)
    }
}
