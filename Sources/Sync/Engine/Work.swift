import Commerce

/// Something to do in memory as soon as its records are there; first in, first out.
struct Work: Sendable {
    enum Task: Sendable {
        /// Facts that came together become truth, and truth is planned.
        case observations(Observations)
        /// What an operator wants.
        case command(Command)
        /// Records are planned again because this person changed.
        case planDependents(of: EntityKey)
        /// A record is planned again; the others share a name with it.
        case planWithNamesakes(EntityKey)
        /// The orders listed for this person are known.
        case settleHistory(of: EntityKey)
    }

    struct Observations: Sendable {
        var items: [Item]
        /// Keys that a read asked for and the source does not know.
        var missing: [EntityKey] = []
        /// Receipts up to here are consumed when this is applied.
        var position: InboxPosition?
        var consumed: [Commit.ConsumedReceipt] = []
        /// Committed with the effects of these facts: how far a feed was followed.
        var settings: [Commit.Setting] = []
    }

    struct Item: Sendable {
        var observation: Observation
        var origin: Reducer.Origin
        var receipt: StoredReceipt?
        /// A receipt may tell several things; it is counted once.
        var isFirst = true
    }

    var task: Task
    /// Records that must be in memory.
    var keys: [EntityKey]
    /// Names of people in the observations, and whether their records were asked for.
    var people: [Lookup] = []
    var hasPeople = false
    /// Names that its records share with others, and whether those were asked for.
    var searches: [NameSearch] = []
    var hasSearched = false

    init(_ task: Task, keys: [EntityKey]) {
        self.task = task
        self.keys = keys
    }

    init(_ observations: Observations, people: [Lookup]) {
        var seen: Set<EntityKey> = []
        task = .observations(observations)
        keys = (observations.items.compactMap(\.observation.key) + observations.missing)
            .filter { seen.insert($0).inserted }
        self.people = people
    }

    var items: [Item] { if case .observations(let observations) = task { observations.items } else { [] } }
}
