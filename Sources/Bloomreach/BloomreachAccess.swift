public import Commerce
import JSON
public import Transport

/// Looks whether a project can be used, for `check [--fix]`: one request at a time, findings for people.
///
/// ```swift
/// while let request = access.next { access.take(await send(request), at: now()) }
/// access.findings
/// ```
public struct BloomreachAccess: Sendable {
    /// What was looked at, in this order.
    public enum Subject: String, Sendable, Hashable, CaseIterable {
        /// The tracking host answers, and our clock agrees with its clock.
        case tracking
        /// The private key may read.
        case key
        /// The orders catalogue exists with every column.
        case ordersCatalog = "orders_catalog"
        /// The products catalogue exists with every column.
        case productsCatalog = "products_catalog"
        /// The variants catalogue exists with every column.
        case variantsCatalog = "variants_catalog"
        /// The configured consent categories exist, and the API may write them.
        case consentCategories = "consent_categories"

        init(_ catalog: BloomreachCatalog) {
            switch catalog {
            case .orders: self = .ordersCatalog
            case .products: self = .productsCatalog
            case .variants: self = .variantsCatalog
            }
        }
    }
    public enum State: String, Sendable, Hashable {
        case fine, fixed, wrong
        /// It could not be seen; not a failure of the project.
        case unseen
    }
    /// One line of the report.
    public struct Finding: Sendable, Hashable {
        public var subject: Subject
        public var state: State
        /// Plain language with the next step; never personal data.
        public var detail: String
    }

    private enum Step: Sendable {
        case systemTime, list, columns(BloomreachCatalog, id: String), creation(BloomreachCatalog)
        /// Needs no request.
        case absence(BloomreachCatalog)
        case consents
        case done
    }

    /// More than this between the two clocks makes webhooks' and events' times doubtful.
    public static let clockSkewMax = TimeSpan.seconds(60)

    public private(set) var findings: [Finding] = []
    private let configuration: BloomreachConfiguration
    private let routes: BloomreachRoutes
    private let fixing: Bool
    private var step = Step.systemTime
    /// What is still to be looked at once the list is known, in order.
    private var steps: [Step] = []
    private let catalogs: [BloomreachCatalog]

    /// - Parameters:
    ///   - fixing: creates catalogues that are missing.
    ///   - catalogs: those that this installation fills; another connector may fill the others (E10).
    public init(
        configuration: BloomreachConfiguration, fixing: Bool, catalogs: [BloomreachCatalog] = [.orders]
    ) {
        self.configuration = configuration
        self.fixing = fixing
        self.catalogs = catalogs
        routes = BloomreachRoutes(configuration)
    }

    /// The next request; `nil` when everything is said.
    public var next: HTTPRequest? {
        switch step {
        case .systemTime: routes.systemTime
        case .list: routes.catalogs
        case .columns(_, let id): routes.catalog(id: id)
        case .creation(let catalog): routes.createCatalog(catalog.creation(name: name(of: catalog)))
        case .consents: routes.consentCategories
        case .absence, .done: nil
        }
    }

    /// Takes the answer to ``next``.
    /// - Parameter now: our clock when the answer came.
    public mutating func take(_ outcome: HTTPOutcome, at now: Instant) {
        let reply = BloomreachReply(outcome)
        switch step {
        case .systemTime:
            step = .list
            takeTime(reply, at: now)
        case .list:
            takeList(reply)
            goOn()
        case .columns(let catalog, _):
            takeColumns(reply, of: catalog)
            goOn()
        case .creation(let catalog):
            takeCreation(reply, of: catalog)
            goOn()
        case .consents:
            takeConsents(reply)
            goOn()
        case .absence, .done: preconditionFailure("an answer without a request")
        }
    }

    private mutating func goOn() {
        while case .absence(let catalog)? = steps.first {
            steps.removeFirst()
            note(
                Subject(catalog), .wrong, "catalogue '\(name(of: catalog))' does not exist; run plumbline check --fix")
        }
        step = steps.isEmpty ? .done : steps.removeFirst()
    }

    private func name(of catalog: BloomreachCatalog) -> String { catalog.name(in: configuration.catalogs) }

    private mutating func note(_ subject: Subject, _ state: State, _ detail: String) {
        findings.append(Finding(subject: subject, state: state, detail: detail))
    }

    private mutating func takeTime(_ reply: BloomreachReply, at now: Instant) {
        guard case .document(let document) = reply else {
            // A host that cannot be reached has no catalogues to ask for; a refused key may be refused here only.
            if reply.isUnreachable { step = .done }
            return note(.tracking, .wrong, problem(reply))
        }
        guard let time = document["time"]?.decimalText.flatMap({ Self.seconds($0) }) else {
            return note(.tracking, .unseen, "the answer tells no time; is base_url a Bloomreach API host?")
        }
        let skew = max(time - now, now - time)
        if skew > Self.clockSkewMax {
            note(.tracking, .wrong, "our clock and Bloomreach's differ by \(skew); set this machine's clock by NTP")
        } else {
            note(.tracking, .fine, "the tracking host answers")
        }
    }

    /// A float as text; what is finer than a microsecond is cut, for the vendor prints a binary fraction.
    private static func seconds(_ text: String) -> Instant? {
        let parts = text.split(separator: ".", maxSplits: 1)
        guard let whole = parts.first else { return nil }
        let fraction = parts.count > 1 ? "." + parts[1].prefix(6) : ""
        guard let amount = Amount(whole + fraction) else { return nil }
        return Instant(microseconds: Int64(amount.millionths))
    }

    private mutating func takeList(_ reply: BloomreachReply) {
        guard case .document(let document) = reply else { return note(.key, .wrong, problem(reply)) }
        guard let list = CatalogList(document) else {
            return note(.key, .unseen, "the list of catalogues is unreadable; is base_url a Bloomreach API host?")
        }
        note(.key, .fine, "the private key reads")
        for catalog in catalogs {
            if let id = list.id(of: name(of: catalog)) {
                steps.append(.columns(catalog, id: id))
            } else {
                steps.append(fixing ? .creation(catalog) : .absence(catalog))
            }
        }
        if !wantedCategories.isEmpty { steps.append(.consents) }
    }

    private var wantedCategories: [String] {
        let categories = configuration.consentCategories
        return [categories.email, categories.sms].compactMap { $0 }
    }

    /// An event for a category that does not exist, or that the API may not write, is lost (docs/vendors/bloomreach.md,
    /// Consent).
    private mutating func takeConsents(_ reply: BloomreachReply) {
        guard case .document(let document) = reply else { return note(.consentCategories, .wrong, problem(reply)) }
        guard let known = document["results"]?.array else {
            return note(.consentCategories, .unseen, "the list of consent categories is unreadable")
        }
        var faults: [String] = []
        for wanted in wantedCategories {
            guard let category = known.first(where: { $0["id"]?.string == wanted }) else {
                faults.append("there is no category '\(wanted)'")
                continue
            }
            if category["sources"]?["private_api"]?.bool == false {
                faults.append("category '\(wanted)' does not take the source private_api")
            }
        }
        guard !faults.isEmpty else { return note(.consentCategories, .fine, "every consent category takes our events") }
        note(
            .consentCategories, .wrong,
            "\(faults.joined(separator: "; ")). Make it in the project's consent settings, or correct consents")
    }

    private mutating func takeCreation(_ reply: BloomreachReply, of catalog: BloomreachCatalog) {
        let name = name(of: catalog)
        if case .document(let document) = reply, document.isSuccess == true || document["id"]?.string != nil {
            note(Subject(catalog), .fixed, "catalogue '\(name)' was created with \(catalog.fields.count) columns")
        } else {
            note(Subject(catalog), .wrong, "catalogue '\(name)' could not be created: \(problem(reply))")
        }
    }

    private mutating func takeColumns(_ reply: BloomreachReply, of catalog: BloomreachCatalog) {
        let name = name(of: catalog)
        let subject = Subject(catalog)
        guard case .document(let document) = reply else {
            return note(subject, .wrong, "catalogue '\(name)' cannot be read: \(problem(reply))")
        }
        guard let fields = (document["data"]?["fields"] ?? document["fields"])?.array else {
            return note(subject, .unseen, "catalogue '\(name)' exists; its columns cannot be seen")
        }
        let faults = Self.faults(in: fields, of: catalog)
        if faults.isEmpty { return note(subject, .fine, "catalogue '\(name)' has every column") }
        // The schema of a catalogue is fixed when it is made (docs/vendors/bloomreach.md, Catalogues), so this is a
        // person's decision.
        note(
            subject, .wrong,
            "catalogue '\(name)': \(faults.joined(separator: ", ")). Its columns are fixed since it was made: "
                + "rename or delete it in Bloomreach, or name another under catalogs.\(catalog.rawValue), then run "
                + "plumbline check --fix; rows fill with the next change of each record")
    }

    /// Columns that are missing or of another type; a type that is not told is no fault.
    private static func faults(in fields: [JSON], of catalog: BloomreachCatalog) -> [String] {
        catalog.fields.compactMap { field in
            guard let there = fields.first(where: { $0["name"]?.string == field.name }) else {
                return "column \(field.name) is missing"
            }
            guard let type = there["type"]?.string?.lowercased() else { return nil }
            // `text` is another connector's name for `long text`.
            let accepted = field.type == .longText ? ["long text", "text"] : [field.type.rawValue]
            return accepted.contains(type) ? nil : "column \(field.name) is \(type) instead of \(field.type.rawValue)"
        }
    }

    private func problem(_ reply: BloomreachReply) -> String {
        func text(_ failure: BloomreachFailure) -> String {
            failure.text(without: [configuration.keyID, configuration.secret])
        }
        return switch reply {
        case .document: "an answer that makes no sense"
        case .unintelligible(let reason): "\(reason); is base_url a Bloomreach API host?"
        case .refused(let failure): "refused: \(text(failure))"
        case .unauthorised(let failure): "not authorised: \(text(failure)); check project, key_id and secret"
        case .absent(let failure): "not found: \(text(failure)); check base_url and project"
        case .throttled: "over the rate; try again in a minute"
        case .failing(let reason, _): "Bloomreach is failing: \(reason); try again later"
        case .notSent(let reason), .unknown(let reason): "no answer: \(reason); check base_url and the network"
        }
    }
}

extension BloomreachReply {
    fileprivate var isUnreachable: Bool {
        switch self {
        case .notSent, .unknown: true
        default: false
        }
    }
}
