/// Marks, weights and limits by which orders are found to be one journey: configuration, because edit apps differ and
/// most leave no documented mark (docs/vendors/shopify.md, Editing apps). The weights are ours.
public struct JourneyRules: Sendable, Hashable {
    // MARK: Marks

    /// Apps that make replacements, by their id. None is known before a shop is looked at.
    public var editorAppIDs: Set<String> = []
    /// On a replacement: Cleverific's tag, and Order Editing's for an order that a flow duplicated
    /// (docs/vendors/shopify.md, Editing apps).
    public var replacementTags = ["Edit Order", "orderediting:duplicated"]
    /// On an original that was replaced: Cleverific's (docs/vendors/shopify.md, Editing apps).
    public var cancelledTags = ["Edit Order - Cancelled"]
    /// Attributes whose value names the original. No app's is documented; these are what integrators write. Case,
    /// spaces and punctuation do not count.
    public var attributeNames = [
        "original_order", "original_order_id", "original_order_name", "edited_from", "replaces", "replaces_order",
        "replacement_for", "parent_order",
    ]
    /// Reasons of a cancellation that an app leaves (docs/vendors/shopify.md, Editing apps).
    public var fittingReasons: Set<String> = ["other", "customer"]
    /// Whether one letter behind the digits of a name is a mark of its own. False for a shop whose names all end so.
    public var isNameLetterMark = true

    // MARK: Weights

    public var weights = JourneyWeights()
    /// From this score on, a pair with a strong mark is joined.
    public var joinAt = 80
    /// From this score on, a pair that is not joined is a data steward's to judge.
    public var doubtAt = 70
    /// By so much the best candidate must lead; with less, two are equally likely and neither is joined.
    public var clearBy = 5

    // MARK: Limits

    /// A replacement is made within so long of the cancellation, or of the original: edit windows last hours, and a
    /// weekend lies between. A name or an attribute that names the original counts at any distance.
    public var window: TimeSpan = .minutes(48 * 60)
    /// Without a mark, this soon after the cancellation at most: people who order again at once are a doubt at most.
    public var unmarkedWindow: TimeSpan = .minutes(60)
    /// Without a mark, at least so many of a hundred goods are in both.
    public var unmarkedSharedPercent = 50
    /// Newest orders of one person that are compared. A person with more is a till's collective customer.
    public var ordersMax = 500
    /// Doubtful pairs of one order that a data steward is shown, likeliest first.
    public var doubtfulMax = 5

    public init() {}
}

/// What each evidence adds to the score.
public struct JourneyWeights: Sendable, Hashable {
    public var namedByAttribute = 80
    public var mentioned = 60
    public var nameFollows = 60
    public var nameOfSameFamily = 40
    public var replacementTag = 30
    public var cancelledTag = 30
    public var editorApp = 30
    /// Once, by customer number or by e-mail or phone.
    public var samePerson = 20
    public var sameAddress = 15
    /// All goods in both; a share of it for a share of them.
    public var sharedGoods = 20
    /// Up to ten minutes apart; two thirds of it up to an hour, one third up to six.
    public var close = 15
    public var cancelled = 10
    public var fittingReason = 5

    public init() {}

    /// Names in the configuration, sorted.
    public static var configurable: [(name: String, weight: WritableKeyPath<JourneyRules, Int>)] {
        [
            ("cancelled", \.weights.cancelled), ("cancelled_tag", \.weights.cancelledTag), ("close", \.weights.close),
            ("editor_app", \.weights.editorApp), ("fitting_reason", \.weights.fittingReason),
            ("mentioned", \.weights.mentioned), ("name_follows", \.weights.nameFollows),
            ("name_of_same_family", \.weights.nameOfSameFamily), ("named_by_attribute", \.weights.namedByAttribute),
            ("replacement_tag", \.weights.replacementTag), ("same_address", \.weights.sameAddress),
            ("same_person", \.weights.samePerson), ("shared_goods", \.weights.sharedGoods),
        ]
    }

    func points(of evidence: JourneyEvidence) -> Int {
        switch evidence {
        case .namedByAttribute: namedByAttribute
        case .mentioned: mentioned
        case .nameFollows: nameFollows
        case .nameOfSameFamily: nameOfSameFamily
        case .replacementTag: replacementTag
        case .cancelledTag: cancelledTag
        case .editorApp: editorApp
        case .sameCustomer, .sameBuyer: samePerson
        case .sameAddress: sameAddress
        case .sharedGoods(let shared, let all): sharedGoods * shared / max(all, 1)
        case .close(let minutes): minutes <= 10 ? close : minutes <= 60 ? close * 2 / 3 : minutes <= 360 ? close / 3 : 0
        case .cancelled: cancelled
        case .fittingReason: fittingReason
        case .standing, .decided: 0
        }
    }
}

extension JourneyRules {
    /// Whether an order has a mark of its own that speaks of a pair: only such an order ever waits for one.
    /// ``Journeys/waitsForPair(_:)`` tells whether the pair is still missing.
    public func hasStrongMark(_ order: JourneyOrder) -> Bool {
        if !order.mentions.isEmpty || !order.originals.isEmpty || isEditor(order.appID) { return true }
        if order.tags.contains(where: isMark) { return true }
        guard isNameLetterMark, let name = JourneyName(order.name) else { return false }
        return name.letters.count == 1 && !name.isHyphenated
    }

    func isEditor(_ appID: String?) -> Bool { appID.map(editorAppIDs.contains) ?? false }

    func isMark(tag: String) -> Bool { replacementTag(in: [tag]) != nil || cancelledTag(in: [tag]) != nil }
    func replacementTag(in tags: [String]) -> String? { Self.first(of: replacementTags, in: tags) }
    func cancelledTag(in tags: [String]) -> String? { Self.first(of: cancelledTags, in: tags) }

    /// Shops keep tags without regard to case.
    private static func first(of marks: [String], in tags: [String]) -> String? {
        let present = tags.map { $0.lowercased() }
        return marks.first { present.contains($0.lowercased()) }
    }

    func namesOriginal(_ attribute: String) -> Bool {
        let plain = Self.plain(attribute)
        return attributeNames.contains { Self.plain($0) == plain }
    }

    private static func plain(_ name: String) -> String { name.lowercased().filter { $0.isLetter || $0.isNumber } }
}
