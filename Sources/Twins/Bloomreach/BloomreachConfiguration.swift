import JSON

extension BloomreachSettings {
    /// What the action `configure` may set for the whole instance.
    public static let knobNames = [
        "attribute_bytes_max", "attribute_count_max", "call_body_bytes_max", "clock_skew_seconds",
        "requests_per_minute",
        "retry_after_seconds", "single_failure_status", "text_booleans", "timestamp_fractions_count",
        "visibility_delay_seconds",
    ]

    mutating func set(_ name: String, _ value: JSON) throws(TwinProblem) {
        switch name {
        case "attribute_bytes_max": attributeBytesMax = try value.whole(name)
        case "attribute_count_max": attributeCountMax = try value.whole(name)
        case "call_body_bytes_max": callBodyBytesMax = try value.whole(name)
        case "clock_skew_seconds": clockSkewMilliseconds = try value.milliseconds(name)
        case "requests_per_minute": requestsPerMinute = try value.whole(name)
        case "retry_after_seconds": retryAfterSeconds = value.isNull ? nil : try value.whole(name)
        case "single_failure_status": singleFailureStatus = try value.whole(name)
        case "text_booleans": booleansAsText = try value.flag(name)
        case "timestamp_fractions_count": timestampFractionsCount = try value.flag(name)
        case "visibility_delay_seconds": visibilityDelayMilliseconds = try value.milliseconds(name)
        default:
            throw TwinProblem("unknown setting \(name)", Self.knobNames + BloomreachProjectSettings.partNames)
        }
    }
}

extension BloomreachProjectSettings {
    /// What `configure` may set for one project; each replaces the whole list, `catalogs` adds those missing by name.
    public static let partNames = [
        "catalogs", "consent_categories", "id_types", "keys", "private_properties", "public_tokens",
    ]

    mutating func set(_ name: String, _ value: JSON) throws(TwinProblem) {
        switch name {
        case "consent_categories": consentCategories = try value.each(name, BloomreachConsentCategory.read)
        case "id_types": idTypes = try value.each(name, BloomreachIDType.read)
        case "keys": keys = try value.each(name, BloomreachKey.read)
        case "private_properties": privateProperties = try value.texts(name)
        case "public_tokens": publicTokens = try value.each(name, BloomreachPublicToken.read)
        default: throw TwinProblem("unknown setting \(name)", Self.partNames)
        }
    }
}

extension BloomreachIDType {
    /// `{name, kind: hard | soft, lowercase?}`.
    fileprivate static func read(_ json: JSON) throws(TwinProblem) -> Self {
        let kinds = ["hard", "soft"]
        guard let kind = json["kind"]?.string, kinds.contains(kind) else {
            throw TwinProblem("an id type's kind is not known", kinds)
        }
        return Self(
            name: try json["name"].text("name"), isHard: kind == "hard",
            lowercases: try json["lowercase"]?.flag("lowercase") ?? false)
    }
}

extension BloomreachKey {
    /// `{id, secret, permissions?}`.
    fileprivate static func read(_ json: JSON) throws(TwinProblem) -> Self {
        Self(
            id: try json["id"].text("id"), secret: try json["secret"].text("secret"),
            permissions: try BloomreachPermissions.read(json["permissions"]))
    }
}

extension BloomreachPublicToken {
    /// `{token, permissions?}`.
    fileprivate static func read(_ json: JSON) throws(TwinProblem) -> Self {
        Self(
            value: try json["token"].text("token"), permissions: try BloomreachPermissions.read(json["permissions"]))
    }
}

extension BloomreachConsentCategory {
    /// `{id, name?, legitimate_interest?, sources?: [name]}`.
    fileprivate static func read(_ json: JSON) throws(TwinProblem) -> Self {
        var category = Self(id: try json["id"].text("id"), name: json["name"]?.string)
        category.isLegitimateInterest = try json["legitimate_interest"]?.flag("legitimate_interest") ?? false
        if let sources = json["sources"] {
            category.sources = try sources.texts("sources")
            guard category.sources.allSatisfy(sourceNames.contains) else {
                throw TwinProblem("unknown consent source", sourceNames)
            }
        }
        return category
    }
}

extension BloomreachPermissions {
    /// Members left out are allowed; each is `"all"`, `"none"` or a list of names.
    fileprivate static func read(_ json: JSON?) throws(TwinProblem) -> Self {
        var permissions = Self.everything
        for (name, value) in json?.object?.members ?? [] {
            let allowance: Allowance = value == "all" ? .all : value == "none" ? .none : .only(try value.texts(name))
            switch name {
            case "events_set": permissions.eventsSet = allowance
            case "events_get": permissions.eventsGet = allowance
            case "properties_set": permissions.propertiesSet = allowance
            case "properties_get": permissions.propertiesGet = allowance
            case "catalogs": permissions.catalogs = allowance
            case "privacy": permissions.privacy = allowance
            default:
                let names = ["events_set", "events_get", "properties_set", "properties_get", "catalogs", "privacy"]
                throw TwinProblem("unknown permission \(name)", names)
            }
        }
        return permissions
    }
}

extension JSON? {
    fileprivate func text(_ name: String) throws(TwinProblem) -> String {
        guard let text = self?.string, !text.isEmpty else { throw TwinProblem("\(name) must be a text", []) }
        return text
    }
}

extension JSON {
    fileprivate func whole(_ name: String) throws(TwinProblem) -> Int {
        guard let value = int64, value >= 0 else { throw TwinProblem("\(name) must be a whole number", []) }
        return Int(value)
    }

    fileprivate func milliseconds(_ name: String) throws(TwinProblem) -> Int64 {
        guard let amount = decimalText.flatMap({ TwinAmount($0) }) else {
            throw TwinProblem("\(name) must be a number of seconds", [])
        }
        return amount.millionths / 1_000
    }

    fileprivate func flag(_ name: String) throws(TwinProblem) -> Bool {
        guard let bool else { throw TwinProblem("\(name) must be true or false", ["true", "false"]) }
        return bool
    }

    func list(_ name: String) throws(TwinProblem) -> [JSON] {
        guard let array else { throw TwinProblem("\(name) must be a list", []) }
        return array
    }

    fileprivate func texts(_ name: String) throws(TwinProblem) -> [String] {
        try each(name) { value throws(TwinProblem) in
            guard let text = value.string else { throw TwinProblem("\(name) must be a list of texts", []) }
            return text
        }
    }

    fileprivate func each<Value>(
        _ name: String, _ read: (JSON) throws(TwinProblem) -> Value
    ) throws(TwinProblem) -> [Value] {
        var values: [Value] = []
        for element in try list(name) { values.append(try read(element)) }
        return values
    }
}
