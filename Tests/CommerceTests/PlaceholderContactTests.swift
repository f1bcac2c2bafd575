import Commerce
import Testing

/// Contacts that nobody can have name nobody.
@Suite("Placeholder contacts")
struct PlaceholderContactTests {
    @Test(
        "B2 a phone that nobody can have names nobody",
        arguments: [
            ("0000000000", .repeatedDigit), ("000 000 0000", .repeatedDigit), ("1111111111", .repeatedDigit),
            ("+1111111111", .repeatedDigit), ("+1 111 111 1111", .repeatedDigit), ("+44 0000000000", .repeatedDigit),
            ("+44 (0) 0000 000000", .repeatedDigit), ("0044 0000000000", .repeatedDigit),
            ("44 0000000000", .repeatedDigit), ("1 0000000000", .repeatedDigit), ("+353 99 999 9999", .repeatedDigit),
            ("999999", .repeatedDigit), ("(555) 555-5555", .repeatedDigit), ("+000000000", .repeatedDigit),
            ("1234567890", .countedDigits), ("+1234567890", .countedDigits), ("+44 1234567890", .countedDigits),
            ("0123456789", .countedDigits), ("01234 567890", .countedDigits), ("9876543210", .countedDigits),
            ("0987654321", .countedDigits), ("12345678", .countedDigits), ("+1 (123) 456-7890", .countedDigits),
        ] as [(String, PlaceholderContact.Kind)])
    func phones(_ typed: String, _ kind: PlaceholderContact.Kind) {
        #expect(PersonIdentifier.phone(typed) == nil)
        let buyer = Buyer(phone: .known(typed))
        #expect(buyer.identifiers(connection: "shop") == [])
        #expect(buyer.placeholders.map(\.placeholder?.kind) == [kind])
    }

    @Test(
        "B2 a phone that somebody may have is theirs",
        arguments: [
            "+44 20 7946 0000", "+44 7700 900123", "+447700900000", "07700 900000", "0800 000 0000", "+44 800 000 0000",
            "+1 234 567 8901", "123456", "1234567", "+1 212 555 0000", "+49 30 1234567", "+441234567", "0000001",
            "138 8888 8888", "020 0000 0001", "2345678901", "+61 400 000 000",
        ])
    func realPhones(_ typed: String) {
        #expect(PersonIdentifier.phone(typed) != nil)
        #expect(Buyer(phone: .known(typed)).placeholders == [])
    }

    @Test(
        "B2 an e-mail that nobody can have names nobody",
        arguments: [
            ("noemail@acme.com", .saysNone), ("No-Email@acme.com", .saysNone), ("no.email@acme.co.uk", .saysNone),
            ("no_email@x.org", .saysNone), ("nomail@gmail.com", .saysNone), ("none@none.com", .saysNone),
            ("NA@na.com", .saysNone), ("n/a@acme.com", .saysNone), ("noemail@example.test", .saysNone),
            ("noreply@acme.com", .noReply), ("no-reply@acme.com", .noReply), ("do-not-reply@acme.com", .noReply),
            ("donotreply@acme.com", .noReply), ("guest@acme.com", .fillIn), (" Unknown@acme.com ", .fillIn),
            ("test@test.com", .wordTwice), ("test@test.co.uk", .wordTwice), ("asdf@asdf.de", .wordTwice),
        ] as [(String, PlaceholderContact.Kind)])
    func emails(_ typed: String, _ kind: PlaceholderContact.Kind) {
        #expect(PersonIdentifier.email(typed) == nil)
        let buyer = Buyer(email: .known(typed))
        #expect(buyer.identifiers(connection: "shop") == [])
        #expect(buyer.placeholders.map(\.placeholder?.kind) == [kind])
    }

    @Test(
        "B2 an e-mail that somebody may have is theirs",
        arguments: [
            "info@acme.com", "sales@acme.com", "office@acme.com", "test@acme.com", "j.test@gmail.com",
            "anna.test@test.com", "nathan@gmail.com", "na.li@gmail.com", "nona@acme.com", "noel.mail@acme.com",
            "customer@acme.com", "customerservice@acme.com", "guest.jo@acme.com", "guesthouse@acme.com",
            "guest@example.test", "ada@example.test", "jo@example.com", "a@b.test", "reply@acme.com",
            "smith@smith.name",
            "tester@test.de", "noemailhere@acme.com", "ada@noreply.com",
        ])
    func realEmails(_ typed: String) {
        #expect(PersonIdentifier.email(typed) != nil)
        #expect(Buyer(email: .known(typed)).placeholders == [])
    }

    @Test("B2 what is left of a buyer counts, and what is no contact at all is no placeholder")
    func rest() {
        let buyer = Buyer(customerID: .known("7"), email: .known("noemail@acme.com"), phone: .known("0000000000"))
        #expect(buyer.identifiers(connection: "shop").map(\.value) == ["7"])
        #expect(buyer.placeholders.map(\.kind) == [.email, .phone])
        #expect(Buyer(email: .known("none"), phone: .known("000")).placeholders == [])
        #expect(Buyer(email: .known(nil), phone: .unknown).placeholders == [])
    }

    @Test("B1 a phone with and without its country code is not guessed to be one")
    func countryCodes() {
        #expect(PersonIdentifier.phone("07700 900123") != PersonIdentifier.phone("+44 7700 900123"))
    }

    @Test("B2 each kind has a reason of its own")
    func reasons() throws {
        let all =
            ["0000000000", "1234567890"].compactMap { PlaceholderContact(phone: $0) }
            + ["none@a.de", "noreply@a.de", "guest@a.de", "test@test.de"].compactMap { PlaceholderContact(email: $0) }
        #expect(Set(all.map(\.kind)) == Set(PlaceholderContact.Kind.allCases))
        #expect(Set(all.map(\.reason)).count == PlaceholderContact.Kind.allCases.count)
    }
}
