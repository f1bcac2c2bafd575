import Commerce
import Testing

@testable import Sync

/// Which person an entity belongs to, from the identifiers that it carries.
@Suite("Who an entity belongs to")
struct PersonResolutionTests {
    /// People at hand, each with what they are known by.
    private struct World {
        var people: [EntityKey: Person] = [:]
        var current: EntityKey?
        var isBasket = false

        mutating func know(_ name: String, _ identifiers: PersonIdentifier...) {
            var person = Person(brand: "acme")
            person.claim(identifiers)
            people[PersonResolutionTests.key(name)] = person
        }

        mutating func keepApart(_ one: String, _ other: String) {
            people[PersonResolutionTests.key(one)]?.identityDecisions.append(
                IdentityDecision(other: PersonResolutionTests.key(other), isMerged: false))
        }

        func resolve(_ identifiers: [PersonIdentifier]) -> PersonResolution {
            var owners: [PersonIdentifier: EntityKey] = [:]
            for (key, person) in people { for identifier in person.identifiers { owners[identifier] = key } }
            return PersonResolution(
                identifiers,
                among: .init(
                    owners: owners.filter { identifiers.contains($0.key) }, current: current, people: people,
                    isBasket: isBasket))
        }
    }

    private static func key(_ name: String) -> EntityKey { EntityKey(connection: "acme", kind: .person, id: name) }
    private func key(_ name: String) -> EntityKey { Self.key(name) }

    private static func made(_ identifier: PersonIdentifier?) -> PersonIdentifier {
        guard let identifier else { preconditionFailure("the tests' identifiers are good ones") }
        return identifier
    }
    private func number(_ value: String, at connection: String = "shop") -> PersonIdentifier {
        Self.made(.customerID(value, connection: connection))
    }
    private func email(_ name: String) -> PersonIdentifier { Self.made(.email("\(name)@example.test")) }
    private func phone(_ digit: Int) -> PersonIdentifier { Self.made(.phone("+44 20 7946 000\(digit)")) }

    // MARK: New people

    @Test("B2 nobody is known by any of it: somebody new gets all of it")
    func new() {
        let all = [phone(1), email("ada"), number("7")]
        let resolution = World().resolve(all)
        #expect(resolution.target == nil)
        #expect(resolution.claims == all.sorted())
        #expect(resolution.joins == [] && resolution.conflicts == [])
    }

    @Test("B2 nothing is known at all: an entity without a person stays without one")
    func nothing() {
        #expect(World().resolve([]).target == nil)
        #expect(World().resolve([]).claims == [])
    }

    // MARK: Rank

    @Test("B1 a customer number decides before an e-mail; who only had the e-mail joins")
    func numberBeforeEmail() {
        var world = World()
        world.know("number", number("7"))
        world.know("guest", email("ada"))
        let resolution = world.resolve([email("ada"), number("7")])
        #expect(resolution.target == key("number"))
        #expect(resolution.joins == [key("guest")])
        #expect(resolution.conflicts == [])
    }

    @Test("B1 an e-mail decides before a phone; who only had the phone joins")
    func emailBeforePhone() {
        var world = World()
        world.know("phone", phone(1))
        world.know("email", email("ada"))
        let resolution = world.resolve([phone(1), email("ada")])
        #expect(resolution.target == key("email"))
        #expect(resolution.joins == [key("phone")])
    }

    @Test("B1 a phone that somebody is better known by than by it joins nobody")
    func sharedPhone() {
        var world = World()
        world.know("bob", email("bob"), phone(1))
        world.know("ada", email("ada"))
        let resolution = world.resolve([email("ada"), phone(1)])
        #expect(resolution.target == key("ada"))
        #expect(resolution.joins == [] && resolution.conflicts == [])
        #expect(resolution.claims == [], "the phone stays Bob's")
    }

    @Test("B1 somebody new with a known phone is somebody new, and the phone stays where it is")
    func newWithKnownPhone() {
        var world = World()
        world.know("bob", email("bob"), phone(1))
        let resolution = world.resolve([email("ada"), phone(1)])
        #expect(resolution.target == nil)
        #expect(resolution.claims == [email("ada")])
        #expect(resolution.joins == [] && resolution.conflicts == [])
    }

    // MARK: One person by and by

    @Test("E7 B2 a guest whose account appears is one person, who gets the number")
    func guestBecomesAccount() {
        var world = World()
        world.know("guest", email("ada"))
        world.current = key("guest")
        for current in [nil, key("guest")] {
            world.current = current
            let resolution = world.resolve([number("7"), email("ada")])
            #expect(resolution.target == key("guest"))
            #expect(resolution.claims == [number("7")])
            #expect(resolution.joins == [] && resolution.conflicts == [])
        }
    }

    @Test("B2 a checkout by phone alone is the same person the next time, and may become better known")
    func phoneOnly() {
        var world = World()
        world.know("phone", phone(1))
        #expect(world.resolve([phone(1)]).target == key("phone"))
        let better = world.resolve([phone(1), email("ada"), number("7")])
        #expect(better.target == key("phone"))
        #expect(better.claims == [number("7"), email("ada")])
    }

    @Test("B2 an order with a phone alone finds who is better known by it")
    func phoneAloneFindsTheirs() {
        var world = World()
        world.know("bob", email("bob"), phone(1))
        #expect(world.resolve([phone(1)]).target == key("bob"))
    }

    @Test("B1 without a number an entity stays where it was: a changed e-mail makes nobody new")
    func currentStays() {
        var world = World()
        world.know("ada", email("ada"))
        world.current = key("ada")
        let moved = world.resolve([email("ada.new")])
        #expect(moved.target == key("ada"))
        #expect(moved.claims == [email("ada.new")])
        // Nothing left to be known by: it stays all the same.
        #expect(world.resolve([]).target == key("ada"))
        #expect(world.resolve([]).claims == [])
    }

    @Test("B1 a number moves an entity to its person")
    func numberMoves() {
        var world = World()
        world.know("ada", number("7"))
        world.know("bob", number("8"))
        world.current = key("bob")
        let resolution = world.resolve([number("7")])
        #expect(resolution.target == key("ada"))
        #expect(resolution.joins == [], "Bob is another customer")
    }

    @Test("B1 a number that nobody has is somebody new where the entity's person has another one")
    func anotherNumber() {
        var world = World()
        world.know("bob", number("8"))
        world.current = key("bob")
        let resolution = world.resolve([number("7")])
        #expect(resolution.target == nil)
        #expect(resolution.claims == [number("7")])
    }

    // MARK: Conflicts

    @Test("B4 one e-mail and two numbers of one shop: held for a steward, nobody gets anything of the other")
    func conflict() {
        var world = World()
        world.know("ada", number("7"), email("ada"))
        world.know("bob", number("8"))
        let resolution = world.resolve([number("8"), email("ada")])
        #expect(resolution.target == key("bob"))
        #expect(resolution.joins == [] && resolution.claims == [])
        #expect(resolution.conflicts == [.init(kind: .email, owner: key("ada"))])
    }

    @Test("B4 a new number with the e-mail of another of the shop is somebody new, and a conflict")
    func conflictOfSomebodyNew() {
        var world = World()
        world.know("ada", number("7"), email("ada"))
        let resolution = world.resolve([number("8"), email("ada"), phone(1)])
        #expect(resolution.target == nil)
        #expect(resolution.claims == [number("8"), phone(1)], "the e-mail stays Ada's")
        #expect(resolution.conflicts == [.init(kind: .email, owner: key("ada"))])
    }

    @Test("B4 a number that the entity's person gets now counts too")
    func conflictOfTheNumberClaimed() {
        var world = World()
        world.know("phone", phone(1))
        world.know("ada", number("7"), email("ada"))
        world.current = key("phone")
        let resolution = world.resolve([number("8"), email("ada"), phone(1)])
        #expect(resolution.target == key("phone"))
        #expect(resolution.claims == [number("8")])
        #expect(resolution.joins == [], "or one person would have the numbers 7 and 8")
        #expect(resolution.conflicts == [.init(kind: .email, owner: key("ada"))])
    }

    @Test("B4 two who would both join contradict each other: the stronger one joins, the other is a conflict")
    func conflictOfTwoJoins() {
        var world = World()
        world.know("till", number("1", at: "till"))
        world.know("ada", number("7"), email("ada"))
        world.know("bob", number("8"), email("bob"))
        let resolution = world.resolve([number("1", at: "till"), email("ada"), email("bob")])
        #expect(resolution.target == key("till"))
        #expect(resolution.joins == [key("ada")])
        #expect(resolution.conflicts == [.init(kind: .email, owner: key("bob"))])
    }

    @Test("B2 one e-mail at two shops is one person with a number of each")
    func twoShops() {
        var world = World()
        world.know("shop", number("7"), email("ada"))
        let first = world.resolve([number("9", at: "till"), email("ada")])
        #expect(first.target == key("shop"))
        #expect(first.claims == [number("9", at: "till")])
        world.know("till", number("9", at: "till"))
        let known = world.resolve([number("9", at: "till"), email("ada")])
        #expect(known.target == key("till"))
        #expect(known.joins == [key("shop")])
        #expect(known.conflicts == [])
    }

    @Test("B1 the same number of two shops never makes one person")
    func sameNumber() {
        var world = World()
        world.know("shop", number("7"))
        let resolution = world.resolve([number("7", at: "till")])
        #expect(resolution.target == nil)
        #expect(resolution.claims == [number("7", at: "till")])
    }

    @Test("B4 who was kept apart stays apart, whoever of the two remembers it", arguments: [true, false])
    func keptApart(isSaidByTarget: Bool) {
        var world = World()
        world.know("ada", number("7"))
        world.know("guest", email("ada"))
        if isSaidByTarget { world.keepApart("ada", "guest") } else { world.keepApart("guest", "ada") }
        let resolution = world.resolve([number("7"), email("ada")])
        #expect(resolution.target == key("ada"))
        #expect(resolution.joins == [] && resolution.claims == [])
        #expect(resolution.conflicts == [], "it is asked once")
    }

    @Test("B4 the answer counts for everybody whom the two have become one with since")
    func keptApartThroughMerges() {
        var world = World()
        world.know("ada", number("7"))
        world.know("guest", email("ada"))
        // What was asked about was Amy and Gus, who are Ada and the guest by now.
        world.keepApart("ada", "gus")
        world.people[key("guest")]?.identityDecisions.append(IdentityDecision(other: key("gus"), isMerged: true))
        let resolution = world.resolve([number("7"), email("ada")])
        #expect(resolution.target == key("ada"))
        #expect(resolution.joins == [] && resolution.conflicts == [])
    }

    // MARK: Baskets and slips

    @Test("B3 a basket follows what is typed into it, and nobody is joined for it")
    func basketFollows() {
        var world = World()
        world.isBasket = true
        world.know("slip", email("jhon"))
        world.know("john", number("7"), email("john"))
        world.current = key("slip")
        let corrected = world.resolve([email("john")])
        #expect(corrected.target == key("john"))
        #expect(corrected.joins == [] && corrected.conflicts == [])
    }

    @Test("B3 the next shopper at a shared device is somebody else")
    func sharedDevice() {
        var world = World()
        world.isBasket = true
        world.know("alice", email("alice"))
        world.current = key("alice")
        let next = world.resolve([email("bob")])
        #expect(next.target == nil)
        #expect(next.claims == [email("bob")])
        #expect(world.resolve([email("alice"), phone(1)]).target == key("alice"), "more of the same person")
        #expect(world.resolve([]).target == key("alice"), "a contact that names nobody is no other shopper")
    }

    @Test("B4 an order without a number whose e-mail becomes another person's is asked about")
    func orderWithAnothersEmail() {
        var world = World()
        world.know("slip", email("jhon"))
        world.know("john", number("7"), email("john"))
        world.current = key("slip")
        let corrected = world.resolve([email("john")])
        #expect(corrected.target == key("slip"))
        #expect(corrected.joins == [])
        #expect(corrected.conflicts == [.init(kind: .email, owner: key("john"))])
    }

    @Test("B2 an order of somebody known by a phone alone finds its person by the e-mail that comes later")
    func lateEmail() {
        var world = World()
        world.know("phone", phone(1))
        world.know("john", number("7"), email("john"))
        world.current = key("phone")
        let late = world.resolve([phone(1), email("john")])
        #expect(late.target == key("phone"))
        #expect(late.joins == [key("john")])
    }

    // MARK: Properties

    /// People who share nothing, and what an entity carries: anything of anybody.
    private func world(_ random: inout SeededRandom) -> (World, [PersonIdentifier]) {
        var world = World()
        var free: [PersonIdentifier] =
            (0..<3).map { email("e\($0)") } + (0..<3).map(phone)
            + ["shop", "till"].flatMap { shop in (0..<3).map { number("\($0)", at: shop) } }
        free.shuffle(using: &random)
        let all = free
        let names = ["a", "b", "c", "d", "e"]
        for name in names { world.know(name) }
        while let identifier = free.popLast() {
            let key = key(names[Int(random.below(Int64(names.count)))])
            let hasOne = world.people[key]?.identifiers.contains {
                $0.kind == .customerID && identifier.kind == .customerID && $0.connection == identifier.connection
            }
            if hasOne == true || random.below(3) == 0 { continue }
            world.people[key]?.claim([identifier])
        }
        if random.below(2) == 0 { world.current = key(names[Int(random.below(5))]) }
        if random.below(3) == 0 { world.keepApart("a", "b") }
        var carried: [PersonIdentifier] = []
        for identifier in all where random.below(3) == 0 {
            let isSecond = carried.contains { $0.kind == .customerID } && identifier.kind == .customerID
            if !isSecond { carried.append(identifier) }
        }
        return (world, carried)
    }

    @Test("B1 the order in which identifiers are listed does not matter", arguments: UInt64(1)...200)
    func order(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<10 {
            let (world, carried) = world(&random)
            let expected = world.resolve(carried)
            #expect(world.resolve(carried.shuffled(using: &random)) == expected, "seed \(seed)")
            #expect(world.resolve(carried + carried.reversed()).joins == expected.joins, "seed \(seed)")
        }
    }

    @Test(
        "B4 no resolution ever gives one person two numbers of one shop, or an identifier two persons",
        arguments: UInt64(1)...200)
    func oneNumberOfAShop(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<10 {
            let (world, carried) = world(&random)
            let resolution = world.resolve(carried)
            let merged = [resolution.target].compactMap { $0 } + resolution.joins
            let identifiers = merged.flatMap { world.people[$0]?.identifiers ?? [] } + resolution.claims
            #expect(Set(identifiers).count == identifiers.count, "seed \(seed)")
            for shop in ["shop", "till"] {
                let numbers = identifiers.filter { $0.kind == .customerID && $0.connection == shop }
                #expect(numbers.count <= 1, "seed \(seed): \(numbers)")
            }
            let others = world.people.filter { !merged.contains($0.key) }.flatMap(\.value.identifiers)
            #expect(Set(others).isDisjoint(with: resolution.claims), "seed \(seed)")
            #expect(Set(merged).count == merged.count, "seed \(seed)")
        }
    }
}
