/// One reason to believe that an order replaces another (docs/vendors/shopify.md, Editing apps). In plain words for the
/// data steward, and without anything of a person.
public enum JourneyEvidence: Sendable, Hashable, CustomStringConvertible {
    /// An attribute that is configured for it names the other order.
    case namedByAttribute
    /// A note, tag or attribute of either names the other.
    case mentioned
    /// The name is the other's with the next letter.
    case nameFollows
    /// The name is of the same number, further letters on.
    case nameOfSameFamily
    case replacementTag(String)
    case cancelledTag(String)
    case editorApp(String)
    case sameCustomer
    case sameBuyer
    case sameAddress
    case sharedGoods(Int, of: Int)
    /// Minutes between the cancellation (where there is none, the original's making) and the replacement's making.
    case close(minutes: Int64)
    case cancelled
    case fittingReason(String)
    /// The shop did not cancel the original, and this speaks against a replacement.
    case standing(JourneyObstacle)
    /// A data steward said so.
    case decided

    /// Left by an edit app. Without a strong one two orders are never joined.
    public var isStrong: Bool {
        switch self {
        case .namedByAttribute, .mentioned, .nameFollows, .nameOfSameFamily, .replacementTag, .cancelledTag, .editorApp:
            true
        case .sameCustomer, .sameBuyer, .sameAddress, .sharedGoods, .close, .cancelled, .fittingReason, .standing,
            .decided:
            false
        }
    }

    /// Points at *this* other order and cannot have come about by chance.
    var namesOriginal: Bool {
        switch self {
        case .namedByAttribute, .nameFollows, .nameOfSameFamily: true
        default: false
        }
    }

    /// Says that the replacement was made by an edit app, not of which order.
    var marksReplacement: Bool {
        switch self {
        case .replacementTag, .editorApp: true
        default: false
        }
    }

    public var description: String {
        switch self {
        case .namedByAttribute: "an attribute of the replacement names the original"
        case .mentioned: "a note, tag or attribute of one names the other"
        case .nameFollows: "the replacement's name is the original's with the next letter"
        case .nameOfSameFamily: "the replacement's name has the original's number and a later letter"
        case .replacementTag(let tag): "the replacement has the tag \"\(tag)\" of an edit app"
        case .cancelledTag(let tag): "the original has the tag \"\(tag)\" of an edit app"
        case .editorApp(let id): "the edit app \(id) made the replacement"
        case .sameCustomer: "both are of one customer"
        case .sameBuyer: "both have the same e-mail or phone"
        case .sameAddress: "both go to the same address"
        case .sharedGoods(let shared, let all): "\(shared) of \(all) goods are in both"
        case .close(let minutes): "minutes between them: \(minutes)"
        case .cancelled: "the original is cancelled"
        case .fittingReason(let reason): "the cancellation's reason \"\(reason)\" is one that edit apps leave"
        case .standing(let obstacle): "the original is not cancelled, and \(obstacle)"
        case .decided: "a data steward joined them"
        }
    }
}
