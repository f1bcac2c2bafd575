public import Commerce

/// A place where records wait for one thing to be done: a connection, what is done there, and a lane.
///
/// The store keeps an index of what waits at each station, so that the engine claims by the free capacity of each. A
/// station whose connection is sick keeps its backlog on disk and costs the others nothing (docs/architecture.md,
/// law 5).
public struct Station: Sendable, Hashable, Comparable {
    public enum Task: String, Sendable, Hashable, CaseIterable {
        /// Deliveries of one channel are sent.
        case deliver
        /// The orders of a buyer are listed.
        case list
        /// A plan is asked again, because its time has come.
        case plan
        /// The entity is read at its source.
        case read
        /// What was acknowledged after an unclear outcome is read back.
        case readBack = "read_back"
    }
    /// Empty for ``Task/plan``, which needs no connection.
    public var connection: String
    public var task: Task
    /// Of a delivery or a read-back; else empty.
    public var channel: String
    public var lane: Lane

    public init(_ task: Task, at connection: String = "", channel: String = "", lane: Lane) {
        self.connection = connection
        self.task = task
        self.channel = channel
        self.lane = lane
    }

    /// Higher lanes first.
    public static func < (left: Self, right: Self) -> Bool {
        (left.lane, left.connection, left.task.rawValue, left.channel)
            < (right.lane, right.connection, right.task.rawValue, right.channel)
    }
}

/// Something of a record waits at a station, and may be done from a time on.
public struct WaitingWork: Sendable, Hashable, Comparable {
    public var station: Station
    public var dueAt: Instant

    public init(_ station: Station, dueAt: Instant) {
        self.station = station
        self.dueAt = dueAt
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.station, left.dueAt) < (right.station, right.dueAt)
    }
}

/// How many due records of a station the engine has capacity for.
public struct StationDemand: Sendable, Hashable {
    public var station: Station
    public var recordsMax: Int
    public init(_ station: Station, recordsMax: Int) {
        self.station = station
        self.recordsMax = recordsMax
    }
}

/// What a store still has for a station after a claim.
public struct StationBacklog: Sendable, Hashable {
    public var station: Station
    /// The earliest ``WaitingWork/dueAt`` of a record that was neither claimed nor excluded; `nil` where there is none.
    public var nextDueAt: Instant?
    public init(_ station: Station, nextDueAt: Instant?) {
        self.station = station
        self.nextDueAt = nextDueAt
    }
}

/// How many records wait at a station.
public struct StationCount: Sendable, Hashable {
    public var station: Station
    public var records: Int
    /// When the first of them is, or was, due.
    public var nextDueAt: Instant?
    public init(_ station: Station, records: Int, nextDueAt: Instant?) {
        self.station = station
        self.records = records
        self.nextDueAt = nextDueAt
    }
}
