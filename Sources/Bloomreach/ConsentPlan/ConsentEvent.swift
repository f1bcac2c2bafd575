import Commerce
public import JSON

/// The attributes of event `consent`, looked at before one is planned: Bloomreach takes an event that lacks a required
/// attribute, or has an unknown action, as a *revocation* (docs/vendors/bloomreach.md, Consent).
public enum ConsentEvent {
    /// A time above this is milliseconds, which Bloomreach would take as seconds (docs/vendors/bloomreach.md, Tracking:
    /// commands): the year 5138.
    static let secondsMax = Amount(units: 99_999_999_999)

    /// What is wrong with an event's attributes, in plain words without personal data; `nil` for a sound one.
    /// - Parameter categories: those that the configuration names.
    public static func problem(in properties: JSONObject, categories: [String]) -> String? {
        guard let action = properties["action"]?.string else { return "action is missing" }
        guard action == "accept" || action == "reject" else { return "action is neither accept nor reject" }
        guard let category = properties["category"]?.string else { return "category is missing" }
        guard categories.contains(category) else { return "category is not one of the configuration's" }
        guard isCategoryID(category) else { return "category is no id: lower case, without spaces" }
        guard case .number(let number)? = properties["timestamp"] else { return "timestamp is missing" }
        guard let seconds = Amount(number.text), .zero < seconds, seconds <= secondsMax else {
            return "timestamp is not in seconds"
        }
        guard let until = properties["valid_until"] else { return "valid_until is missing" }
        return until == "unlimited" ? nil : "valid_until is not unlimited"
    }

    /// Ids are lower case (docs/vendors/bloomreach.md, Consent).
    static func isCategoryID(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 256 && text == text.lowercased() && !text.contains(where: \.isWhitespace)
    }
}
