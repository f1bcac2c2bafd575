import Commerce
import Testing

/// By what a person is known: equal people have equal text.
@Suite("Identifiers of people")
struct IdentityTests {
    @Test(
        "B1 an e-mail is one, however it is typed",
        arguments: ["ada@example.test", " Ada@Example.TEST ", "ADA@EXAMPLE.TEST\n", "\tada@example.test"])
    func email(_ typed: String) {
        #expect(PersonIdentifier.email(typed)?.value == "ada@example.test")
        #expect(PersonIdentifier.email(typed)?.connection == nil)
    }

    @Test(
        "B1 what is no e-mail names nobody",
        arguments: [
            "", " ", "ada", "ada@", "@example.test", "ada@localhost", "ada@.test", "ada@test.", "a@b@c.test",
            "ada lovelace@example.test", "ada@exam ple.test",
        ])
    func noEmail(_ typed: String) { #expect(PersonIdentifier.email(typed) == nil) }

    @Test(
        "B1 a phone is its digits, with a leading plus where there was one",
        arguments: [
            ("+44 20 7946 0000", "+442079460000"), (" +44-20-7946-0000 ", "+442079460000"),
            ("(020) 7946 0000", "02079460000"), ("020.7946.0000", "02079460000"), ("123456", "123456"),
            ("4420+79460000", "442079460000"),
        ])
    func phone(_ typed: String, _ expected: String) {
        #expect(PersonIdentifier.phone(typed)?.value == expected)
    }

    @Test("B1 fewer than six digits are nobody's number", arguments: ["", "+", "12345", "n/a", "1 2 3 4 5", "١٢٣٤٥٦"])
    func noPhone(_ typed: String) { #expect(PersonIdentifier.phone(typed) == nil) }

    @Test("B1 a blank customer number or cookie names nobody", arguments: ["", " ", "\n\t"])
    func blank(_ typed: String) {
        #expect(PersonIdentifier.customerID(typed, connection: "shop") == nil)
        #expect(PersonIdentifier.cookie(typed) == nil)
    }

    @Test("B1 the same number of two shops is two people")
    func twoShops() throws {
        let shop = try #require(PersonIdentifier.customerID(" 7 ", connection: "shop"))
        let till = try #require(PersonIdentifier.customerID("7", connection: "till"))
        #expect(shop != till)
        #expect(shop == PersonIdentifier.customerID("7", connection: "shop"))
        #expect(Set([shop, till]).count == 2)
    }

    @Test("B1 a customer number decides before an e-mail, an e-mail before a phone, a phone before a cookie")
    func rank() throws {
        #expect(PersonIdentifier.Kind.allCases.sorted { $0.rank < $1.rank } == [.customerID, .email, .phone, .cookie])
        #expect(Set(PersonIdentifier.Kind.allCases.map(\.rank)).count == PersonIdentifier.Kind.allCases.count)
        // The texts alone would sort the other way round.
        let sorted = try [
            #require(PersonIdentifier.cookie("a")), #require(PersonIdentifier.phone("0000001")),
            #require(PersonIdentifier.email("c@example.test")),
            #require(PersonIdentifier.customerID("9", connection: "z")),
        ].sorted()
        #expect(sorted.map(\.kind) == [.customerID, .email, .phone, .cookie])
    }

    @Test("B1 a buyer is known by what was told, strongest first; what is unknown or unusable is left out")
    func buyer() {
        let whole = Buyer(
            customerID: .known("7"), email: .known(" Ada@Example.test"), phone: .known("+44 20 7946 0000"))
        #expect(whole.identifiers(connection: "shop").map(\.value) == ["7", "ada@example.test", "+442079460000"])
        #expect(whole.identifiers(connection: "shop").first?.connection == "shop")
        #expect(Buyer().identifiers(connection: "shop") == [])
        let guest = Buyer(customerID: .known(nil), email: .known("none"), phone: .known("020 7946 0000"))
        #expect(guest.identifiers(connection: "shop").map(\.kind) == [.phone])
    }

    // MARK: Properties

    /// Few letters, so that most of it is nearly an identifier.
    private func text(_ random: inout SeededRandom) -> String {
        let letters = ["a", "B", "@", ".", " ", "1", "2", "+", "-", "é", "ß", "\n", "4", "0"]
        return (0..<random.below(14)).map { _ in random.pick(letters) }.joined()
    }

    private func makers() -> [(String) -> PersonIdentifier?] {
        [
            PersonIdentifier.email, PersonIdentifier.phone, PersonIdentifier.cookie,
            { PersonIdentifier.customerID($0, connection: "shop") },
        ]
    }

    @Test("B1 what was normalised once stays as it is, and blanks around it never matter", arguments: UInt64(1)...60)
    func normalisation(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<50 {
            let text = text(&random)
            for make in makers() {
                let made = make(text)
                #expect(make(" \(text)\n") == made, "seed \(seed): \(text.debugDescription)")
                guard let made else { continue }
                #expect(make(made.value) == made, "seed \(seed): \(text.debugDescription)")
                #expect(made.value.contains { !$0.isWhitespace }, "seed \(seed): \(text.debugDescription)")
            }
        }
    }

    @Test("B1 identifiers have one order, and it is by rank", arguments: UInt64(1)...40)
    func order(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var all: [PersonIdentifier] = []
        for _ in 0..<30 {
            let digits = "\(100_000 + random.below(4))"
            let made: [PersonIdentifier?] = [
                .customerID(digits, connection: random.pick(["shop", "till"])), .email("\(digits)@example.test"),
                .phone(digits), .cookie(digits),
            ]
            if let one = random.pick(made) { all.append(one) }
        }
        let sorted = all.sorted()
        #expect(all.shuffled(using: &random).sorted() == sorted, "seed \(seed)")
        for (left, right) in zip(sorted, sorted.dropFirst()) {
            #expect(left.kind.rank <= right.kind.rank, "seed \(seed)")
            #expect(!(left < right) || left != right, "seed \(seed)")
            #expect(left < right || left == right, "seed \(seed): \(left) and \(right) have no order")
        }
    }
}
