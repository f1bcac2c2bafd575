import JSON

/// How far the reading of one large order got: what the engine hands back as a continuation.
///
/// It carries the lines read so far, so that the reading needs no memory elsewhere. It never leaves the process.
struct OrderCursor: Hashable {
    var sizes: ReadSizes
    /// The page after this line.
    var after: String?
    /// The order's `updatedAt` on the first page: pages of two states must not be joined.
    var updatedAt: String?
    /// The lines of the earlier pages, as Shopify told them.
    var lines: [JSON]

    init(sizes: ReadSizes = .whole, after: String? = nil, updatedAt: String? = nil, lines: [JSON] = []) {
        self.sizes = sizes
        self.after = after
        self.updatedAt = updatedAt
        self.lines = lines
    }

    /// - Returns: `nil` for a text that ``text`` did not write.
    init?(_ text: String) {
        guard let json = try? JSON.parse(text), let lines = json["lines"]?.int64, let parts = json["parts"]?.int64,
            let nested = json["nested"]?.int64, let nodes = json["nodes"]?.array
        else { return nil }
        sizes = ReadSizes(lines: Int(lines), parts: Int(parts), nested: Int(nested))
        after = json["after"]?.string
        updatedAt = json["updatedAt"]?.string
        self.lines = nodes
    }

    var text: String {
        let json: JSON = [
            "lines": JSON(sizes.lines), "parts": JSON(sizes.parts), "nested": JSON(sizes.nested), "after": JSON(after),
            "updatedAt": JSON(updatedAt), "nodes": .array(lines),
        ]
        return json.text()
    }

    /// The same place with smaller pages; `nil` when they are as small as they get.
    var smaller: OrderCursor? {
        guard let sizes = sizes.smaller else { return nil }
        return OrderCursor(sizes: sizes, after: after, updatedAt: updatedAt, lines: lines)
    }
}
