import JSON

/// Everything one project holds: profiles with their append-only events, and catalogues.
///
/// Look-ups go through dictionaries (ids, event keys, items), so that a command costs the same in a project of
/// a million profiles.
struct BloomreachProject: Sendable {
    var settings: BloomreachProjectSettings {
        didSet { idTypes = Self.byName(settings.idTypes) }
    }
    private(set) var idTypes: [String: BloomreachIDType]
    /// By number − 1; a profile merged into another leaves `nil`.
    var profiles: [BloomreachProfile?] = []
    var owners: [BloomreachExternalID: Owner] = [:]
    /// Accepted events with every copy: what is billed (docs/vendors/bloomreach.md, Events: exact copies).
    var processedEvents = 0
    var appliedSequence = 0
    var catalogs: [String: BloomreachCatalog] = [:]
    /// Catalogues ever made, so that no id is given twice.
    var catalogsMade = 0
    var anonymizeBulksMade = 0

    /// Which profile an id belongs to, and since when a reader can find it.
    struct Owner: Sendable {
        var number: Int
        var readableFrom: Int64
    }

    init(settings: BloomreachProjectSettings) {
        self.settings = settings
        idTypes = Self.byName(settings.idTypes)
        for catalog in settings.catalogs { addCatalog(catalog) }
    }

    private static func byName(_ types: [BloomreachIDType]) -> [String: BloomreachIDType] {
        Dictionary(types.map { ($0.name, $0) }, uniquingKeysWith: { _, last in last })
    }

    /// Profile by number; it must not have been merged away.
    subscript(number: Int) -> BloomreachProfile {
        get { profiles[number - 1]! }
        _modify { yield &profiles[number - 1]! }
    }

    mutating func nextSequence() -> Int {
        appliedSequence += 1
        return appliedSequence
    }
}

/// When a command is applied, when readers will see it, and the limits in force.
struct BloomreachMoment: Sendable {
    var now: Int64
    var settings: BloomreachSettings
    var readableFrom: Int64 { now + settings.visibilityDelayMilliseconds * 1_000 }
}

/// Who calls: a private key or a public token, with what it may do.
struct BloomreachAccess: Sendable {
    var isPrivate: Bool
    var permissions: BloomreachPermissions

    /// The consent source a write by this access counts as (docs/vendors/bloomreach.md, Consent).
    var consentSource: String { isPrivate ? "private_api" : "public_api" }
}

/// Why a command is refused. In a batch it becomes the command's `errors`; alone it has a status of its own.
struct BloomreachRefusal: Error, Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        /// 400 or 200 alone, see ``BloomreachSettings/singleFailureStatus``.
        case invalid
        /// 200 alone (docs/vendors/bloomreach.md, Errors).
        case notPermitted
    }
    var kind: Kind = .invalid
    var text: String

    static let noID = Self(text: "At least one id should be specified.")
    static let noValidID = Self(text: "At least one valid id should be specified")
    static let eventForbidden = Self(kind: .notPermitted, text: "not authorized to add event of specified type")
    static let propertyForbidden = Self(
        kind: .notPermitted, text: "not authorized to update specified customer properties")
    // The vendor's words for the rest are unknown (docs/vendors/bloomreach.md, Open questions).
    static let clash = Self(text: "Specified ids belong to different customers.")
    static let timestamp = Self(text: "Timestamp is not valid.")
    static let noEventType = Self(text: "Event type should be specified.")
    static let properties = Self(text: "Properties should be an object.")
}
