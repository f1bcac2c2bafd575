/// An order's name, taken apart as edit apps put it together: `#1031A` is the number `#1031` with the letter `A`
/// that Cleverific adds; each edit takes the next letter (docs/vendors/shopify.md, Editing apps).
///
/// Letters follow digits, directly or after a hyphen (`1031-A`). A shop's numbers are unique, so two orders of one
/// shop that share a number are of one family, whatever the shop's own prefix and suffix are.
struct JourneyName: Sendable, Hashable {
    /// All before the letters, in upper case and without a leading `#`.
    let number: String
    /// Upper case; empty for an order that nothing replaced yet.
    let letters: String
    /// A hyphen stands before the letters, as before a shop's own suffix.
    let isHyphenated: Bool

    /// More letters than an edit and a shop's country suffix need are a word, not a count of edits.
    static let lettersMax = 4

    /// `nil` for a name without digits or with more behind them than letters.
    init?(_ name: String) {
        let text = JourneyReference.normalized(name)
        var rest = Substring(text)
        while let last = rest.utf8.last, (0x41...0x5A).contains(last) { rest.removeLast() }
        let letters = text.dropFirst(rest.count)
        isHyphenated = !letters.isEmpty && rest.hasSuffix("-")
        if isHyphenated { rest.removeLast() }
        guard let last = rest.utf8.last, (0x30...0x39).contains(last), letters.count <= Self.lettersMax else {
            return nil
        }
        number = String(rest)
        self.letters = String(letters)
    }

    /// How a later name continues an earlier one of the same number.
    enum Step { case next, later }

    /// `next` for the very next letter (`#1031` to `#1031A`, `A` to `B`, or one more `A`), `later` for a name behind
    /// it with something missing between, `nil` for every other name.
    func step(to other: JourneyName) -> Step? {
        guard number == other.number, letters != other.letters else { return nil }
        if other.letters == letters + "A" || other.rank == rank + 1 { return .next }
        return other.rank > rank ? .later : nil
    }

    /// Counted as columns of a sheet are: none 0, `A` 1, `Z` 26, `AA` 27.
    var rank: Int { letters.utf8.reduce(0) { $0 * 26 + Int($1) - 0x40 } }
}
