public import JSON
public import Sync

/// An operator's request for one page of exceptions.
public struct ExceptionRequest: Sendable {
    /// Exceptions in one response. The response gives the total count.
    public static let limitMax = 1_000

    public var includesResolved: Bool
    /// Empty means every kind.
    public var kinds: [ExceptionKind]
    /// The id of the last exception of the previous page.
    public var after: String?
    public var limit: Int

    public init(
        includesResolved: Bool = false, kinds: [ExceptionKind] = [], after: String? = nil, limit: Int = limitMax
    ) {
        self.includesResolved = includesResolved
        self.kinds = kinds
        self.after = after
        self.limit = limit
    }

    /// The path and query of the API.
    var path: String {
        var parts = ["limit=\(limit)"]
        if includesResolved { parts.append("all=1") }
        if !kinds.isEmpty { parts.append("kind=" + kinds.map(\.rawValue).joined(separator: ",")) }
        if let after { parts.append("after=" + ServerClient.escaped(after)) }
        return "/api/v1/exceptions?" + parts.joined(separator: "&")
    }
}

/// One page of exceptions, as documents of the API.
public struct ExceptionList: Sendable {
    public var rows: [JSON]
    /// How many exceptions there are on all pages.
    public var total: Int
}
