import Commerce

/// One raise or cure of a commit, in the order in which a store applies them.
///
/// A commit gathers several steps of the engine and lists raises and cures apart; the time puts them back in order.
/// At one and the same time the cure goes first: better an exception too many than one that nobody sees (law 6).
public enum ExceptionChange: Sendable, Hashable {
    case raise(Commit.Raise)
    case cure(Commit.Resolution)

    public static func ordered(in commit: Commit) -> [ExceptionChange] {
        let all = commit.resolved.map(Self.cure) + commit.raised.map(Self.raise)
        return all.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }

    public var id: String {
        switch self {
        case .raise(let raise): raise.exception.id
        case .cure(let cure): cure.id
        }
    }

    private var at: Instant {
        switch self {
        case .raise(let raise): raise.at
        case .cure(let cure): cure.at
        }
    }

    /// What becomes of the exception with this id; `nil` when there is still none.
    public func applied(to existing: OpenException?) -> OpenException? {
        switch self {
        case .cure:
            var cured = existing
            cured?.state = .resolved
            return cured
        case .raise(let raise):
            guard var known = existing else {
                return OpenException(
                    id: raise.exception.id, kind: raise.exception.kind, subject: raise.exception.subject,
                    cause: raise.exception.cause, state: .open, count: 1, firstAt: raise.at, lastAt: raise.at)
            }
            known.count += 1
            // A deadline runs from the first request: one that is repeated while it is open moves nothing.
            let holdsDeadline = known.kind == .privacyRequest && known.state != .resolved
            if !holdsDeadline { known.cause = raise.exception.cause }
            known.lastAt = max(known.lastAt, raise.at)
            // What recurs after it was resolved is open again (A11); what somebody works on stays theirs.
            if known.state == .resolved { known.state = .open }
            return known
        }
    }
}
