/// Everything the engine holds about one entity: one aggregate, committed with its expected generation.
public struct EntityRecord: Sendable, Hashable, Codable {
    public var key: EntityKey
    /// 0 before the first commit; each commit adds one.
    public var generation: Int64 = 0
    public var truth = Truth()
    /// Sorted by flow.
    public var ledgers: [Ledger] = []

    public init(key: EntityKey) { self.key = key }

    public subscript(flow flow: String) -> Ledger {
        get { ledgers.first { $0.flow == flow } ?? Ledger(flow: flow) }
        set {
            if let index = ledgers.firstIndex(where: { $0.flow == flow }) {
                ledgers[index] = newValue
            } else {
                ledgers.append(newValue)
                ledgers.sort { $0.flow < $1.flow }
            }
        }
    }
}
