public import Commerce

/// What somebody asks a brand to do with their personal data, as a source hands it on, in our own words.
public struct PrivacyRequest: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A copy of everything that is known of them.
        case access
        case erasure
    }
    public var kind: Kind
    public var connection: String
    /// `nil`: all customers of the connection.
    public var customer: EntityKey?
    /// The source's own number of this request; `nil` where it gives none.
    public var number: String?
    /// How many orders it names.
    public var orderCount: Int
    /// When it must be done at the latest.
    public var dueAt: Instant

    public init(
        _ kind: Kind, connection: String, customer: EntityKey?, number: String? = nil, orderCount: Int = 0,
        dueAt: Instant
    ) {
        self.kind = kind
        self.connection = connection
        self.customer = customer
        self.number = number
        self.orderCount = orderCount
        self.dueAt = dueAt
    }

    /// Each request is an exception of its own: somebody must do it, and say so.
    var exception: RaisedException {
        RaisedException(.privacyRequest, subject: subject, cause: "\(summary); due by \(dueDate)")
    }

    private var subject: String {
        guard let customer else { return connection }
        return [customer.description, kind.rawValue, number].compactMap { $0 }.joined(separator: " ")
    }

    /// What is asked; never who the customer is, but for their number.
    var summary: String {
        guard let customer else { return "everything about the customers of \(connection) is to be erased" }
        let who = "customer \(customer.id) of \(connection)" + (orderCount == 0 ? "" : " (\(orderCount) orders named)")
        return switch kind {
        case .access: "\(who) asks for a copy of their data" + (number.map { ", request \($0)" } ?? "")
        case .erasure: "the data of \(who) is to be erased"
        }
    }

    /// The calendar date in UTC: `2026-12-26`.
    private var dueDate: String { String(dueAt.description.prefix { $0 != "T" }) }
}
