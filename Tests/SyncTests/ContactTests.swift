import Commerce
import Testing

@testable import Sync

/// Contacts that nobody can have, or that too many use, join nobody.
@Suite("Engine: contacts that say nothing about who somebody is")
struct ContactTests {
    private static let names = ["Ada", "Bob", "Cy", "Dee", "Eve", "Flo", "Gus", "Hal"]

    private func suspects(_ rig: EngineRig) throws -> [OpenException] { try rig.exceptions(.identitySuspect) }

    private func owner(_ id: Int, _ rig: EngineRig) throws -> EntityKey? { try rig.record(id)?.truth.belongsTo }

    // MARK: Placeholders

    @Test("B2 B4 two strangers with the phone 0000000000 are two, and a steward sees the phone once")
    func strangers() throws {
        var rig = try EngineRig.quiet()
        try rig.receive(["snapshot 1 1 a phone=0000000000", "snapshot 2 2 b phone=+440000000000"])
        try rig.receive(["snapshot 3 3 c phone=0000000000", "snapshot 4 4 d email=noemail@acme.com"])
        try rig.carryOn()
        for id in 1...4 { #expect(try owner(id, rig) == nil, "order \(id) is nobody's") }
        let found = try suspects(rig)
        #expect(found.map(\.count).sorted() == [1, 1, 2], "one for each contact")
        for exception in found {
            for text in [exception.subject, exception.cause] {
                #expect(!text.contains("0000000") && !text.contains("acme.com"), "\(text)")
            }
        }
        rig.expectQuiet()
    }

    @Test("B2 what is left of a buyer names them, and a placeholder is not kept with them")
    func rest() throws {
        var rig = try EngineRig.quiet()
        try rig.receive([
            "snapshot 1 1 a number=7 phone=0000000000 since=200",
            "snapshot 2 1 b email=ada phone=0000000000 since=200",
            "customer 8 1 email=noemail@acme.com phone=1234567890",
        ])
        let told = try rig.carryOn()
        #expect(told.contains("1:a=a@customer_id:7") && told.contains("2:b=b@email:ada@example.test"), "\(told)")
        #expect(try rig.person(number: "7").identifiers.map(\.value) == ["7"])
        #expect(try rig.person(number: "7").orders.map(\.phone) == [nil])
        #expect(try rig.person(email: "ada").identifiers.map(\.value) == ["ada@example.test"])
        #expect(try rig.person(number: "8").identifiers.map(\.value) == ["8"])
        #expect(try rig.person(number: "8").customers.map(\.email) == [nil])
        rig.expectQuiet()
    }

    @Test("B4 an order counts once for its placeholder, however often it changes; one that gets it later counts too")
    func countsOnce() throws {
        var rig = try EngineRig.quiet()
        try rig.receive(["snapshot 1 1 a phone=0000000000", "snapshot 1 2 a phone=0000000000"])
        try rig.receive(["snapshot 1 3 b phone=0000000000"])
        #expect(try suspects(rig).map(\.count) == [1])
        try rig.receive(["snapshot 2 4 c email=ada", "snapshot 2 5 c email=ada phone=0000000000"])
        #expect(try suspects(rig).map(\.count) == [2])
    }

    @Test("E6 a listed order whose buyer nothing names is no gap in the history of who listed it")
    func listedOrderOfNobody() throws {
        var rig = try EngineRig.quiet()
        try rig.receive(["snapshot 1 50 a number=7"])
        let shop = ScriptedShop(
            states: ["9": "snapshot 9 5 x phone=0000000000"], histories: ["number=7": [[1, 9]]])
        try rig.carryOn(shop)
        #expect(try rig.person(number: "7").isHistoryKnown)
        #expect(try owner(9, rig) == nil)
        rig.expectQuiet()
    }

    @Test("B2 an identifier that was stored before placeholders were recognised is used for nothing")
    func stored() throws {
        var person = Person(brand: "acme")
        person.claim([try #require(PersonIdentifier.email("ada@example.test"))])
        var old = try #require(PersonIdentifier.phone("020 7946 0000"))
        old.value = "0000000000"
        person.claim([old])
        #expect(person.identifiers.count == 2 && !person.isEvidence(old))
        #expect(person.identifiersInUseFirst.map(\.value) == ["ada@example.test"])
    }

    // MARK: Contacts that many use

    /// One order each, under the same contact and a name of their own.
    private func order(_ number: Int, _ contact: String) -> String {
        "snapshot \(number) \(number) f\(number) \(contact) by=\(Self.names[number - 1]) since=200"
    }

    @Test(
        "B4 a contact of more than five names joins nobody any more, and what was joined stays",
        arguments: ["email=till", "phone=02079460000"], [false, true])
    func manyNames(_ contact: String, isOneBatch: Bool) throws {
        var rig = try EngineRig.quiet()
        let lines = (1...8).map { order($0, contact) }
        if isOneBatch {
            try rig.receive(lines)
        } else {
            for line in lines {
                try rig.receive([line])
                try rig.carryOn()
                // What is known of a contact outlives the engine.
                try rig.crash()
                try rig.carryOn(for: .zero)
            }
        }
        try rig.carryOn()
        let first = try #require(try owner(1, rig))
        for id in 2...5 { #expect(try owner(id, rig) == first) }
        for id in 6...8 { #expect(try owner(id, rig) == nil) }
        let suspect = try #require(try suspects(rig).first)
        #expect(try suspects(rig).count == 1)
        #expect(suspect.count == 3)
        #expect(suspect.subject.hasPrefix("\(first) shared"))
        #expect(!suspect.cause.contains("till@") && !suspect.cause.contains("7946"))
        // A change of an order that was joined takes nothing back, and is no news to the steward.
        try rig.receive(["snapshot 3 60 g \(contact) by=Cy since=200"])
        try rig.carryOn()
        #expect(try owner(3, rig) == first)
        #expect(try suspects(rig).map(\.count) == [3])
        rig.expectQuiet()
    }

    @Test("B4 later orders under it go by their customer number, or by the other contact")
    func restOfMany() throws {
        var rig = try EngineRig.quiet()
        for number in 1...6 { try rig.receive([order(number, "email=till")]) }
        try rig.receive([
            "snapshot 7 7 g number=7 email=till by=Gus since=200",
            "snapshot 8 8 h phone=02079460000 email=till by=Hal since=200",
        ])
        let told = try rig.carryOn()
        #expect(told.contains("7:g=g@customer_id:7") && told.contains("8:h=h@phone:02079460000"), "\(told)")
        #expect(try rig.person(number: "7").identifiers.map(\.value) == ["7"])
        #expect(try rig.person(number: "7").orders.map(\.email) == [nil])
        #expect(try rig.people(email: "till").count == 1)
        #expect(try rig.exceptions(.identityConflict).isEmpty)
        rig.expectQuiet()
    }

    @Test("B4 six customer numbers share an e-mail: it is asked about once more, and not for each further pair")
    func manyNumbers() throws {
        var rig = try EngineRig.quiet()
        for number in 1...5 {
            try rig.receive(["snapshot \(number) \(number) a number=\(number) email=agent since=200"])
        }
        let conflicts = try rig.exceptions(.identityConflict).count
        #expect(conflicts == 4)
        #expect(try suspects(rig).isEmpty)
        for number in 6...8 {
            try rig.receive(["snapshot \(number) \(number) a number=\(number) email=agent since=200"])
        }
        #expect(try rig.exceptions(.identityConflict).count == conflicts)
        #expect(try suspects(rig).map(\.count) == [3])
        try rig.receive(["snapshot 9 9 a email=agent"])
        try rig.carryOn()
        #expect(try owner(9, rig) == nil, "a guest under it is nobody's")
        #expect(try owner(8, rig) != owner(1, rig))
        rig.expectQuiet()
    }

    @Test("B4 gifts to many people of one customer number are one buyer's")
    func gifts() throws {
        var rig = try EngineRig.quiet()
        for (index, name) in Self.names.enumerated() {
            try rig.receive(["snapshot \(index + 1) \(index + 1) a number=7 email=ada by=\(name) since=200"])
        }
        try rig.receive(["snapshot 9 9 a email=ada since=200"])
        try rig.carryOn()
        #expect(try rig.person(number: "7").orderIDs.count == 9)
        #expect(try suspects(rig).isEmpty)
    }

    @Test("B4 a person whose only contact turns out to be shared is not listed, and the engine rests")
    func notListed() throws {
        var rig = try EngineRig.quiet()
        let silent = ScriptedShop(isSilentAboutHistories: true)
        for number in 1...6 {
            try rig.receive(["snapshot \(number) \(number) a email=till by=\(Self.names[number - 1])"])
        }
        try rig.carryOn(silent)
        for exchange in rig.exchanges where rig.lines(exchange).first?.hasPrefix("orders") == true {
            rig.answer(exchange, status: 503)
        }
        let logged = rig.log.count
        try rig.carryOn(for: .seconds(50))
        #expect(rig.log.count < logged + 100, "\(rig.log.count - logged) effects")
        #expect(try rig.store.status().dirty == 0)
        #expect(try rig.people(email: "till").first?.truth.person?.isHistoryKnown == false)
    }

    @Test("B4 what a steward decides about the person closes the question")
    func decided() throws {
        var rig = try EngineRig.quiet()
        for number in 1...6 { try rig.receive([order(number, "email=till")]) }
        try rig.receive(["snapshot 7 7 g number=7 since=200"])
        try rig.carryOn()
        let (first, other) = (try #require(try owner(1, rig)), try #require(try owner(7, rig)))
        #expect(try suspects(rig).count == 1)
        rig.step(.command(.keepPeopleApart(first, other)))
        try rig.carryOn()
        #expect(try suspects(rig).isEmpty)
    }
}

/// How buyers of one contact are counted.
@Suite("Buyers of a contact")
struct ContactUseTests {
    private let email = PersonIdentifier.email("till@example.test")

    private func person(_ buyers: [ContactUse.Buyer?], known: [PersonIdentifier?] = []) throws -> Person {
        var person = Person(brand: "acme")
        let contact = try #require(email)
        person.claim([contact] + known.compactMap { $0 })
        for buyer in buyers { person.note(try #require(buyer), using: contact) }
        return person
    }

    private func number(_ value: Int, at shop: String = "shop") -> PersonIdentifier? {
        .customerID("\(value)", connection: shop)
    }

    private func buyer(_ value: Int, at shop: String = "shop") -> ContactUse.Buyer? {
        number(value, at: shop).map(ContactUse.Buyer.init(number:))
    }

    @Test("B4 a name is one however it is written, and no letters are no name")
    func names() {
        let ada = ContactUse.Buyer(name: "Ada Lovelace")
        #expect(ada != nil && ada == ContactUse.Buyer(name: " LOVELACE,  ada ") && ada != ContactUse.Buyer(name: "Ada"))
        #expect(ContactUse.Buyer(name: "- 1") == nil)
    }

    @Test("B4 one more than the limit is too many")
    func limit() throws {
        let contact = try #require(email)
        let few = (1...ContactUse.buyersMax).map { buyer($0) }
        #expect(try !person(few + few).isShared(contact))
        #expect(try person(few + [ContactUse.Buyer(name: "Ada")]).isShared(contact))
        let many = try person((1...100).map { buyer($0) })
        #expect(many.isShared(contact))
        #expect(many.contactUses?.first?.buyers.count == ContactUse.buyersMax + 1, "not all are kept")
        #expect(!many.isEvidence(contact) && many.identifiersInUseFirst == [])
    }

    @Test("B4 a shopper of many shops of a brand is no crowd")
    func shops() throws {
        let contact = try #require(email)
        let shops = (1...9).map { buyer(1, at: "shop\($0)") }
        #expect(try !person(shops).isShared(contact))
    }

    @Test("B4 the numbers of one person, as shops or stewards join them, are one buyer")
    func joined() throws {
        let contact = try #require(email)
        var person = try person((1...6).map { buyer($0) }, known: [number(1)])
        #expect(person.isShared(contact))
        var other = Person(brand: "acme")
        other.claim([number(2)].compactMap { $0 })
        let (here, there) = (
            EntityKey(connection: "acme", kind: .person, id: "1"), EntityKey(connection: "acme", kind: .person, id: "2")
        )
        person.take(&other, from: there, as: here)
        #expect(!person.isShared(contact), "five are left")
    }

    @Test("B4 who is joined brings those who used their contacts")
    func usesJoin() throws {
        let contact = try #require(email)
        var one = try person((1...3).map { buyer($0) })
        var other = try person((3...6).map { buyer($0) })
        let (here, there) = (
            EntityKey(connection: "acme", kind: .person, id: "1"), EntityKey(connection: "acme", kind: .person, id: "2")
        )
        one.take(&other, from: there, as: here)
        #expect(one.isShared(contact))
    }
}
