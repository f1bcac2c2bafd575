import Flows
import Sync

/// What can only be judged when everything is read: names that must exist, and ids that must not meet.
struct ConfigurationJudge {
    let configuration: Configuration
    let list: ProblemList

    init(_ configuration: Configuration, _ list: ProblemList) {
        self.configuration = configuration
        self.list = list
    }

    func judge() {
        judgeBrands()
        judgeProductMasters()
        judgePrefixes()
        judgeIdentity()
        for flow in configuration.flows { judge(flow) }
    }

    private func add(
        _ code: ConfigurationProblem.Code, _ place: Configuration.Place, _ what: String, nearest: String? = nil
    ) {
        list.add(code, at: place, what, nearest: nearest)
    }

    private func judgeBrands() {
        let names = configuration.brands.map(\.name)
        for connection in configuration.connections where !names.contains(connection.brand) {
            add(
                .unknownName, connection.place,
                "connection \(connection.name) is of brand \"\(connection.brand)\", "
                    + "which is not under brands", nearest: Spelling.nearest(to: connection.brand, among: names))
        }
    }

    /// A name misspelt here would leave the catalogues empty without a word.
    private func judgeProductMasters() {
        for brand in configuration.brands {
            guard let master = brand.productMaster, master != Configuration.Brand.externalMaster,
                configuration.connection(master)?.brand != brand.name
            else { continue }
            let own = configuration.connections.filter { $0.brand == brand.name }.map(\.name)
            add(
                .unknownName, brand.place,
                "products of brand \(brand.name) have the master \"\(master)\", which is no connection of the brand; "
                    + "where another connector fills the catalogues, write \(Configuration.Brand.externalMaster)",
                nearest: Spelling.nearest(to: master, among: own))
        }
    }

    /// Two shops with one prefix would call two orders, and two people, alike.
    private func judgePrefixes() {
        var owners: [(prefix: String, name: String)] = []
        for connection in configuration.connections {
            guard case .shopify(let shopify) = connection.system else { continue }
            if let other = owners.first(where: { $0.prefix == shopify.idPrefix }) {
                add(
                    .clash, connection.place,
                    "connections \(other.name) and \(connection.name) both call their orders and "
                        + "people \"\(shopify.idPrefix)-…\"; give one of them another id_prefix")
            }
            owners.append((shopify.idPrefix, connection.name))
        }
    }

    private func judgeIdentity() {
        let names = configuration.connections.map(\.name)
        for connection in configuration.connections {
            guard case .bloomreach(let bloomreach) = connection.system else { continue }
            for rule in bloomreach.identity {
                guard let from = rule.connection else { continue }
                guard let source = configuration.connection(from) else {
                    add(
                        .unknownName, connection.place,
                        "identity \(rule.idType) of \(connection.name) is from \"\(from)\", which is no connection",
                        nearest: Spelling.nearest(to: from, among: names))
                    continue
                }
                if source.brand != connection.brand {
                    add(
                        .clash, connection.place,
                        "identity \(rule.idType) of \(connection.name) is from \(from), which is of another brand: "
                            + "brands never share people")
                }
            }
        }
    }

    private func judge(_ flow: Configuration.FlowEntry) {
        guard let blueprint = Blueprint.named(flow.blueprint) else { return }
        let source = judge(flow, blueprint.sourceKey, flow.from, is: blueprint.sourceSystem)
        let destination = judge(flow, blueprint.destinationKey, flow.to, is: blueprint.destinationSystem)
        if let source, let destination, source.brand != destination.brand {
            add(
                .clash, flow.place,
                "flow \(flow.name) goes from brand \(source.brand) to brand \(destination.brand): "
                    + "brands never share people")
        }
        let twin = configuration.flows.first {
            $0.name < flow.name && $0.from == flow.from && $0.to == flow.to && $0.blueprint == flow.blueprint
        }
        let sibling = configuration.flows.first { other in
            other.name < flow.name && other.policies.journeys != flow.policies.journeys
                && configuration.connection(other.from)?.brand == source?.brand
        }
        if let sibling, source != nil {
            add(
                .clash, flow.place,
                "flows \(sibling.name) and \(flow.name) are of one brand and have other policies.journeys; an order "
                    + "may be replaced in another shop, so write them once, under policies")
        }
        if let twin {
            add(.clash, flow.place, "flows \(twin.name) and \(flow.name) would tell \(flow.to) everything twice")
        }
    }

    private func judge(
        _ flow: Configuration.FlowEntry, _ key: String, _ name: String, is system: String
    ) -> Configuration.Connection? {
        guard let connection = configuration.connection(name) else {
            let valid = configuration.connections.filter { $0.system.name.rawValue == system }.map(\.name)
            add(
                .unknownName, flow.place, "flow \(flow.name) has \(key): \(name), which is no connection",
                nearest: Spelling.nearest(to: name, among: valid))
            return nil
        }
        guard connection.system.name.rawValue == system else {
            add(
                .wrongValue, flow.place,
                "flow \(flow.name) needs a \(system) connection under \"\(key)\"; "
                    + "\(name) is \(connection.system.name.rawValue)")
            return nil
        }
        return connection
    }
}
