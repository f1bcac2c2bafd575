/// What tells one commit from another without looking at the records' contents.
///
/// A commit whose outcome was unknown is made again with the same ``Commit/id``. Ids start over with each life of the
/// engine while the store lives on, so the id alone would take the first commit of a new life for a repetition. With
/// the keys and generations beside it a mistake is impossible: a generation is stored once.
public struct CommitMark: Sendable, Hashable {
    private var generations: [Generation]
    /// The commit without its records.
    private var rest: Commit

    private struct Generation: Sendable, Hashable {
        var key: EntityKey
        var generation: Int64
    }

    public init(_ commit: Commit) {
        generations = commit.records.map { Generation(key: $0.record.key, generation: $0.record.generation) }
        rest = commit
        rest.records = []
    }
}
