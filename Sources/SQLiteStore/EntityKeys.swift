import Sync
import Synchronization
import Vault

/// Caches the unwrapped data keys of recently used entities. Two halves: when the newer one is full the older one is
/// dropped, so a key in regular use stays.
final class EntityKeys: Sendable {
    /// The cache holds at most twice this many keys, of about 200 bytes each.
    static let halfMax = 4_096

    private struct Halves {
        var newer: [EntityKey: DataKey] = [:]
        var older: [EntityKey: DataKey] = [:]
    }

    private let halves = Mutex(Halves())

    subscript(key: EntityKey) -> DataKey? {
        halves.withLock { halves in
            if let found = halves.newer[key] { return found }
            guard let found = halves.older[key] else { return nil }
            Self.put(found, key, &halves)
            return found
        }
    }

    func put(_ dataKey: DataKey, for key: EntityKey) { halves.withLock { Self.put(dataKey, key, &$0) } }

    private static func put(_ dataKey: DataKey, _ key: EntityKey, _ halves: inout Halves) {
        if halves.newer.count >= halfMax { halves = Halves(older: halves.newer) }
        halves.newer[key] = dataKey
    }
}
