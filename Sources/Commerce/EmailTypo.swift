/// An e-mail address whose domain is likely mistyped (B4): held for the data steward, never corrected by itself.
///
/// It judges domains alone, against a table of the large mail providers. The table and the judgement are ours; a
/// little-known domain is not a typo.
public struct EmailTypo: Sendable, Hashable {
    /// What the domain probably should be.
    public let probableDomain: String

    /// - Parameter email: as it was typed, or normalised.
    /// - Returns: `nil` for an address that looks right, and for a text that is no address.
    public init?(in email: String) {
        let parts = email.lowercased().split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, let typed = parts.last, let probable = Self.probable(for: Self.trim(typed)) else {
            return nil
        }
        probableDomain = probable
    }

    // MARK: Table

    /// Domains that many people have, the commonest first: of two that a typo may mean, the first is named.
    public static let commonDomains = [
        "gmail.com", "googlemail.com", "hotmail.com", "outlook.com", "yahoo.com", "icloud.com", "live.com", "aol.com",
        "hotmail.co.uk", "yahoo.co.uk", "live.co.uk", "btinternet.com", "sky.com", "virginmedia.com", "talktalk.net",
        "msn.com", "me.com", "mac.com", "protonmail.com", "proton.me", "comcast.net", "verizon.net", "sbcglobal.net",
        "gmx.de", "gmx.net", "gmx.at", "gmx.ch", "web.de", "t-online.de", "freenet.de", "hotmail.de", "outlook.de",
        "yahoo.de", "hotmail.fr", "outlook.fr", "yahoo.fr", "orange.fr", "wanadoo.fr", "laposte.net", "hotmail.it",
        "yahoo.it", "libero.it", "hotmail.es", "outlook.es", "yahoo.es", "ymail.com", "rocketmail.com", "gmx.com",
    ]

    /// Domains that others have, though they lie one letter from a common one.
    static let realNeighbours: Set<String> = ["mail.com", "email.com", "libera.it", "photon.me"]

    /// Endings that no top-level domain has, and what was meant.
    static let noTopLevel: [String: String] = [
        "con": "com", "cmo": "com", "ocm": "com", "comm": "com", "coom": "com", "vom": "com", "xom": "com",
        "cim": "com", "cpm": "com", "clm": "com", "cok": "com", "netr": "net", "nte": "net", "couk": "co.uk",
    ]

    /// Endings that exist, but under which no common domain is known: a typo where the rest is a common one.
    static let rareTopLevel: [String: String] = ["co": "com", "cm": "com", "om": "com", "ne": "net", "uk.co": "co.uk"]

    /// A shorter name is one letter from too many firms (`aon.com` is no typo of `aol.com`).
    static let nameLettersMin = 5
    /// Longest domain there is (RFC 1035).
    static let domainMax = 253

    private static let known = Set(commonDomains).union(realNeighbours)

    // MARK: Judgement

    private static func probable(for domain: String) -> String? {
        guard domain.contains("."), domain.utf8.count <= domainMax, !known.contains(domain) else { return nil }
        if let meant = replacingEnding(of: domain, by: rareTopLevel), known.contains(meant) { return meant }
        if let meant = replacingEnding(of: domain, by: noTopLevel) { return probable(for: meant) ?? meant }
        let typed = Array(domain.utf8)
        // Another country's domain is one letter away too (`yahoo.dk`, `yahoo.de`) and is no typo.
        return confusable.first { ending(of: typed) == ending(of: $0.letters) && isOneSlip(typed, $0.letters) }?.domain
    }

    /// The common domains whose name is long enough that a mistyped one is no other real domain.
    private static let confusable: [(domain: String, letters: [UInt8])] = commonDomains.filter { domain in
        domain.utf8.prefix { $0 != UInt8(ascii: ".") }.count >= nameLettersMin
    }.map { ($0, Array($0.utf8)) }

    private static func ending(of domain: [UInt8]) -> ArraySlice<UInt8> {
        domain.suffix(from: domain.lastIndex(of: UInt8(ascii: ".")).map { $0 + 1 } ?? 0)
    }

    private static func replacingEnding(of domain: String, by endings: [String: String]) -> String? {
        let labels = domain.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        for count in [2, 1] where labels.count > count {
            guard let meant = endings[labels.suffix(count).joined(separator: ".")] else { continue }
            return (labels.dropLast(count) + [meant]).joined(separator: ".")
        }
        return nil
    }

    /// Damerau and Levenshtein's distance is exactly 1: one letter more, less or other, or two neighbours exchanged.
    static func isOneSlip(_ typed: [UInt8], _ meant: [UInt8]) -> Bool {
        let start = zip(typed, meant).prefix { $0 == $1 }.count
        let (left, right) = (typed[start...], meant[start...])
        switch left.count - right.count {
        case 1: return left.dropFirst().elementsEqual(right)
        case -1: return left.elementsEqual(right.dropFirst())
        case 0:
            if left.isEmpty { return false }
            if left.dropFirst().elementsEqual(right.dropFirst()) { return true }
            return left.count >= 2 && left[start] == right[start + 1] && left[start + 1] == right[start]
                && left.dropFirst(2).elementsEqual(right.dropFirst(2))
        default: return false
        }
    }

    private static func trim(_ text: Substring) -> String {
        var text = text
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
