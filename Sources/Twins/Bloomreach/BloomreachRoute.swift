import Transport

/// The routes this twin serves (docs/vendors/bloomreach.md).
enum BloomreachRoute: Sendable, Equatable {
    case systemTime
    /// A single command, by its name in a batch.
    case command(String)
    case batch
    case consentCategories
    case exportOne
    case exportEvents
    case attributes
    case anonymize
    case anonymizeBulk
    /// What follows `/catalogs`, percent-decoded.
    case catalogs([String])

    /// The project token in the path, and what it asks for; `nil` is a wrong path.
    static func parse(_ request: HTTPRequest) -> (token: String, route: BloomreachRoute)? {
        // Decoded before it is cut: `%2F` is a slash to this platform, so an item id with one finds no route.
        // A plus sign is itself in a path.
        let path = percentDecoded(Substring(request.plainPath.replacing("+", with: "%2B")))
        var segments = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if segments.last == "" { segments.removeLast() }
        guard segments.count >= 6, segments[0] == "", segments[2] == "v2", segments[3] == "projects" else { return nil }
        let tail = Array(segments[5...])
        let route: BloomreachRoute? =
            switch segments[1] {
            case "track": tracking(request.method, tail.joined(separator: "/"))
            case "data" where tail[0] == "catalogs": .catalogs(Array(tail.dropFirst()))
            case "data": data(request.method, tail.joined(separator: "/"))
            default: nil
            }
        return route.map { (segments[4], $0) }
    }

    private static func tracking(_ method: String, _ tail: String) -> BloomreachRoute? {
        switch (method, tail) {
        case ("GET", "system/time"): .systemTime
        case ("POST", "customers"), ("POST", "customers/events"): .command(tail)
        case ("POST", "batch"): .batch
        default: nil
        }
    }

    private static func data(_ method: String, _ tail: String) -> BloomreachRoute? {
        switch (method, tail) {
        // The reference says GET, the vendor's iOS SDK calls it by POST (docs/vendors/bloomreach.md, Consent).
        case ("GET", "consent/categories"), ("POST", "consent/categories"): .consentCategories
        case ("POST", "customers/export-one"): .exportOne
        case ("POST", "customers/events"): .exportEvents
        case ("POST", "customers/attributes"): .attributes
        case ("POST", "customers/anonymize"): .anonymize
        case ("POST", "customers/anonymize_bulk"): .anonymizeBulk
        default: nil
        }
    }

    /// The rate limit counts these (docs/vendors/bloomreach.md, Limits); a public token may call these and the
    /// categories (docs/vendors/bloomreach.md, Access and permissions).
    var isTracking: Bool {
        switch self {
        case .systemTime, .command, .batch: true
        default: false
        }
    }
}
