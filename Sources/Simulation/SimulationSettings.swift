import Commerce
import Sync

/// One run's shape. Everything random in it follows from the seed.
public struct SimulationSettings: Sendable {
    public var seed: UInt64
    /// Orders placed during the run.
    public var orders = 4
    /// Things that happen to goods during the run; 0: nothing is told of goods.
    public var goods = 0
    /// How long the shop is busy.
    public var day = TimeSpan.minutes(30)
    /// How long faults go on: past the last action, so that retries meet them too.
    public var faultsEndAfter = TimeSpan.minutes(35)
    /// Virtual time within which everything must be settled.
    public var patience = TimeSpan.seconds(12 * 3_600)
    public var faults = FaultRates()
    /// `nil`: drawn from the seed; a calm day is an ordinary one.
    public var conditions: Conditions?
    /// A deliberately broken part, to show that the checkers are alive.
    public var mutant: Mutant?

    public init(seed: UInt64) { self.seed = seed }

    /// The command that plays the run again; of the shape, what the command can say.
    public var replay: String {
        let usual = SimulationSettings(seed: seed)
        var words = ["plumbline simulate --seed \(seed)"]
        if goods != usual.goods { words.append("--goods \(goods)") }
        if orders != usual.orders { words.append("--orders \(orders)") }
        if let mutant { words.append("--mutant \(mutant.rawValue)") }
        return words.joined(separator: " ")
    }

    /// A run that soon shows what is wrong with a mutant.
    public init(seed: UInt64, showing mutant: Mutant) {
        self.init(seed: seed)
        self.mutant = mutant
        switch mutant {
        case .eachProductForItself: goods = 16
        case .sharedQuota:
            var conditions = Conditions()
            conditions.outages = [Outage(.sickChannel, from: .minutes(2), lasting: .minutes(28))]
            conditions.limits.stationRecordsMax = 2
            conditions.limits.recordsHeldMax = 2
            conditions.limits.recordsPerClaim = 2
            self.conditions = conditions
            orders = 12
            // A crash empties the memory that the sick channel fills.
            faults.crash = 0
        default: break
        }
    }
}

/// How often things go wrong, in millionths.
public struct FaultRates: Sendable, Hashable {
    public var webhookDropped: Int64 = 60_000
    public var webhookDuplicated: Int64 = 150_000
    public var webhookDelayed: Int64 = 200_000
    public var requestNotSent: Int64 = 20_000
    public var requestLostBeforeEffect: Int64 = 30_000
    public var requestLostAfterEffect: Int64 = 40_000
    public var throttled: Int64 = 30_000
    public var serverError: Int64 = 30_000
    public var storeFails: Int64 = 10_000
    /// A crash at any effect the engine asks for.
    public var crash: Int64 = 2_000

    public init() {}
    var isCalm: Bool { self == .none }
    /// A calm day.
    public static var none: FaultRates {
        var rates = FaultRates()
        rates.webhookDropped = 0
        rates.webhookDuplicated = 0
        rates.webhookDelayed = 0
        rates.requestNotSent = 0
        rates.requestLostBeforeEffect = 0
        rates.requestLostAfterEffect = 0
        rates.throttled = 0
        rates.serverError = 0
        rates.storeFails = 0
        rates.crash = 0
        return rates
    }
}

/// Ways in which a connector can be wrong; each must be caught by a checker.
public enum Mutant: String, Sendable, CaseIterable {
    /// Believes whatever webhook came last (A3).
    case lastArrivalWins = "last-arrival-wins"
    /// Puts the attempt into the body, so that a resend is another event (A8).
    case attemptInBody = "attempt-in-body"
    /// Subtracts the settlement of a reducing edit a second time (the algebra).
    case settlementCountsTwice = "settlement-counts-twice"
    /// Takes the e-mail for who somebody is, whatever the customer number says (B1).
    case rankIgnored = "rank-ignored"
    /// Takes contacts that nobody can have for somebody's, so that strangers are one (B2).
    case placeholdersBelieved = "placeholders-believed"
    /// Tells later events of a person under ids that became known later (docs/architecture.md, Who a person is).
    case addressNotKept = "address-not-kept"
    /// Tells totals although not every order of the person is known (E6).
    case totalsWithIncompleteHistory = "totals-with-incomplete-history"
    /// Leaves adjustments of a refund out by their reason instead of adding all of them up.
    case adjustmentsByReason = "adjustments-by-reason"
    /// Leaves duties and fees out of what a refund gave back.
    case chargesLeftOut = "charges-left-out"
    /// Forgets units that were taken off while their money comes later, or never.
    case unitsWithoutMoneyForgotten = "units-without-money-forgotten"
    /// Takes the discount told for all units of a line, although it was told for fewer.
    case averagePrice = "average-price"
    /// Tells properties with a time that does not grow, so that an older one wins.
    case staleUpdateTimestamp = "stale-update-timestamp"
    /// Takes every order that names another for its replacement (E3).
    case namingIsReplacing = "naming-is-replacing"
    /// Plans each product as if no other had its SKUs (E10).
    case eachProductForItself = "each-product-for-itself"
    /// Claims as if all stations had one quota, so that a sick one starves the others (law 5).
    case sharedQuota = "shared-quota"
    /// Makes durable how far a feed was followed before all of its pages are.
    case cursorBeforePages = "cursor-before-pages"
    /// Asks again before the vendor's Retry-After is over.
    case retryAfterIgnored = "retry-after-ignored"

    /// How the checkers' words about it begin.
    public var finding: String {
        switch self {
        case .sharedQuota: "capacity"
        case .retryAfterIgnored: "retry after"
        default: ""
        }
    }
}

/// What a run found.
public struct SimulationReport: Sendable {
    public var seed: UInt64
    /// Digest of everything both systems hold at the end and of the whole story: equal seeds, equal digests.
    public var digest: String
    /// What the checkers found wrong; empty is a pass.
    public var problems: [String]
    public var orders = 0
    public var actions = 0
    public var receipts = 0
    public var crashes = 0
    public var requests = 0
    public var told = 0
    public var steps = 0
    /// Virtual time from start to settled.
    public var lasted = TimeSpan.zero

    /// How to see the run again.
    public var replay = ""
}
