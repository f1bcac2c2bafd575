public import Commerce
public import Sync

/// What a run is like beside its rates of faults: outages, capacity, pages, buyers. Drawn from the seed, unless given.
public struct Conditions: Sendable, Hashable {
    public var outages: [Outage] = []
    public var limits = EngineLimits()
    /// Rows in one page of the shop's feeds; `nil`: as many as are asked for.
    public var pageSize: Int?
    /// Crashes between two pages of a feed, and right after its last one, at most.
    public var crashesInFeeds = 0
    /// Orders that one buyer had before the connector began.
    public var heavyBuyerOrders = 0
    /// Some of the answers 429 say when to come back.
    public var namesRetryAfter = false

    /// An ordinary day: nothing is out, capacity is ample.
    public init() {}

    public init(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        func one(in count: Int64) -> Bool { random.below(count) == 0 }
        func number(_ range: ClosedRange<Int64>) -> Int64 {
            range.lowerBound + random.below(range.upperBound - range.lowerBound + 1)
        }
        for kind in Outage.Kind.allCases where one(in: 4) {
            let from = TimeSpan.seconds(number(60...900))
            outages.append(Outage(kind, from: from, lasting: .seconds(number(300...720)), losesAnswers: one(in: 2)))
        }
        if one(in: 2) { limits = Self.small(&random) }
        if one(in: 2) { pageSize = Int(number(1...3)) }
        if one(in: 2) { crashesInFeeds = Int(number(1...4)) }
        // Hundreds of orders take as long as dozens of other runs.
        if one(in: 60) { heavyBuyerOrders = Int(number(200...300)) }
        namesRetryAfter = one(in: 2)
    }

    /// So little that records overflow to the store all the time.
    public static func small(_ random: inout SeededRandom) -> EngineLimits {
        var limits = EngineLimits()
        limits.stationRecordsMax = Int(2 + random.below(7))
        limits.recordsHeldMax = limits.stationRecordsMax
        limits.recordsPerClaim = Int(1 + random.below(8))
        limits.keysPerClaim = Int(1 + random.below(16))
        limits.receiptsPerClaim = Int(1 + random.below(16))
        limits.historiesQueuedMax = Int(1 + random.below(4))
        limits.dependentsPerBatch = Int(1 + random.below(8))
        if random.below(2) == 0 { limits.stationBytesMax = 4_096 }
        return limits
    }

    /// For the story of a run.
    var text: String {
        var parts = outages.map(\.text)
        if limits != EngineLimits() {
            parts.append(
                "\(limits.stationRecordsMax) records a station, \(limits.recordsPerClaim) a claim, "
                    + "\(limits.receiptsPerClaim) receipts a claim, \(limits.stationBytesMax) bytes a station")
        }
        if let pageSize { parts.append("\(pageSize) rows a page") }
        if crashesInFeeds > 0 { parts.append("\(crashesInFeeds) crashes in feeds") }
        if heavyBuyerOrders > 0 { parts.append("a buyer of \(heavyBuyerOrders) orders") }
        if namesRetryAfter { parts.append("Retry-After") }
        return parts.isEmpty ? "ordinary" : parts.joined(separator: ", ")
    }
}

/// Something does not work for a while; then it does, and nobody does anything about it.
public struct Outage: Sendable, Hashable {
    public enum Kind: String, Sendable, CaseIterable {
        /// A catalogue of the destination has another name, and the engine restarts: the channel cannot be prepared.
        case sickChannel = "sick channel"
        /// Requests to the destination get no answer.
        case silentDestination = "silent destination"
        /// Every read and poll is refused; webhooks go on.
        case deadSource = "dead source"
        /// Every read and poll is refused, and webhooks are lost: only feeds tell what happened.
        case deafness
    }
    public var kind: Kind
    /// After the start of the run.
    public var from: TimeSpan
    public var until: TimeSpan
    /// A silent destination did what it was asked; else it never heard of it.
    public var losesAnswers: Bool

    public init(_ kind: Kind, from: TimeSpan, lasting: TimeSpan, losesAnswers: Bool = false) {
        self.kind = kind
        self.from = from
        until = TimeSpan(microseconds: from.microseconds + lasting.microseconds)
        self.losesAnswers = losesAnswers
    }

    var text: String {
        let isEffective = kind == .silentDestination && losesAnswers
        return "\(kind.rawValue) from \(from) to \(until)\(isEffective ? ", answers are lost" : "")"
    }

    /// The whole of this connection is out.
    var connection: String? {
        switch kind {
        case .sickChannel: nil
        case .silentDestination: SimulationParts.crmName
        case .deadSource, .deafness: SimulationParts.shopName
        }
    }
}
