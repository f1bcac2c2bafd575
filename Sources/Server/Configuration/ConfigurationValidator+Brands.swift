/// Checks that everything a flow, an identity rule or a product master connects belongs to one brand, because brands
/// never share people.
extension ConfigurationValidator {
    func validateBrandNames() {
        guard let declared = names.brands else { return }
        let used = connections.map(\.brand)
        var unknown: [String] = []
        for name in used where !declared.contains(name) && !unknown.contains(name) { unknown.append(name) }
        for name in unknown {
            let members = connections.filter { $0.brand == name }
            // Several connections use this name, and an unused brand has nearly the same one: that brand is misspelt.
            let unused = brands.first { !used.contains($0.name) && Spelling.isNear($0.name, name) }
            if let unused, members.count > 1 {
                add(
                    .unknownName, unused.place,
                    "no connection uses the brand \"\(unused.name)\"; \(Self.enumeration(members.map(\.name))) use "
                        + "\"\(name)\"", nearest: name)
            } else if let first = members.first {
                let more = members.dropFirst().map(\.name)
                let others = more.isEmpty ? "" : " (and so \(more.count == 1 ? "is" : "are") \(Self.enumeration(more)))"
                add(
                    .unknownName, first.brandPlace,
                    "connection \(first.name) has the brand \"\(name)\"\(others), which is not listed under brands",
                    nearest: Spelling.nearest(to: name, among: declared.sorted()))
            }
        }
    }

    /// Two entries of the file that must belong to one brand.
    private struct Tie {
        var one: Configuration.Connection
        /// `nil` where ``one`` is tied to a brand itself.
        var other: Configuration.Connection?
        var brand: String
        var place: Configuration.Place
        var what: String

        var agrees: Bool { one.brand == brand }
        var members: [Configuration.Connection] { [one, other].compactMap { $0 } }
    }

    private var ties: [Tie] {
        // An unknown brand has been reported already.
        func known(_ name: String) -> Configuration.Connection? {
            guard let connection = connection(name), names.brands?.contains(connection.brand) ?? true else {
                return nil
            }
            return connection
        }
        var ties: [Tie] = []
        for flow in flows {
            guard let source = known(flow.from), let destination = known(flow.to) else { continue }
            ties.append(
                Tie(
                    one: source, other: destination, brand: destination.brand, place: flow.place,
                    what: "flow \(flow.name) goes from brand \(source.brand) to brand \(destination.brand)"))
        }
        for connection in connections {
            guard case .bloomreach(let bloomreach) = connection.system, let own = known(connection.name) else {
                continue
            }
            for rule in bloomreach.identity {
                guard let from = rule.connection, let source = known(from) else { continue }
                ties.append(
                    Tie(
                        one: source, other: own, brand: own.brand, place: rule.place,
                        what: "identity \(rule.idType) of \(own.name), which is of brand \(own.brand), is from "
                            + "\(source.name), which is of brand \(source.brand)"))
            }
        }
        for brand in brands {
            guard let master = brand.productMaster.flatMap(known) else { continue }
            ties.append(
                Tie(
                    one: master, other: nil, brand: brand.name, place: brand.masterPlace,
                    what: "products of brand \(brand.name) have the master \(master.name), which is of brand "
                        + master.brand))
        }
        return ties
    }

    /// Reports the connection that most references disagree with. If there is no such connection, reports the place
    /// that ties the two together.
    func validateBrandTies() {
        let ties = self.ties
        var odds: [String: Int] = [:]
        for tie in ties { for member in tie.members { odds[member.name, default: 0] += tie.agrees ? -1 : 1 } }
        var told: Set<String> = []
        for tie in ties where !tie.agrees && told.isDisjoint(with: tie.members.map(\.name)) {
            if let culprit = culprit(of: tie, odds) {
                told.insert(culprit.name)
                add(
                    .clash, culprit.brandPlace,
                    "connection \(culprit.name) has the wrong brand: \(tie.what), and brands never share people"
                )
            } else {
                told.formUnion(tie.members.map(\.name))
                add(.clash, tie.place, "\(tie.what), and brands never share people")
            }
        }
    }

    private func culprit(of tie: Tie, _ odds: [String: Int]) -> Configuration.Connection? {
        func odd(_ connection: Configuration.Connection) -> Int { odds[connection.name] ?? 0 }
        guard let other = tie.other else { return odd(tie.one) > 1 ? tie.one : nil }
        if odd(tie.one) == odd(other) { return nil }
        return odd(tie.one) > odd(other) ? tie.one : other
    }
}
