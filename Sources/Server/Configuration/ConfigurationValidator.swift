import Flows
import Sync

/// Checks that need the whole file: every reference names something that exists, and no two sources produce the same
/// ids. Reports each mistake once, at its most likely place.
struct ConfigurationValidator {
    let brands: [Configuration.Brand]
    let connections: [Configuration.Connection]
    let flows: [Configuration.FlowEntry]
    let names: DeclaredNames
    let list: ProblemList

    func validate() {
        // A policy that could not be read would look like a different policy.
        let isWhole = list.problems.isEmpty
        validateBrandNames()
        validateConnectionNames()
        validateBrandTies()
        validatePrefixes()
        validateRepeatedFlows()
        if isWhole { validateJourneys() }
    }

    func add(
        _ code: ConfigurationProblem.Code, _ place: Configuration.Place, _ what: String, nearest: String? = nil
    ) {
        list.add(code, at: place, what, nearest: nearest)
    }

    func connection(_ name: String) -> Configuration.Connection? { connections.first { $0.name == name } }

    /// `shop`, `shop and crm`, `shop, bc and crm`
    static func enumeration(_ names: [String]) -> String {
        guard names.count > 1, let last = names.last else { return names.first ?? "" }
        return names.dropLast().joined(separator: ", ") + " and " + last
    }

    /// Two shops with one prefix would give two orders, and two people, the same id.
    private func validatePrefixes() {
        var owners: [(prefix: String, name: String)] = []
        for connection in connections {
            guard case .shopify(let shopify) = connection.system else { continue }
            if let other = owners.first(where: { $0.prefix == shopify.idPrefix }) {
                add(
                    .clash, shopify.idPrefixPlace,
                    "connections \(other.name) and \(connection.name) both prefix the ids of their orders and "
                        + "people with \"\(shopify.idPrefix)-\"; give one of them another id_prefix")
            }
            owners.append((shopify.idPrefix, connection.name))
        }
    }

    private func validateRepeatedFlows() {
        for (index, flow) in flows.enumerated() {
            let twin = flows.prefix(index).first {
                $0.from == flow.from && $0.to == flow.to && $0.blueprint == flow.blueprint
            }
            guard let twin else { continue }
            add(.clash, flow.place, "flows \(twin.name) and \(flow.name) would send everything to \(flow.to) twice")
        }
    }

    /// All flows of a brand need the same rules for journeys, because an order may be replaced in another shop.
    private func validateJourneys() {
        let brandNames = Set(flows.compactMap { connection($0.from)?.brand }).sorted()
        for brand in brandNames {
            let own = flows.filter { connection($0.from)?.brand == brand }
            var groups: [[Configuration.FlowEntry]] = []
            for flow in own {
                let index = groups.firstIndex { $0.first?.policies.journeys == flow.policies.journeys }
                if let index { groups[index].append(flow) } else { groups.append([flow]) }
            }
            guard groups.count > 1 else { continue }
            // The smaller group is the odd one; of two equal groups, the later.
            let smallest = groups.map(\.count).min() ?? 0
            guard let odd = groups.last(where: { $0.count == smallest })?.first,
                let other = own.first(where: { $0.policies.journeys != odd.policies.journeys })
            else { continue }
            add(
                .clash, odd.place,
                "flows \(other.name) and \(odd.name) belong to one brand but differ in policies.journeys; an order "
                    + "may be replaced in another shop, so set them once, under policies")
        }
    }
}
