public import Commerce

/// Which buyers used one contact of a person, as far as orders and customer records tell buyers apart (B4).
///
/// A store's own e-mail typed at a till, or an agent's phone, gets onto the orders of many people. From
/// ``buyersMax`` on it says nothing about who a buyer is.
public struct ContactUse: Sendable, Hashable, Codable {
    /// One buyer: a customer number, or else a name, or else the other contact.
    public struct Buyer: Sendable, Hashable, Codable, Comparable {
        /// Of a customer number: whose it is.
        public var connection: String?
        /// Who it is, without saying so.
        public var digest: String

        public init(connection: String? = nil, digest: String) {
            self.connection = connection
            self.digest = digest
        }

        public static func < (left: Self, right: Self) -> Bool {
            (left.connection ?? "", left.digest) < (right.connection ?? "", right.digest)
        }

        /// Short, because persons are many.
        private enum CodingKeys: String, CodingKey { case connection = "c", digest = "d" }
    }

    /// More buyers than this share a contact: it is no evidence of identity any more. A household has fewer, a till
    /// soon has more.
    public static let buyersMax = 5

    /// Digest of the contact: the identifier itself stands with the person.
    public var contact: String
    /// Sorted. Not extended once there are too many.
    public var buyers: [Buyer]

    public init(contact: String, buyers: [Buyer]) {
        self.contact = contact
        self.buyers = buyers
    }

    private enum CodingKeys: String, CodingKey { case contact = "c", buyers = "b" }

    static func digest(of contact: PersonIdentifier) -> String {
        shortDigest("\(contact.kind.rawValue) \(contact.value)")
    }

    fileprivate static func shortDigest(_ text: String) -> String { String(StableDigest.of(text).prefix(12)) }

    /// Names count one by one. Each shop of a brand calls one buyer by a number of its own, so numbers are counted in
    /// the shop that has most of them; those of one person are one buyer.
    fileprivate func count(own: Set<Buyer>) -> Int {
        let names = buyers.count { $0.connection == nil }
        let most = Set(buyers.compactMap(\.connection)).map { connection in
            let numbers = buyers.filter { $0.connection == connection }
            let foreign = numbers.count { !own.contains($0) }
            return foreign + (foreign < numbers.count ? 1 : 0)
        }.max()
        return names + (most ?? 0)
    }
}

extension ContactUse.Buyer {
    init(number: PersonIdentifier) {
        self.init(connection: number.connection ?? "", digest: ContactUse.shortDigest(number.value))
    }

    /// Case, punctuation and the order of the words make no difference. `nil` for a text without letters.
    init?(name: String) {
        let words = name.lowercased().split { !$0.isLetter }.sorted()
        guard !words.isEmpty else { return nil }
        self.init(digest: ContactUse.shortDigest(words.joined(separator: " ")))
    }
}

extension Truth {
    /// The buyer who used this contact; `nil` where nothing tells them from others.
    func buyer(of key: EntityKey, using contact: PersonIdentifier) -> ContactUse.Buyer? {
        let identifiers = identifiers(of: key)
        if let number = identifiers.first(where: { $0.kind == .customerID }) { return ContactUse.Buyer(number: number) }
        if let buyer = order?.buyerName.flatMap(ContactUse.Buyer.init(name:)) { return buyer }
        return identifiers.first { $0 != contact }.map { ContactUse.Buyer(digest: ContactUse.digest(of: $0)) }
    }
}

extension Person {
    /// More than ``ContactUse/buyersMax`` buyers use it.
    public func isShared(_ contact: PersonIdentifier) -> Bool {
        guard let contactUses else { return false }
        let digest = ContactUse.digest(of: contact)
        guard let use = contactUses.first(where: { $0.contact == digest }) else { return false }
        return use.count(own: ownNumbers) > ContactUse.buyersMax
    }

    /// It says who they are: somebody can have it, and not too many use it.
    public func isEvidence(_ identifier: PersonIdentifier) -> Bool {
        identifier.placeholder == nil && !isShared(identifier)
    }

    private var ownNumbers: Set<ContactUse.Buyer> {
        Set(identifiers.filter { $0.kind == .customerID }.map(ContactUse.Buyer.init(number:)))
    }

    mutating func note(_ buyer: ContactUse.Buyer, using contact: PersonIdentifier) {
        let digest = ContactUse.digest(of: contact)
        var uses = contactUses ?? []
        let index = uses.firstIndex { $0.contact == digest } ?? uses.endIndex
        if index == uses.endIndex { uses.append(ContactUse(contact: digest, buyers: [])) }
        guard !uses[index].buyers.contains(buyer), uses[index].count(own: ownNumbers) <= ContactUse.buyersMax else {
            return
        }
        uses[index].buyers = (uses[index].buyers + [buyer]).sorted()
        contactUses = uses
    }

    /// Everybody who used a contact of either.
    mutating func joinUses(of other: Person) {
        guard let others = other.contactUses else { return }
        var uses = contactUses ?? []
        for use in others {
            if let index = uses.firstIndex(where: { $0.contact == use.contact }) {
                uses[index].buyers = Set(uses[index].buyers + use.buyers).sorted()
            } else {
                uses.append(use)
            }
        }
        contactUses = uses
    }
}
