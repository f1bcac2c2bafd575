import JSON
import Transport

extension BloomreachProject {
    struct Denial: Error, Sendable {
        var status: Int
        var text: String
    }

    /// The key or token of a request (docs/vendors/bloomreach.md, Access and permissions; Errors).
    func access(_ request: HTTPRequest) -> Result<BloomreachAccess, Denial> {
        let unknown = Denial(status: 401, text: "access key not found")
        let header = request.headers["Authorization"]?.split(separator: " ", maxSplits: 1).map(String.init) ?? []
        if header.count == 2, header[0] == "Basic" {
            guard let pair = base64Decoded(header[1]), let colon = pair.firstIndex(of: ":") else {
                return .failure(unknown)
            }
            guard let key = settings.keys.first(where: { $0.id == pair[..<colon] }) else { return .failure(unknown) }
            guard key.secret == pair[pair.index(after: colon)...] else {
                return .failure(Denial(status: 403, text: "invalid secret"))
            }
            return .success(BloomreachAccess(isPrivate: true, permissions: key.permissions))
        }
        let value = header.count == 2 && header[0] == "Token" ? header[1] : request.queryValue("access_token")
        guard let value else { return .failure(Denial(status: 401, text: "access key not provided")) }
        guard let token = settings.publicTokens.first(where: { $0.value == value }) else { return .failure(unknown) }
        return .success(BloomreachAccess(isPrivate: false, permissions: token.permissions))
    }

    mutating func answer(
        _ route: BloomreachRoute, _ body: JSON, by access: BloomreachAccess, at moment: BloomreachMoment,
        random: inout TwinRandom
    ) -> BloomreachAnswer {
        switch route {
        case .systemTime: .ok(["success": true, "errors": [], "time": Self.systemTime(at: moment)])
        case .command(let name): single(name, body, by: access, at: moment)
        case .batch: batch(body, by: access, at: moment, random: &random)
        case .consentCategories:
            .ok(["results": .array(settings.consentCategories.map(\.json)), "success": true])
        case .exportOne: exportOne(body, by: access, at: moment.now)
        case .exportEvents: exportEvents(body, by: access, at: moment.now)
        case .attributes: attributes(body, by: access, at: moment.now)
        case .anonymize: anonymize(body, by: access, at: moment)
        case .anonymizeBulk: anonymizeBulk(body, by: access, at: moment)
        case .catalogs: .noRoute
        }
    }

    private mutating func single(
        _ name: String, _ body: JSON, by access: BloomreachAccess, at moment: BloomreachMoment
    ) -> BloomreachAnswer {
        guard body.object != nil else { return .invalidJSON }
        let outcome = perform(name, data: body, by: access, at: moment)
        guard let refusal = outcome.refusal else { return .done(["success": true, "errors": []]) }
        return .failed(refusal, status: refusal.kind == .notPermitted ? 200 : moment.settings.singleFailureStatus)
    }

    /// Applies the commands in a drawn order, since the platform promises none, and answers in the request's order
    /// (docs/vendors/bloomreach.md, Tracking: batches).
    private mutating func batch(
        _ body: JSON, by access: BloomreachAccess, at moment: BloomreachMoment, random: inout TwinRandom
    ) -> BloomreachAnswer {
        guard body.object != nil else { return .invalidJSON }
        let listed = body["commands"] ?? []
        guard let commands = listed.array, commands.allSatisfy({ $0.object != nil }) else { return .invalidJSON }
        guard !commands.isEmpty else { return .malformed("No commands") }
        guard commands.count <= Self.batchCommandsMax else {
            return .malformed("too many commands in the batch request")
        }
        var outcomes = Array(repeating: BloomreachOutcome(), count: commands.count)
        for place in Array(commands.indices).shuffled(using: &random) {
            let command = commands[place]
            outcomes[place] = perform(command["name"]?.string, data: command["data"], by: access, at: moment)
        }
        let results = zip(commands, outcomes).map { $1.json(commandID: $0["command_id"]?.string) }
        let time = BloomreachTimestamp.json(moment.now)
        return BloomreachAnswer(
            status: 200, body: ["results": .array(results), "start_time": time, "end_time": time, "success": true],
            hasEffect: outcomes.contains(where: \.hasEffect))
    }

    /// Everything stored: `profiles`, `catalogs`, `processed_events`.
    var stateJSON: JSONObject {
        let people = profiles.compactMap { $0 }.map { profile -> JSON in
            [
                "number": JSON(profile.number), "ids": profile.idsJSON(),
                "properties": profile.propertiesJSON { $0.value.stored },
                "events": .array(profile.sortedEvents().map(\.stateJSON)),
            ]
        }
        let shelves = catalogs.values.sorted { $0.id < $1.id }.map(\.stateJSON)
        return ["profiles": .array(people), "catalogs": .array(shelves), "processed_events": JSON(processedEvents)]
    }
}

/// Reads padded base64 as UTF-8 text; `nil` when it is neither.
private func base64Decoded(_ text: String) -> String? {
    var bytes: [UInt8] = []
    var buffer: UInt32 = 0
    var bits = 0
    for unit in text.utf8 where unit != UInt8(ascii: "=") {
        let value: UInt8
        switch unit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = unit - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): value = unit - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): value = unit - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): value = 62
        case UInt8(ascii: "/"): value = 63
        default: return nil
        }
        buffer = (buffer << 6 | UInt32(value)) & 0xFFFF
        bits += 6
        if bits >= 8 {
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
        }
    }
    return String(validating: bytes, as: UTF8.self)
}

extension BloomreachAnswer {
    /// The fault `partial`: a results array one shorter than its commands, or a bulk answer one short of its items.
    mutating func dropLastResult() {
        if let lines = body?.array {
            body = .array(lines.dropLast())
        } else if var object = body?.object, let results = object["results"]?.array {
            object["results"] = .array(results.dropLast())
            body = .object(object)
        }
    }
}
