import JSON

/// One fault in force: what `POST /_twin/faults` asked for.
public struct TwinFault: Sendable, Hashable {
    /// `api` or `webhooks`.
    public var target: String
    public var kind: String
    /// How often, in millionths; 1 000 000 is always.
    public var millionths: Int64
    /// For `status`.
    public var status: Int
    /// For `delay`, `slow` and `reorder`.
    public var milliseconds: Int64
    /// When it ends by itself; `nil` is until `DELETE /_twin/faults`.
    public var until: TwinInstant?

    public var json: JSON {
        [
            "target": .string(target), "kind": .string(kind),
            "rate": .number(JSONNumber(exactly: TwinAmount(millionths: millionths).shortText)),
            "status": JSON(status),
            "seconds": .number(JSONNumber(exactly: TwinAmount(millionths: milliseconds * 1_000).shortText)),
            "until": JSON(until?.iso8601(fractionDigits: 6)),
        ]
    }
}

/// The faults in force. Draws come from the handed-in random stream only.
public struct TwinFaults: Sendable {
    /// `POST` bodies beyond this many are refused: a forgotten loop, not a test.
    public static let most = 100

    public private(set) var faults: [TwinFault] = []
    /// The kinds that this twin simulates, by target.
    private let kinds: [(target: String, kinds: [String])]

    public init(kinds: [(target: String, kinds: [String])]) { self.kinds = kinds }

    public mutating func clear() { faults = [] }

    /// Reads `{target, kind, rate = 1, status = 503, seconds = 1, until}`; `until` is an ISO time of the twin's clock
    /// or a number of seconds from now.
    /// - Throws: ``TwinProblem`` that lists the valid values.
    public mutating func add(_ json: JSON, now: TwinInstant) throws(TwinProblem) {
        let targets = kinds.map(\.target)
        guard faults.count < Self.most else { throw TwinProblem("at most \(Self.most) faults; DELETE them first", []) }
        guard let target = json["target"]?.string, let known = kinds.first(where: { $0.target == target }) else {
            throw TwinProblem("target must be one of the valid values", targets)
        }
        guard let kind = json["kind"]?.string, known.kinds.contains(kind) else {
            throw TwinProblem("kind is not one that \(target) can have", known.kinds)
        }
        func decimal(_ name: String, _ fallback: TwinAmount) throws(TwinProblem) -> TwinAmount {
            guard let value = json[name], !value.isNull else { return fallback }
            guard let amount = value.decimalText.flatMap({ TwinAmount($0) }), amount >= .zero else {
                throw TwinProblem("\(name) must be a number, zero or more, with at most six decimals", [])
            }
            return amount
        }
        let rate = try decimal("rate", TwinAmount(millionths: 1_000_000))
        let seconds = try decimal("seconds", TwinAmount(millionths: 1_000_000))
        var until: TwinInstant?
        if let text = json["until"]?.string {
            guard let instant = TwinInstant(iso8601: text) else { throw TwinProblem("until is no ISO time", []) }
            until = instant
        } else if json["until"] != nil, json["until"] != .null {
            until = now.advanced(microseconds: try decimal("until", .zero).millionths)
        }
        let status = json["status"]?.int64 ?? 503
        guard (100...599).contains(status) else { throw TwinProblem("status must be an HTTP status", []) }
        faults.append(
            TwinFault(
                target: target, kind: kind, millionths: rate.millionths, status: Int(status),
                milliseconds: seconds.millionths / 1_000, until: until))
    }

    /// The faults that strike now, in the order they were added. Every fault in force draws once.
    public mutating func strike(target: String, now: TwinInstant, random: inout TwinRandom) -> [TwinFault] {
        faults.removeAll { fault in fault.until.map { $0 <= now } ?? false }
        var struck: [TwinFault] = []
        for fault in faults where fault.target == target {
            if random.chance(millionths: fault.millionths) { struck.append(fault) }
        }
        return struck
    }

    public var json: JSON { .array(faults.map(\.json)) }
}

/// Why a `/_twin` request was refused, in words for the person who wrote it.
public struct TwinProblem: Error, Sendable, Hashable, CustomStringConvertible {
    public var message: String
    /// The values that would have been understood.
    public var valid: [String]

    public init(_ message: String, _ valid: [String]) {
        self.message = message
        self.valid = valid
    }

    public var description: String { valid.isEmpty ? message : message + "; valid: " + valid.joined(separator: ", ") }
    /// `{"error": message, "valid": [...]}`, sent with status 400.
    public var json: JSON { ["error": .string(message), "valid": .array(valid.map { .string($0) })] }
}
