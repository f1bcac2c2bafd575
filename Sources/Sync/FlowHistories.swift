public import Commerce

/// What is remembered of each flow over time: its stages, and which orders counted as purchases.
public struct FlowHistories: Sendable {
    public private(set) var stages: [String: [StageChange]] = [:]
    public private(set) var purchaseRules: [String: PurchaseRulesHistory] = [:]
    /// What a start must write before a receipt is taken: a baseline that is not durable would move in a crash.
    public private(set) var unwritten: [Commit.Setting] = []
    /// Flows whose purchase rules the file has changed since the last start.
    public private(set) var flowsWithNewRules: [String] = []

    public init(of flows: [Flow], in status: StoreStatus, at now: Instant) {
        unwritten = StageHistory.beginnings(of: flows, in: status, at: now)
        for flow in flows {
            let name = StageHistory.settingName(flow.name)
            let text = unwritten.first { $0.name == name }?.value ?? status.setting(name)
            stages[flow.name] = text.flatMap(StageHistory.decode)
            keepRules(of: flow, status, now)
        }
    }

    /// A store from before rules were kept begins with the rules of the file, at the flow's baseline.
    private mutating func keepRules(of flow: Flow, _ status: StoreStatus, _ now: Instant) {
        let rules = PurchaseRules(flow.policies)
        let name = PurchaseRulesHistory.settingName(flow.name)
        let stored = status.setting(name).flatMap(PurchaseRulesHistory.init(text:))
        var history = stored ?? PurchaseRulesHistory(rules, at: stages[flow.name]?.first?.at ?? now)
        history.note(rules, at: now)
        purchaseRules[flow.name] = history
        guard history != stored else { return }
        unwritten.append(Commit.Setting(name, history.text))
        if stored != nil { flowsWithNewRules.append(flow.name) }
    }
}
