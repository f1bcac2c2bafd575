import Commerce
import JSON
import Sync

/// The people of a history and what they are called at the moment: by an account, as a guest, by a phone alone.
struct Shoppers {
    /// How an e-mail begins that replaced another.
    static let movedPrefix = "moved-"

    /// How somebody shops. Nobody ever uses an address of somebody else.
    enum Habit {
        case account
        /// The first order as a guest, then with an account of the same e-mail.
        case guestThenAccount
        /// Never tells more than a phone.
        case phoneOnly
        /// The first order with a phone alone, then with an account that has this phone.
        case phoneThenAccount
        /// An account whose e-mail changes.
        case mover
        /// Types a phone that nobody has, and nothing else: nothing names them, so nothing is told of them.
        case nameless
    }

    /// What people type because a form asks for it. Strangers type the same.
    static let placeholderPhone = "0000000000"
    static let placeholderEmail = "noemail@acme.test"

    struct Account {
        var email: String
        var phone: String?
        var isMade = false
        var hasMoved = false
    }

    struct Shopper {
        var number: Int
        var habit: Habit
        var email: String
        var phone: String
        var account: Int
        /// Of the contact that they do not tell, a placeholder is typed.
        var typesPlaceholder = false
        var orders = 0
    }

    private(set) var people: [Shopper] = []
    private(set) var accounts: [Account] = []

    /// Strangers to each other who are ``Habit/nameless``; the last of ``people``.
    static let namelessCount = 2

    /// - Parameter count: those who can be known by something.
    init(count: Int, random: inout SeededRandom) {
        for number in 0..<count {
            let habit: Habit =
                switch random.below(10) {
                case 0...2: .account
                case 3...4: .guestThenAccount
                case 5: .phoneOnly
                case 6: .phoneThenAccount
                default: .mover
                }
            let email = "shopper\(number)@example.test"
            let phone = "+4477009\(10_000 + number)"
            let tellsPhone = habit == .phoneThenAccount || random.below(3) == 0
            people.append(
                Shopper(
                    number: number, habit: habit, email: email, phone: phone, account: number,
                    typesPlaceholder: random.below(2) == 0))
            accounts.append(Account(email: email, phone: tellsPhone ? phone : nil))
        }
        for number in count..<count + Self.namelessCount {
            people.append(Shopper(number: number, habit: .nameless, email: "", phone: "", account: number))
            accounts.append(Account(email: ""))
        }
    }

    /// They shop with an account from now on.
    mutating func openAccount(of shopper: Int) { people[shopper].habit = .account }

    func account(of shopper: Int) -> Account { accounts[people[shopper].account] }

    /// Whose older orders a shop can list: it finds none by a phone.
    func isListable(_ shopper: Int) -> Bool {
        switch people[shopper].habit {
        case .account, .guestThenAccount, .mover: true
        case .phoneOnly, .phoneThenAccount, .nameless: false
        }
    }

    /// What the next order of somebody says about its buyer.
    ///
    /// - Parameter isEarlier: from before the connector began; then a guest too has a customer record, as real shops
    ///   make one for each (docs/vendors/shopify.md, Customers).
    mutating func buyer(_ shopper: Int, isEarlier: Bool, random: inout SeededRandom) -> JSONObject {
        var buyer = told(by: shopper, isEarlier: isEarlier, random: &random)
        guard people[shopper].typesPlaceholder else { return buyer }
        if buyer["phone"] == nil, buyer["customer"]?["phone"] == nil {
            buyer["phone"] = .string(Self.placeholderPhone)
        }
        if buyer["email"] == nil, buyer["customer"] == nil { buyer["email"] = .string(Self.placeholderEmail) }
        return buyer
    }

    private mutating func told(by shopper: Int, isEarlier: Bool, random: inout SeededRandom) -> JSONObject {
        let person = people[shopper]
        people[shopper].orders += 1
        let isFirst = person.orders == 0
        switch person.habit {
        case .nameless: return ["guest": true, "phone": .string(Self.placeholderPhone)]
        case .phoneOnly: return ["guest": true, "phone": .string(person.phone)]
        case .phoneThenAccount where isFirst: return ["guest": true, "phone": .string(person.phone)]
        case .guestThenAccount where isFirst && isEarlier: return ["email": .string(person.email)]
        case .guestThenAccount where isFirst: return ["guest": true, "email": .string(person.email)]
        case .account where !isEarlier && random.below(6) == 0:
            // Not signed in this time.
            return ["guest": true, "email": .string(person.email)]
        case .mover where !isEarlier && random.below(6) == 0:
            return ["guest": true, "email": .string(accounts[person.account].email)]
        default: break
        }
        accounts[person.account].isMade = true
        let account = accounts[person.account]
        var customer: JSONObject = [
            "email": .string(account.email), "first_name": .string("Sam\(person.account)"),
        ]
        if let phone = account.phone { customer["phone"] = .string(phone) }
        var buyer: JSONObject = ["customer": .object(customer)]
        if random.below(5) == 0 { buyer["buyer_accepts_marketing"] = true }
        return buyer
    }

    /// The account gets another e-mail; `nil` for people who stay.
    mutating func move(_ shopper: Int) -> JSON? {
        let index = people[shopper].account
        guard people[shopper].habit == .mover, accounts[index].isMade, !accounts[index].hasMoved else { return nil }
        let before = accounts[index].email
        accounts[index].email = Self.movedPrefix + before
        accounts[index].hasMoved = true
        return [
            "do": "update_customer", "customer": .string(before), "email": .string(accounts[index].email),
        ]
    }

    /// Two accounts are found to be one person's; from then on both shop with the one that was kept.
    mutating func merge(_ shopper: Int, random: inout SeededRandom) -> JSON? {
        let removed = people[shopper].account
        let others = accounts.indices.filter { $0 != removed && accounts[$0].isMade }
        guard accounts[removed].isMade, !others.isEmpty else { return nil }
        let kept = others[Int(random.below(Int64(others.count)))]
        for index in people.indices where people[index].account == removed { people[index].account = kept }
        accounts[removed].isMade = false
        return [
            "do": "merge_customers", "keep": .string(accounts[kept].email),
            "remove": .string(accounts[removed].email),
        ]
    }
}
