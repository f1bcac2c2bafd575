@testable import Commerce
import Testing

@Suite("Typos of e-mails")
struct EmailTypoTests {
    @Test(
        "B4 a slip in a common domain is seen",
        arguments: [
            ("gmial.com", "gmail.com"), ("gmai.com", "gmail.com"), ("gmaill.com", "gmail.com"),
            ("gnail.com", "gmail.com"), ("gmail.co", "gmail.com"), ("gmail.con", "gmail.com"),
            ("gmail.cmo", "gmail.com"), ("gmail.cm", "gmail.com"), ("gmial.con", "gmail.com"),
            ("hotmial.com", "hotmail.com"), ("hotmail.couk", "hotmail.co.uk"), ("hotmal.co.uk", "hotmail.co.uk"),
            ("yaho.com", "yahoo.com"), ("yahooo.co.uk", "yahoo.co.uk"), ("outlok.com", "outlook.com"),
            ("iclould.com", "icloud.com"), ("googlemial.com", "googlemail.com"), ("aol.co", "aol.com"),
            ("gmx.con", "gmx.com"), ("t-onlne.de", "t-online.de"), ("tonline.de", "t-online.de"),
            ("yahoo.uk.co", "yahoo.co.uk"), ("acme-shop.con", "acme-shop.com"), ("GMIAL.com ", "gmail.com"),
        ])
    func typos(_ typed: String, _ meant: String) {
        #expect(EmailTypo(in: "ann.lee+1@\(typed)")?.probableDomain == meant)
    }

    @Test(
        "B4 what is a real domain, or may be one, is no typo",
        arguments: [
            "ymail.com", "gmx.com", "mail.com", "email.com", "aon.com", "web.dk", "yahoo.dk", "hotmail.be", "acme.co",
            "acme.cm", "gmail.example", "example.com", "gmial.org", "gmaaail.com", "libera.it", "localhost", "",
            "mail.gmail.com", ".com", "con",
        ])
    func sound(_ domain: String) {
        #expect(EmailTypo(in: "ann@\(domain)") == nil)
    }

    @Test("B4 no common domain is a typo", arguments: EmailTypo.commonDomains)
    func table(_ domain: String) {
        #expect(EmailTypo(in: "ann@\(domain)") == nil)
        #expect(PersonIdentifier.email("ann@\(domain)") != nil)
    }

    @Test("B4 a text that is no address is not judged", arguments: ["gmial.com", "a@b@gmial.com", "", "@", "ann@"])
    func noAddress(_ text: String) { #expect(EmailTypo(in: text) == nil) }

    @Test("B4 the table has each domain once, and nothing that it calls a typo")
    func consistent() {
        #expect(Set(EmailTypo.commonDomains).count == EmailTypo.commonDomains.count)
        #expect(EmailTypo.realNeighbours.isDisjoint(with: EmailTypo.commonDomains))
        let endings = Set(EmailTypo.commonDomains.compactMap { $0.split(separator: ".").last.map(String.init) })
        #expect(endings.isDisjoint(with: EmailTypo.noTopLevel.keys))
    }

    @Test("B4 one slip is a distance of exactly one", arguments: 0..<300 as Range<UInt64>)
    func distance(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let meant = (0..<(1 + random.below(6))).map { _ in random.pick(Array("abc".utf8)) }
        var typed = meant
        for _ in 0..<random.below(3) { slip(&typed, &random) }
        #expect(EmailTypo.isOneSlip(typed, meant) == (Self.distance(typed, meant) == 1))
        #expect(EmailTypo.isOneSlip(meant, typed) == EmailTypo.isOneSlip(typed, meant))
    }

    private func slip(_ text: inout [UInt8], _ random: inout SeededRandom) {
        let letter = random.pick(Array("abc".utf8))
        switch random.below(4) {
        case 0: text.insert(letter, at: random.below(text.count + 1))
        case 1 where !text.isEmpty: text.remove(at: random.below(text.count))
        case 2 where !text.isEmpty: text[random.below(text.count)] = letter
        case 3 where text.count > 1:
            let index = random.below(text.count - 1)
            text.swapAt(index, index + 1)
        default: break
        }
    }

    /// The table of the textbook (optimal string alignment).
    private static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
        var table = (0...one.count).map { row in (0...other.count).map { row == 0 ? $0 : $0 == 0 ? row : 0 } }
        for row in 0..<one.count {
            for column in 0..<other.count {
                let cost = one[row] == other[column] ? 0 : 1
                var best = min(table[row][column + 1] + 1, table[row + 1][column] + 1, table[row][column] + cost)
                if row > 0, column > 0, one[row] == other[column - 1], one[row - 1] == other[column] {
                    best = min(best, table[row - 1][column - 1] + 1)
                }
                table[row + 1][column + 1] = best
            }
        }
        return table[one.count][other.count]
    }
}
