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

    private enum Step: Sendable { case systemTime, catalogs, ordersCatalog(id: String), creation, done }

    /// More than this between the two clocks makes webhooks' and events' times doubtful.
    public static let clockSkewMax = Span.seconds(60)

    public private(set) var findings: [Finding] = []
    private let configuration: BloomreachConfiguration
    private let routes: BloomreachRoutes
    private let fixing: Bool
    private var step = Step.systemTime

    /// - Parameter fixing: creates the orders catalogue where it is missing.
    public init(configuration: BloomreachConfiguration, fixing: Bool) {
        self.configuration = configuration
        self.fixing = fixing
        routes = BloomreachRoutes(configuration)
    }

    /// The next request; `nil` when everything is said.
    public var next: HTTPRequest? {
        switch step {
        case .systemTime: routes.systemTime
        case .catalogs: routes.catalogs
        case .ordersCatalog(let id): routes.catalog(id: id)
        case .creation: routes.createCatalog(OrdersCatalog.creation(name: configuration.catalogs.orders))
        case .done: nil
        }
    }

    /// Takes the answer to ``next``.
    /// - Parameter now: our clock when the answer came.
    public mutating func take(_ outcome: HTTPOutcome, at now: Instant) {
        let reply = BloomreachReply(outcome)
        switch step {
        case .systemTime:
            step = .catalogs
            takeTime(reply, at: now)
        case .catalogs:
            step = .done
            takeCatalogs(reply)
        case .ordersCatalog:
            step = .done
            takeOrdersCatalog(reply)
        case .creation:
            step = .done
            takeCreation(reply)
        case .done: preconditionFailure("an answer without a request")
        }
    }

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

    private mutating func takeCatalogs(_ reply: BloomreachReply) {
        let name = configuration.catalogs.orders
        guard case .document(let document) = reply else { return note(.key, .wrong, problem(reply)) }
        guard let list = CatalogList(document) else {
            return note(.key, .unseen, "the list of catalogues is unreadable; is base_url a Bloomreach API host?")
        }
        note(.key, .fine, "the private key reads")
        if let id = list.id(of: name) {
            step = .ordersCatalog(id: id)
        } else if fixing {
            step = .creation
        } else {
            note(.ordersCatalog, .wrong, "catalogue '\(name)' does not exist; run plumbline check --fix")
        }
    }

    private mutating func takeCreation(_ reply: BloomreachReply) {
        let name = configuration.catalogs.orders
        if case .document(let document) = reply, document.isSuccess == true || document["id"]?.string != nil {
            note(.ordersCatalog, .fixed, "catalogue '\(name)' was created with \(OrdersCatalog.fields.count) columns")
        } else {
            note(.ordersCatalog, .wrong, "catalogue '\(name)' could not be created: \(problem(reply))")
        }
    }

    private mutating func takeOrdersCatalog(_ reply: BloomreachReply) {
        let name = configuration.catalogs.orders
        guard case .document(let document) = reply else {
            return note(.ordersCatalog, .wrong, "catalogue '\(name)' cannot be read: \(problem(reply))")
        }
        guard let fields = (document["data"]?["fields"] ?? document["fields"])?.array else {
            return note(.ordersCatalog, .unseen, "catalogue '\(name)' exists; its columns cannot be seen")
        }
        let faults = Self.faults(in: fields)
        if faults.isEmpty { return note(.ordersCatalog, .fine, "catalogue '\(name)' has every column") }
        // The schema of a catalogue is fixed when it is made (apis/bloomreach.md 8), so this is a person's decision.
        note(
            .ordersCatalog, .wrong,
            "catalogue '\(name)': \(faults.joined(separator: ", ")). Its columns are fixed since it was made: "
                + "rename or delete it in Bloomreach, or name another under catalogs.orders, then run plumbline check "
                + "--fix and plumbline reconcile FLOW --fix to fill it")
    }

    /// Columns that are missing or of another type; a type that is not told is no fault.
    private static func faults(in fields: [JSON]) -> [String] {
        OrdersCatalog.fields.compactMap { field in
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
