import JSON
public import Sync
public import Transport

/// A catalogue is configured by name and written to by id.
extension BloomreachDestination {
    public func preparation(for channel: String) -> HTTPRequest? {
        Self.isBatch(channel) || catalogIDs[channel] != nil ? nil : routes.catalogs
    }

    public mutating func prepared(_ outcome: HTTPOutcome, for channel: String) -> Preparation {
        guard let name = catalogName(for: channel) else {
            return refused("no catalogue is configured for the channel \(channel); correct the configuration")
        }
        switch BloomreachReply(outcome) {
        case .document(let document):
            guard let catalogs = CatalogList(document) else {
                return .later(reason: "the list of catalogues is unreadable")
            }
            guard let id = catalogs.id(of: name) else {
                return refused("catalogue '\(name)' does not exist; run plumbline check --fix")
            }
            catalogIDs[channel] = id
            return .ready
        case .unauthorised(let failure):
            return .impossible(
                RaisedException(.destinationUnauthorised, subject: connection, cause: text(failure)))
        case .absent(let failure):
            return refused("the list of catalogues is not found, check base_url and project: \(text(failure))")
        case .refused(let failure): return refused("the list of catalogues is refused: \(text(failure))")
        case .throttled(let after): return .later(after: after, reason: "over the rate")
        case .failing(let reason, let after): return .later(after: after, reason: reason)
        case .unintelligible(let reason), .notSent(let reason), .unknown(let reason): return .later(reason: reason)
        }
    }

    private func refused(_ cause: String) -> Preparation {
        .impossible(RaisedException(.destinationRefused, subject: connection, cause: cause))
    }

    /// The configured name behind a catalogue's channels.
    private func catalogName(for channel: String) -> String? {
        let catalog =
            channel == Self.retiredChannel
            ? BloomreachCatalog.variants : BloomreachCatalog.allCases.first { $0.channel == channel }
        return catalog?.name(in: configuration.catalogs)
    }

    /// A failure's text without the key and the ids of the deliveries concerned.
    func text(_ failure: BloomreachFailure, about bodies: [[UInt8]] = [], eventType: String? = nil) -> String {
        let identifiers = bodies.flatMap(FrozenEvent.identifiers)
        return failure.text(
            without: identifiers + [configuration.keyID, configuration.secret], eventType: eventType)
    }
}

/// The answer to the list of catalogues: `{success, data: [{_id, name}]}`.
struct CatalogList: Sendable {
    private let entries: [(id: String, name: String)]

    /// `nil` when the document is no such list.
    init?(_ document: JSON) {
        guard let data = document["data"]?.array else { return nil }
        // `_id` was seen by a third party, `id` in the answer for one catalogue: either is taken.
        entries = data.compactMap { entry in
            guard let id = entry["_id"]?.string ?? entry["id"]?.string, let name = entry["name"]?.string else {
                return nil
            }
            return (id, name)
        }
    }

    func id(of name: String) -> String? { entries.first { $0.name == name }?.id }
}
