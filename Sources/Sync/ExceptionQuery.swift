public import Commerce

/// Which exceptions to show, and after which one to start.
public struct ExceptionQuery: Sendable, Hashable {
    public var includingResolved: Bool
    /// Empty means every kind.
    public var kinds: Set<ExceptionKind>
    /// The last exception of the previous page.
    public var after: Place?
    public var limit: Int

    public init(
        includingResolved: Bool, kinds: Set<ExceptionKind> = [], after: Place? = nil, limit: Int
    ) {
        self.includingResolved = includingResolved
        self.kinds = kinds
        self.after = after
        self.limit = limit
    }

    /// The position of an exception in the list: newest first, then by id.
    public struct Place: Sendable, Hashable {
        public var lastAt: Instant
        public var id: String

        public init(of exception: OpenException) {
            lastAt = exception.lastAt
            id = exception.id
        }

        /// Whether an exception comes after this place.
        public func isBefore(_ exception: OpenException) -> Bool {
            (exception.lastAt, id) < (lastAt, exception.id)
        }
    }

    /// Whether this exception is on any page of the query.
    public func selects(_ exception: OpenException) -> Bool {
        (includingResolved || exception.state != .resolved) && (kinds.isEmpty || kinds.contains(exception.kind))
    }
}

/// One page of exceptions.
public struct ExceptionPage: Sendable, Hashable {
    public var exceptions: [OpenException]
    /// How many exceptions there are on all pages.
    public var total: Int

    public init(exceptions: [OpenException], total: Int) {
        self.exceptions = exceptions
        self.total = total
    }
}

extension Store {
    /// The newest, at most `limit`.
    public func exceptions(includingResolved: Bool, limit: Int) throws(StoreFailure) -> [OpenException] {
        try exceptions(ExceptionQuery(includingResolved: includingResolved, limit: limit)).exceptions
    }
}
