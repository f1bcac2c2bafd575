import Commerce

/// The flows of the configuration and how they are related: which tell about a record, and what flows of one brand have
/// in common. Also since when each flow is in its stage, and which orders counted as purchases when.
struct FlowTable: Sendable {
    /// Sorted by name.
    let flows: [Flow]
    /// One for each destination of a brand: it tells who people are.
    let peopleFlows: [Flow]
    private let flowsByName: [String: Flow]
    private let flowsBySource: [String: [Flow]]
    private let peopleFlowsByBrand: [String: [Flow]]
    private let journeyFlowsByBrand: [String: [Flow]]
    private(set) var stages: [String: [StageChange]] = [:]
    private(set) var purchaseRules: [String: PurchaseRulesHistory] = [:]

    init(_ flows: [Flow]) {
        let related = Self.related(flows.sorted { $0.name < $1.name })
        let people = Self.peopleFlows(of: related)
        self.flows = related
        peopleFlows = people
        flowsByName = Dictionary((related + people).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        flowsBySource = Dictionary(grouping: related, by: \.source)
        peopleFlowsByBrand = Dictionary(grouping: people, by: \.brand)
        journeyFlowsByBrand = Dictionary(grouping: related, by: \.brand).mapValues(Self.journeyFlows)
    }

    /// Takes over what the store holds. A first start writes the baseline instant of each flow: older facts are history
    /// (docs/architecture.md, Stages and the past).
    /// - Returns: what is new and must be stored.
    mutating func start(from status: StoreStatus, at now: Instant) -> [Commit.Setting] {
        let histories = FlowHistories(of: flows, in: status, at: now)
        stages = histories.stages
        purchaseRules = histories.purchaseRules
        for flow in peopleFlows { stages[flow.name] = stagesOfPeople(flow) }
        return histories.unwritten
    }

    /// When the first flow of a connection began to listen.
    func baseline(of connection: String) -> Instant? {
        flows(from: connection).compactMap { stages[$0.name]?.first?.at }.min()
    }

    func flows(from connection: String) -> [Flow] { flowsBySource[connection] ?? [] }

    func brand(of connection: String) -> String? { flowsBySource[connection]?.first?.brand }

    /// A flow or what tells people of a destination; `nil` for one that the configuration does not have any more.
    func flow(_ name: String) -> Flow? { flowsByName[name] }

    /// The flows that tell about a record: of a person, one for each destination of the brand.
    func flows(for key: EntityKey) -> [Flow] {
        key.kind == .person ? peopleFlowsByBrand[key.connection] ?? [] : flows(from: key.connection)
    }

    func journeyRules(of brand: String) -> JourneyRules {
        flows.first { $0.brand == brand }?.policies.journeys ?? JourneyRules()
    }

    /// By which the orders of a brand's people are put into journeys, the first for whatever is said once. More than
    /// one only where flows of the brand tell about different orders.
    func journeyFlows(of brand: String) -> [Flow] { journeyFlowsByBrand[brand] ?? [] }

    /// How a source is read, or a destination told, where flows do not differ in it.
    func policies(for connection: String) -> Policies {
        (flows(from: connection).first ?? flows.first { $0.destination == connection })?.policies ?? Policies()
    }

    private static func journeyFlows(among flows: [Flow]) -> [Flow] {
        var found: [Flow] = []
        for flow in flows {
            let isKnown = found.contains { known in
                flow.sourcePolicies.keys.allSatisfy { known.policies(of: $0) == flow.policies(of: $0) }
            }
            if !isKnown { found.append(flow) }
        }
        return found
    }

    /// What flows of one brand have in common. A journey may cross its shops, so its rules are the brand's.
    private static func related(_ flows: [Flow]) -> [Flow] {
        flows.map { flow in
            var flow = flow
            for other in flows where other.brand == flow.brand {
                flow.idPrefixes[other.source] = other.idPrefix
                flow.sourcePolicies[other.source] = flow.sourcePolicies[other.source] ?? other.policies
            }
            flow.personFlow = Flow.peopleFlow(of: flow.destination)
            flow.policies.journeys =
                flows.first { $0.brand == flow.brand }?.policies.journeys ?? flow.policies.journeys
            return flow
        }
    }

    private static func peopleFlows(of flows: [Flow]) -> [Flow] {
        var people: [Flow] = []
        for flow in flows where !people.contains(where: { $0.name == flow.personFlow && $0.brand == flow.brand }) {
            var own = flow
            own.name = flow.personFlow
            people.append(own)
        }
        return people
    }

    /// A destination is told of people as soon as one flow tells it of their orders.
    private func stagesOfPeople(_ flow: Flow) -> [StageChange] {
        let histories = flows.filter { $0.personFlow == flow.name && $0.brand == flow.brand }
            .compactMap { stages[$0.name] }
        return Set(histories.flatMap { $0.map(\.at) }).sorted().map { time in
            let stages = histories.compactMap { history in history.last { $0.at <= time }?.stage }
            return StageChange(stage: stages.max() ?? .observe, at: time)
        }
    }
}
