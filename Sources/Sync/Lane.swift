/// Which deliveries go first (A6). A lower number is a higher lane.
public enum Lane: Int, Sendable, Hashable, Codable, Comparable, CaseIterable {
    case orders = 0, identity, stock, attributes, history
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
