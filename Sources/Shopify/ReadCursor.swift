import JSON

/// How far the reading of some large orders, or products, got: what the engine hands back as a continuation.
///
/// It carries everything read so far, also what of the same read did fit, so that the reading needs no memory elsewhere
/// and its end answers for all of it. It never leaves the process.
struct ReadCursor: Hashable {
    /// Everything asked for, in its order; at least one entry is open.
    var entries: [Entry]
    var sizes: ReadSizes
    /// The next page of the first open entry starts after this line, or variant.
    var after: String?
    /// That entry's `updatedAt` on its first page: pages of two states must not be joined.
    var updatedAt: String?
    /// Its lines, or variants, on the earlier pages, as Shopify told them.
    var lines: [JSON]

    struct Entry: Hashable {
        enum State: String {
            case open, whole, tooLarge
        }
        var id: String
        var state: State
        /// The node as Shopify told it, its pages joined; null where it is open or not known.
        var node = JSON.null
        /// Fields that Shopify did not show us.
        var withheld: [String] = []
        /// Why it is too large.
        var reason: String?
    }

    init(entries: [Entry], sizes: ReadSizes = .whole) {
        self.entries = entries
        self.sizes = sizes
        lines = []
    }

    var current: Int? { entries.firstIndex { $0.state == .open } }

    /// Goes on to the next open entry, with the largest pages.
    mutating func close(_ index: Int, _ state: Entry.State, node: JSON, withheld: [String] = [], reason: String? = nil)
    {
        let id = entries[index].id
        entries[index] = Entry(id: id, state: state, node: node, withheld: withheld, reason: reason)
        self = ReadCursor(entries: entries)
    }

    /// - Returns: `nil` for a text that ``text`` did not write.
    init?(_ text: String) {
        guard let json = try? JSON.parse(text), let pageLines = json["lines"]?.int64, let parts = json["parts"]?.int64,
            let nested = json["nested"]?.int64, let nodes = json["nodes"]?.array, let told = json["entries"]?.array
        else { return nil }
        entries = []
        for entry in told {
            guard let id = entry["id"]?.string, let state = entry["state"]?.string.flatMap(Entry.State.init) else {
                return nil
            }
            let withheld = (entry["withheld"]?.array ?? []).compactMap(\.string)
            entries.append(
                Entry(
                    id: id, state: state, node: entry["node"] ?? .null, withheld: withheld,
                    reason: entry["reason"]?.string))
        }
        sizes = ReadSizes(lines: Int(pageLines), parts: Int(parts), nested: Int(nested))
        after = json["after"]?.string
        updatedAt = json["updatedAt"]?.string
        lines = nodes
    }

    var text: String {
        let told = entries.map { entry -> JSON in
            [
                "id": .string(entry.id), "state": .string(entry.state.rawValue), "node": entry.node,
                "withheld": .array(entry.withheld.map(JSON.string)), "reason": JSON(entry.reason),
            ]
        }
        let json: JSON = [
            "entries": .array(told), "lines": JSON(sizes.lines), "parts": JSON(sizes.parts),
            "nested": JSON(sizes.nested), "after": JSON(after), "updatedAt": JSON(updatedAt), "nodes": .array(lines),
        ]
        return json.text()
    }
}
