/// A phone or an e-mail that was typed only because a form asked for one: `0000000000`, `noemail@acme.com`. Strangers
/// type the same one, so it must never identify a customer.
///
/// The table is ours. It is kept short: a real address that we mistake for a placeholder no longer identifies its
/// customer. What it leaves alone, and why:
/// - role addresses such as `info@`, `sales@` and `office@`: a small firm reads them, and buys with them;
/// - words that are names, such as `test@` at any domain but its own: Test is a surname;
/// - `customer@` at the shop's own domain: which domains are the shop's own is not known here. An address that a till
///   gives to everybody is found by the many names that share it;
/// - domains that are reserved for tests (RFC 2606, RFC 6761), such as `example.com` and `.test`: only tests of a shop
///   use them, each with an address of its own. They are judged by their words that say "none" alone;
/// - phone numbers that are reserved for films: they look like any other, and tests use them too.
///
/// The same phone with and without its country code is never taken for equal: which country is meant is not known.
public struct PlaceholderContact: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// `0000000000`, `+44 1111111111`: the key under the finger. No numbering plan gives such a number out, but
        /// for a few that are sold as rarities.
        case repeatedDigit
        /// `1234567890`, `9876543210`: counted along the keys.
        case countedDigits
        /// `noemail@`, `none@`, `na@`: says that there is no address.
        case saysNone
        /// `noreply@`, `donotreply@`: machines send from it and discard replies.
        case noReply
        /// `guest@`, `unknown@`: what software fills in for a customer who gave none.
        case fillIn
        /// `test@test.com`, `asdf@asdf.de`: one word typed twice.
        case wordTwice
    }
    public let kind: Kind

    /// In the words of a sentence that begins with the contact: "the phone ...".
    public var reason: String {
        switch kind {
        case .repeatedDigit: "is one repeated digit"
        case .countedDigits: "is digits counted up or down"
        case .saysNone: "says that there is none"
        case .noReply: "is a sender that does not read replies"
        case .fillIn: "is what software fills in if there is no contact"
        case .wordTwice: "is one word typed twice"
        }
    }

    // MARK: Phones

    /// - Parameter phone: normalised: digits, with a leading `+` where there was one.
    /// - Returns: `nil` for a phone that may be real.
    public init?(phone: String) {
        let all = phone.utf8.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let national = Self.nationalDigits(of: all, isInternational: phone.hasPrefix("+"))
        if Self.isRepeated(all) || Self.isRepeated(national) || Self.isRepeated(all.suffix(Self.repeatedAtEndMin)[...])
        {
            kind = .repeatedDigit
        } else if Self.isCounted(all) || Self.isCounted(national) {
            kind = .countedDigits
        } else {
            return nil
        }
    }

    /// However the number begins: no country and no area has numbers that end in so many of one digit.
    static let repeatedAtEndMin = 10
    /// Shorter runs are real numbers of small towns and countries.
    static let countedMin = 8

    /// Ways to count along the keys. Others (`2345678901`) are real numbers.
    private static let counts = ["01234567890", "1234567890", "9876543210", "0987654321"].map { Array($0.utf8) }

    private static func isRepeated(_ digits: ArraySlice<UInt8>) -> Bool {
        digits.count >= PersonIdentifier.phoneDigitsMin && digits.allSatisfy { $0 == digits.first }
    }

    private static func isRepeated(_ digits: [UInt8]) -> Bool { isRepeated(digits[...]) }

    private static func isCounted(_ digits: some Collection<UInt8>) -> Bool {
        digits.count >= countedMin && counts.contains { $0.starts(with: digits) }
    }

    /// What follows the country code, where the number has one: after `+` or `00`.
    private static func nationalDigits(of all: [UInt8], isInternational: Bool) -> ArraySlice<UInt8> {
        let zero = UInt8(ascii: "0")
        let hasPrefix = !isInternational && all.starts(with: [zero, zero])
        guard isInternational || hasPrefix else { return all[...] }
        let digits = all.dropFirst(hasPrefix ? 2 : 0)
        return digits.dropFirst(countryCodeDigits(of: digits))
    }

    /// Country codes are one, two or three digits long; their first digits say how many (ITU-T E.164). A number whose
    /// code begins with 0 has none.
    private static func countryCodeDigits(of digits: ArraySlice<UInt8>) -> Int {
        let start = String(decoding: digits.prefix(2), as: UTF8.self)
        switch start.first {
        case "0", nil: return 0
        case "1", "7": return 1
        default: return twoDigitCodes.contains(start) ? 2 : 3
        }
    }

    private static let twoDigitCodes: Set<String> = [
        "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49",
        "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84",
        "86", "90", "91", "92", "93", "94", "95", "98",
    ]

    // MARK: E-mails

    /// - Parameter email: normalised: lower case, one `@`.
    /// - Returns: `nil` for an e-mail that may be real.
    public init?(email: String) {
        let parts = email.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, let local = parts.first.map(String.init), let domain = parts.last.map(String.init)
        else {
            return nil
        }
        if Self.none.contains(local) {
            kind = .saysNone
        } else if Self.noReply.contains(local) {
            kind = .noReply
        } else if Self.fillIns.contains(local), !Self.isReserved(domain) {
            kind = .fillIn
        } else if Self.typedTwice.contains(local), domain.hasPrefix(local + ".") {
            kind = .wordTwice
        } else {
            return nil
        }
    }

    private static let none = spellings([
        ["no", "email"], ["no", "mail"], ["no", "email", "address"], ["no", "email", "provided"], ["not", "provided"],
        ["not", "available"], ["none"], ["na"], ["n/a"],
    ])
    private static let noReply = spellings([["no", "reply"], ["do", "not", "reply"]])
    private static let fillIns: Set<String> = ["guest", "unknown"]
    private static let typedTwice: Set<String> = ["test", "asdf", "email"]

    /// `noemail`, `no-email`, `no_email`, `no.email`.
    private static func spellings(_ words: [[String]]) -> Set<String> {
        Set(words.flatMap { parts in ["", "-", "_", "."].map { parts.joined(separator: $0) } })
    }

    private static func isReserved(_ domain: String) -> Bool {
        let labels = domain.split(separator: ".").map(String.init)
        if let last = labels.last, ["test", "example", "invalid", "localhost"].contains(last) { return true }
        return ["example.com", "example.net", "example.org"].contains(labels.suffix(2).joined(separator: "."))
    }
}
