public import Commerce
import JSON
public import Transport

/// Looks whether another connector tells purchases to the project (E11): then going live would count revenue twice.
///
/// Events of ours carry an `event_key`; a `purchase` on a recent buyer's profile without one is another's. One buyer is
/// asked for at a time, under every id by which the project may know them.
public struct ForeignPurchases: Sendable {
    /// Buyers looked at: one native app tells every purchase, so a few buyers prove it.
    public static let buyersMax = 20
    /// Events of one buyer looked at, newest first.
    static let eventsMax = 50

    private let routes: BloomreachRoutes
    private let configuration: BloomreachConfiguration
    private var questions: [ExternalIDs]
    /// Purchases seen that are not ours.
    public private(set) var found = 0
    /// Buyers whose events could be seen.
    public private(set) var seen = 0
    /// Why the events of a buyer could not be seen; the last reason.
    public private(set) var trouble: String?

    /// - Parameter buyers: of recent orders of `connection`.
    public init(configuration: BloomreachConfiguration, connection: String, buyers: [Buyer]) {
        self.configuration = configuration
        routes = BloomreachRoutes(configuration)
        questions = []
        var asked: Set<ExternalIDs> = []
        for buyer in buyers {
            let identifiers = buyer.identifiers(connection: connection)
            for type in configuration.identity where type.kind == .hard {
                guard let value = identifiers.first(where: { type.source.takes($0) })?.value,
                    ExternalIDs.isValid(value), questions.count < Self.buyersMax
                else { continue }
                let ids = ExternalIDs([.init(type: type.name, value: value)])
                if asked.insert(ids).inserted { questions.append(ids) }
            }
        }
    }

    /// The next request; `nil` when everybody was looked at, or one foreign purchase proves the matter.
    public var next: HTTPRequest? {
        guard found == 0, let ids = questions.first else { return nil }
        return routes.customerEvents([
            "customer_ids": (try? JSON.parse(ids.text)) ?? [:], "event_types": ["purchase"], "order": "desc",
            "limit": JSON(Self.eventsMax), "skip": 0,
        ])
    }

    /// Takes the answer to ``next``.
    public mutating func take(_ outcome: HTTPOutcome) {
        if !questions.isEmpty { questions.removeFirst() }
        switch BloomreachReply(outcome) {
        case .document(let document):
            guard let events = document["data"]?.array else {
                trouble = "an answer without events"
                return
            }
            seen += 1
            found += events.count { $0["properties"]?["event_key"]?.string == nil }
        // No profile has this id yet, so it has no purchases.
        case .absent: seen += 1
        case .refused(let failure) where failure.isAboutAbsence: seen += 1
        case .refused(let failure), .unauthorised(let failure):
            trouble = failure.text(without: [configuration.keyID, configuration.secret])
        case .throttled: trouble = "over the rate"
        case .unintelligible(let reason), .failing(let reason, _), .notSent(let reason), .unknown(let reason):
            trouble = reason
        }
    }
}
