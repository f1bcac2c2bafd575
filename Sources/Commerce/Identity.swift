/// One thing by which a person is known, normalised so that equal people have equal text.
///
/// The order of kinds is the order in which they identify a person (B1): a shop's own customer id before an
/// e-mail, an e-mail before a phone, a phone before a cookie.
public struct PersonIdentifier: Sendable, Hashable, Codable, Comparable {
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case customerID = "customer_id", email, phone, cookie

        /// 0 decides first.
        public var rank: Int {
            switch self {
            case .customerID: 0
            case .email: 1
            case .phone: 2
            case .cookie: 3
            }
        }
    }
    public var kind: Kind
    /// Whose customer number it is: numbers of two shops never mean one person. `nil` for what is the same everywhere.
    public var connection: String?
    public var value: String

    private init(kind: Kind, connection: String? = nil, value: String) {
        self.kind = kind
        self.connection = connection
        self.value = value
    }

    /// `nil` for a blank number.
    public static func customerID(_ value: String, connection: String) -> PersonIdentifier? {
        let trimmed = trim(value)
        return trimmed.isEmpty ? nil : PersonIdentifier(kind: .customerID, connection: connection, value: trimmed)
    }

    /// Trimmed, lower case. `nil` for a text that has no local part, no `@` or no domain with a point, and for an
    /// placeholder address (``PlaceholderContact``).
    public static func email(_ value: String) -> PersonIdentifier? { typedEmail(value).flatMap(possible) }

    /// Digits with a leading `+` where there was one. `nil` below six digits, and for a placeholder number
    /// (``PlaceholderContact``).
    public static func phone(_ value: String) -> PersonIdentifier? { typedPhone(value).flatMap(possible) }

    /// Why this identifies no customer; `nil` for an identifier that may be real. Identifiers that were stored before
    /// placeholders were recognised may be some.
    public var placeholder: PlaceholderContact? {
        switch kind {
        case .email: PlaceholderContact(email: value)
        case .phone: PlaceholderContact(phone: value)
        case .customerID, .cookie: nil
        }
    }

    private static func possible(_ typed: PersonIdentifier) -> PersonIdentifier? {
        typed.placeholder == nil ? typed : nil
    }

    /// Well formed, whether or not it can be real.
    fileprivate static func typedEmail(_ value: String) -> PersonIdentifier? {
        let trimmed = trim(value).lowercased()
        let parts = trimmed.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, parts[1].contains("."), !parts[1].hasPrefix("."),
            !parts[1].hasSuffix("."), !trimmed.contains(where: \.isWhitespace)
        else { return nil }
        return PersonIdentifier(kind: .email, value: trimmed)
    }

    /// Fewer digits are no phone.
    static let phoneDigitsMin = 6

    fileprivate static func typedPhone(_ value: String) -> PersonIdentifier? {
        let digits = value.filter { $0.isASCII && $0.isNumber }
        guard digits.count >= phoneDigitsMin else { return nil }
        return PersonIdentifier(kind: .phone, value: (trim(value).hasPrefix("+") ? "+" : "") + digits)
    }

    public static func cookie(_ value: String) -> PersonIdentifier? {
        let trimmed = trim(value)
        return trimmed.isEmpty ? nil : PersonIdentifier(kind: .cookie, value: trimmed)
    }

    private static func trim(_ value: String) -> String {
        var text = Substring(value)
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.kind.rank, left.connection ?? "", left.value) < (right.kind.rank, right.connection ?? "", right.value)
    }
}

extension Buyer {
    /// What is known of a buyer, strongest first.
    public func identifiers(connection: String) -> [PersonIdentifier] {
        [
            (customerID.value ?? nil).flatMap { PersonIdentifier.customerID($0, connection: connection) },
            (email.value ?? nil).flatMap(PersonIdentifier.email), (phone.value ?? nil).flatMap(PersonIdentifier.phone),
        ].compactMap { $0 }
    }

    /// The given contacts that are placeholders; they are no ``identifiers(connection:)``.
    public var placeholders: [PersonIdentifier] {
        [
            (email.value ?? nil).flatMap(PersonIdentifier.typedEmail),
            (phone.value ?? nil).flatMap(PersonIdentifier.typedPhone),
        ].compactMap { $0 }.filter { $0.placeholder != nil }
    }
}
