import JSON

/// `POST /_twin/act`: what an operator or another app does to the account.
extension BloomreachTwin {
    /// - `configure`: any of ``BloomreachSettings/knobNames`` and ``BloomreachProjectSettings/partNames``, for the
    ///   project named by `project`, which is made when unknown.
    /// - `create_catalog` `{name, fields:[{name, type, searchable?}], is_product_catalog?}`.
    /// - `rename_catalog` `{name, new_name}`: its id and rows stay.
    /// - `revoke_key` `{key_id}`: from now on 401.
    /// - `permit`, `forbid` `{event_type | read_event_type | property | read_property | catalog_right | privacy_right,
    ///   key_id?}`; without a key, all keys and public tokens.
    /// - `foreign_purchase` `{customer_ids, purchase_id, total_price?, timestamp?, properties?}`: an event `purchase`
    ///   that another connector made, hence without `event_key`.
    public static let deedNames = [
        "configure", "create_catalog", "foreign_purchase", "forbid", "permit", "rename_catalog", "revoke_key",
    ]

    /// - Returns: `{ids, event_ids}`; the platform has no event ids.
    mutating func act(_ action: JSON, now: TwinInstant) throws(TwinProblem) -> JSON {
        let token = action["project"]?.string ?? projectTokens.first ?? BloomreachProjectSettings.defaultToken
        guard let name = action["do"]?.string, Self.deedNames.contains(name) else {
            throw TwinProblem("unknown action", Self.deedNames)
        }
        if name == "configure" { return Self.done([try configure(action, token)]) }
        guard projects[token] != nil else { throw TwinProblem("unknown project", projectTokens) }
        switch name {
        case "create_catalog":
            do throws(BloomreachCatalog.Refusal) {
                return Self.done([try projects[token]?.createCatalog(action) ?? ""])
            } catch {
                throw TwinProblem(error.text, [])
            }
        case "rename_catalog": return Self.done([try renameCatalog(action, token)])
        case "revoke_key": return Self.done([try revokeKey(action, token)])
        case "foreign_purchase": return Self.done([try foreignPurchase(action, token, now)])
        default: return Self.done(try setPermission(action, token, isPermitted: name == "permit"))
        }
    }

    private static func done(_ ids: [String]) -> JSON { ["ids": .array(ids.map(JSON.string)), "event_ids": []] }

    private mutating func configure(_ action: JSON, _ token: String) throws(TwinProblem) -> String {
        var changed = settings
        var project = projects[token]?.settings ?? BloomreachProjectSettings(token: token)
        var catalogs: [JSON] = []
        for (name, value) in action.object?.members ?? [] where name != "do" && name != "project" {
            if name == "catalogs" {
                catalogs = try value.list(name)
            } else if BloomreachProjectSettings.partNames.contains(name) {
                try project.set(name, value)
            } else {
                try changed.set(name, value)
            }
        }
        if let known = projects[token] {
            guard known.profiles.isEmpty || known.keepsKinds(project.idTypes) else {
                throw TwinProblem("id types cannot go, or turn hard or soft, once there are profiles; reset first", [])
            }
            projects[token]?.settings = project
        } else {
            addProject(project)
        }
        settings = changed
        for catalog in catalogs
        where projects[token]?.catalogs.values.contains(where: { $0.settings.name == catalog["name"]?.string }) == false
        {
            do throws(BloomreachCatalog.Refusal) {
                _ = try projects[token]?.createCatalog(catalog)
            } catch {
                throw TwinProblem(error.text, [])
            }
        }
        return token
    }

    private mutating func renameCatalog(_ action: JSON, _ token: String) throws(TwinProblem) -> String {
        let catalogs = projects[token]?.catalogs ?? [:]
        let names = catalogs.values.map(\.settings.name).sorted()
        guard let id = catalogs.first(where: { $0.value.settings.name == action["name"]?.string })?.key else {
            throw TwinProblem("unknown catalogue", names)
        }
        guard let name = action["new_name"]?.string, !name.isEmpty, !names.contains(name) else {
            throw TwinProblem("new_name must be a text that no other catalogue has", names)
        }
        projects[token]?.catalogs[id]?.settings.name = name
        return id
    }

    private mutating func revokeKey(_ action: JSON, _ token: String) throws(TwinProblem) -> String {
        let known = projects[token]?.settings.keys.map(\.id) ?? []
        guard let id = action["key_id"]?.string, known.contains(id) else { throw TwinProblem("unknown key_id", known) }
        projects[token]?.settings.keys.removeAll { $0.id == id }
        return id
    }

    private mutating func setPermission(
        _ action: JSON, _ token: String, isPermitted: Bool
    ) throws(TwinProblem) -> [String] {
        let subjects: [(name: String, path: WritableKeyPath<BloomreachPermissions, BloomreachPermissions.Allowance>)] =
            [
                ("event_type", \.eventsSet), ("read_event_type", \.eventsGet), ("property", \.propertiesSet),
                ("read_property", \.propertiesGet), ("catalog_right", \.catalogs), ("privacy_right", \.privacy),
            ]
        guard let subject = subjects.first(where: { action[$0.name]?.string != nil }),
            let name = action[subject.name]?.string, var project = projects[token]?.settings
        else { throw TwinProblem("name what to permit or forbid", subjects.map(\.name)) }
        func changed(_ permissions: BloomreachPermissions) -> BloomreachPermissions {
            var permissions = permissions
            if isPermitted {
                permissions[keyPath: subject.path].permit(name)
            } else {
                permissions[keyPath: subject.path].forbid(name)
            }
            return permissions
        }
        let keyID = action["key_id"]?.string
        guard keyID == nil || project.keys.contains(where: { $0.id == keyID }) else {
            throw TwinProblem("unknown key_id", project.keys.map(\.id))
        }
        for place in project.keys.indices where keyID == nil || project.keys[place].id == keyID {
            project.keys[place].permissions = changed(project.keys[place].permissions)
        }
        for place in project.publicTokens.indices where keyID == nil {
            project.publicTokens[place].permissions = changed(project.publicTokens[place].permissions)
        }
        projects[token]?.settings = project
        return [name]
    }

    private mutating func foreignPurchase(
        _ action: JSON, _ token: String, _ now: TwinInstant
    ) throws(TwinProblem) -> String {
        guard let purchase = action["purchase_id"]?.string else { throw TwinProblem("purchase_id must be a text", []) }
        var properties: JSONObject = ["purchase_id": .string(purchase), "purchase_status": "success"]
        properties["total_price"] = action["total_price"]
        for (name, value) in action["properties"]?.object?.members ?? [] { properties[name] = value }
        var data: JSONObject = ["event_type": "purchase", "properties": .object(properties)]
        data["customer_ids"] = action["customer_ids"]
        data["timestamp"] = action["timestamp"]
        let moment = BloomreachMoment(now: now.microseconds, settings: settings)
        let app = BloomreachAccess(isPrivate: true, permissions: .everything)
        let outcome = projects[token]?.perform("customers/events", data: .object(data), by: app, at: moment)
        if let refusal = outcome?.refusal { throw TwinProblem(refusal.text, []) }
        return purchase
    }
}

extension BloomreachProject {
    /// Whether every type known now would stay, hard or soft as it is; new ones may come.
    fileprivate func keepsKinds(_ types: [BloomreachIDType]) -> Bool {
        settings.idTypes.allSatisfy { known in
            types.contains { $0.name == known.name && $0.isHard == known.isHard }
        }
    }
}
