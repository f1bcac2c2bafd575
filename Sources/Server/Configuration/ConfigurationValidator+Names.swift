import Flows

/// Checks references to connections: each must exist and be of the right system.
extension ConfigurationValidator {
    /// A place in the file that names a connection.
    private struct Reference {
        var name: String
        var place: Configuration.Place
        /// `nil` if any system is allowed.
        var system: String?
        /// `flow edits has from: shop`
        var what: String
        /// What else may be written here.
        var advice = ""
    }

    private var references: [Reference] {
        var found: [Reference] = []
        for brand in brands {
            guard let master = brand.productMaster, master != Configuration.Brand.externalMaster else { continue }
            found.append(
                Reference(
                    name: master, place: brand.masterPlace,
                    what: "products of brand \(brand.name) have the master \"\(master)\"",
                    advice: "; where another connector fills the catalogues, write "
                        + Configuration.Brand.externalMaster))
        }
        for connection in connections {
            guard case .bloomreach(let bloomreach) = connection.system else { continue }
            for rule in bloomreach.identity {
                guard let from = rule.connection else { continue }
                found.append(
                    Reference(
                        name: from, place: rule.place,
                        what: "identity \(rule.idType) of \(connection.name) is from \"\(from)\""))
            }
        }
        for flow in flows {
            guard let blueprint = Blueprint.named(flow.blueprint) else { continue }
            found.append(
                Reference(
                    name: flow.from, place: flow.fromPlace, system: blueprint.sourceSystem,
                    what: "flow \(flow.name) has \(blueprint.sourceKey): \(flow.from)"))
            found.append(
                Reference(
                    name: flow.to, place: flow.toPlace, system: blueprint.destinationSystem,
                    what: "flow \(flow.name) has \(blueprint.destinationKey): \(flow.to)"))
        }
        return found
    }

    func validateConnectionNames() {
        guard let declared = names.connections else { return }
        var unknown: [String] = []
        let references = self.references
        for reference in references {
            guard let connection = declared[reference.name] else {
                if !unknown.contains(reference.name) { unknown.append(reference.name) }
                continue
            }
            guard let system = connection.system, let needed = reference.system, system.rawValue != needed else {
                continue
            }
            add(
                .wrongValue, reference.place,
                "\(reference.what), which is \(system.rawValue); it must be a \(needed) connection",
                nearest: Spelling.nearest(to: reference.name, among: connectionNames(of: needed)))
        }
        for name in unknown { refuse(references.filter { $0.name == name }, named: Set(references.map(\.name))) }
    }

    private func connectionNames(of system: String?) -> [String] {
        connections.filter { system == nil || $0.system.name.rawValue == system }.map(\.name)
    }

    /// Reports one unknown name. If several places use it, and nothing refers to a connection with nearly the same
    /// name, the connection itself is probably misspelt.
    private func refuse(_ places: [Reference], named: Set<String>) {
        guard let first = places.first else { return }
        let system = places.compactMap(\.system).first
        let valid = connectionNames(of: system)
        let nearest = Spelling.nearest(to: first.name, among: valid)
        if places.count > 1, let nearest, !named.contains(nearest), Spelling.isNear(nearest, first.name),
            let connection = connection(nearest)
        {
            return add(
                .unknownName, connection.place,
                "nothing refers to the connection \"\(nearest)\"; \(places.count) places refer to \"\(first.name)\": "
                    + "\(first.what), for example",
                nearest: first.name)
        }
        let more = places.count > 1 ? ", and \(places.count - 1) other places name it too" : ""
        add(
            .unknownName, first.place, "\(first.what), but there is no such connection\(more)\(first.advice)",
            nearest: nearest)
    }
}
