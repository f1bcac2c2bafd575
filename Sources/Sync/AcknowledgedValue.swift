/// A named piece of told-state that the latest telling replaces, for example `edited_state` or `row`.
public struct AcknowledgedValue: Sendable, Hashable, Codable {
    public var name: String
    public var text: String
    public init(_ name: String, _ text: String) {
        self.name = name
        self.text = text
    }
}
