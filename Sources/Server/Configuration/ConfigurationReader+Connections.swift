import Yams

/// The connections: one mapping for each outside system.
extension ConfigurationReader {
    /// - Parameter names: receives every connection of the file, including invalid ones.
    func readConnections(_ top: Section, _ names: inout DeclaredNames) -> [Configuration.Connection] {
        guard let all = top.requiredSection("connections") else { return [] }
        names.connections = [:]
        return all.members.compactMap { member in
            var declared = DeclaredNames.Connection()
            defer { names.connections?[member.key] = declared }
            guard let section = Section(member.value, "connections.\(member.key)", list) else { return nil }
            let connection = readConnection(section, member.key, at: member.keyNode)
            declared.system = section.has("system") ? systemName(section) : nil
            return connection
        }
    }

    private func systemName(_ section: Section) -> Configuration.SystemName? {
        section.node("system")?.string.flatMap(Configuration.SystemName.init(rawValue:))
    }

    private func readConnection(_ section: Section, _ name: String, at place: Node) -> Configuration.Connection? {
        if name.contains("/") || name.contains(" ") {
            list.add(.wrongValue, at: place, "a connection's name is part of URLs: it may not contain / or spaces")
        }
        guard section.has("system") else {
            section.finish(without: "system")
            return nil
        }
        guard let system = section.choice("system", Configuration.SystemName.self) else { return nil }
        let brand = section.requiredText("brand")
        // Only Shopify's base URL follows from another key.
        let baseURLNode = system == .bloomreach ? section.required("base_url") : section.node("base_url")
        let baseURL = baseURLNode.flatMap { readBaseURL($0, section) }
        let read: Configuration.System?
        switch system {
        case .shopify: read = shopify(section, name, at: place).map(Configuration.System.shopify)
        case .bloomreach: read = bloomreach(section).map(Configuration.System.bloomreach)
        case .bigcommerce, .sitoo, .ometria, .tryton:
            readUnbuilt(system, section)
            read = .notBuilt(system)
        }
        section.finish()
        guard let brand, let read else { return nil }
        return Configuration.Connection(
            name: name, brand: brand, baseURL: baseURL, system: read, place: Configuration.Place(place),
            brandPlace: section.place(of: "brand"))
    }

    /// Accepts only scheme and host; the vendor defines the path.
    private func readBaseURL(_ node: Node, _ section: Section) -> String? {
        guard let text = section.text(node, "base_url") else { return nil }
        let url = Self.withoutSlash(text)
        let host = ["http://", "https://"].first { url.hasPrefix($0) }.map { url.dropFirst($0.count) }
        if let host, !host.isEmpty, !host.contains("/"), !host.contains("@"), !host.contains("?") { return url }
        list.add(
            .wrongValue, at: node, "\(section.name).base_url is scheme and host only", nearest: "https://host.example")
        return nil
    }

    private func shopify(_ section: Section, _ name: String, at place: Node) -> Configuration.Shopify? {
        let shop = section.requiredText("shop")
        let version = section.text("api_version") ?? "2026-04"
        let prefix = idPrefix(section, name)
        let credentials = shopifyCredentials(section)
        let secrets = webhookSecrets(section, credentials)
        guard let shop, let secrets, let credentials, let prefix else { return nil }
        let prefixPlace = section.has("id_prefix") ? section.place(of: "id_prefix") : Configuration.Place(place)
        return Configuration.Shopify(
            shop: shop, apiVersion: version, credentials: credentials, webhookSecrets: secrets, idPrefix: prefix,
            idPrefixPlace: prefixPlace)
    }

    /// Exactly one of the two ways: `access_token`, or `client_id` with `client_secret`.
    private func shopifyCredentials(_ section: Section) -> Configuration.Shopify.Credentials? {
        let token = section.text("access_token")
        let id = section.text("client_id")
        let secret = section.text("client_secret")
        let clientKeys = ["client_id", "client_secret"].filter(section.has)
        guard let clientKey = clientKeys.first else {
            section.required("access_token", or: "\"client_id\" and \"client_secret\"")
            return token.map(Configuration.Shopify.Credentials.token)
        }
        guard !section.has("access_token") else {
            list.add(
                .clash, at: section.place(of: clientKey),
                "\(section.name) has both access_token and \(ConfigurationValidator.enumeration(clientKeys)); keep "
                    + "access_token, or client_id and client_secret")
            return nil
        }
        section.required("client_id")
        section.required("client_secret")
        return id.flatMap { id in secret.map { .client(id: id, secret: $0) } }
    }

    /// The client secret of an app signs its webhooks.
    private func webhookSecrets(
        _ section: Section, _ credentials: Configuration.Shopify.Credentials?
    ) -> [String]? {
        if section.node("webhook_secrets") == nil, section.has("client_id") || section.has("client_secret") {
            guard case .client(_, let secret)? = credentials else { return nil }
            return [secret]
        }
        let node = section.required("webhook_secrets")
        let secrets = section.texts("webhook_secrets")
        if let node, secrets?.isEmpty == true {
            list.add(.wrongValue, at: node, "\(section.name).webhook_secrets needs at least one secret")
        }
        return secrets
    }

    /// The prefix becomes part of ids at destinations, where `/` is not allowed.
    private func idPrefix(_ section: Section, _ name: String) -> String? {
        guard let node = section.node("id_prefix") else { return name }
        guard let text = section.text(node, "id_prefix") else { return nil }
        if text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") }) { return text }
        list.add(
            .wrongValue, at: node, "\(section.name).id_prefix may hold letters, digits, _ and - only, so no /",
            nearest: String(text.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }))
        return nil
    }

    private func bloomreach(_ section: Section) -> Configuration.Bloomreach? {
        let project = section.requiredText("project")
        let keyID = section.requiredText("key_id")
        let secret = section.requiredText("secret")
        // Allowed for a later version: this one does not accept Bloomreach's webhooks.
        _ = section.text("webhook_user")
        _ = section.text("webhook_password")
        let identity = section.requiredSection("identity").map(identityRules) ?? []
        let catalogs = section.requiredSection("catalogs").map(catalogNames) ?? []
        let consents = section.section("consents")
        let emailConsent = consents?.text("email")
        let smsConsent = consents?.text("sms")
        consents?.finish()
        let sendsConsentInIngest = section.truth("consent_in_ingest") ?? false
        let requests = section.number("requests_per_minute", 1...1_000_000)
        let batches = section.number("batches", 1...256)
        guard let project, let keyID, let secret else { return nil }
        return Configuration.Bloomreach(
            project: project, keyID: keyID, secret: secret, identity: identity, catalogs: catalogs,
            emailConsent: emailConsent, smsConsent: smsConsent, sendsConsentInIngest: sendsConsentInIngest,
            requestsPerMinute: requests, batches: batches)
    }

    private func identityRules(_ section: Section) -> [Configuration.IdentityRule] {
        section.members.compactMap { member in
            guard let node = section.node(member.key), let rule = Section(node, "\(section.name).\(member.key)", list)
            else {
                return nil
            }
            let fromNode = rule.required("from")
            let from = fromNode.flatMap { rule.text($0, "from") }
            let kind = rule.choice("kind", Configuration.IdentityRule.Kind.self) ?? .hard
            rule.finish()
            guard let fromNode, let from else { return nil }
            let parts = from.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let field = parts[parts.count - 1]
            let common = ["cart", "cookie", "email", "phone"]
            let isKnown = parts.count == 2 ? field == "customer_id" : common.contains(field)
            guard isKnown else {
                list.add(
                    .wrongValue, at: fromNode,
                    "\(rule.name).from names no fact: it is CONNECTION.customer_id or one of "
                        + common.joined(separator: ", "),
                    nearest: parts.count == 2 ? "\(parts[0]).customer_id" : Spelling.nearest(to: from, among: common))
                return nil
            }
            return Configuration.IdentityRule(
                idType: member.key, connection: parts.count == 2 ? parts[0] : nil, field: field, kind: kind,
                place: Configuration.Place(fromNode))
        }
    }

    private func catalogNames(_ section: Section) -> [Configuration.CatalogName] {
        let names = ["orders", "products", "variants"].compactMap { purpose in
            section.text(purpose).map { Configuration.CatalogName(purpose: purpose, name: $0) }
        }
        section.finish()
        return names
    }

    /// Systems of later versions: their keys are checked, their flows are refused.
    private func readUnbuilt(_ system: Configuration.SystemName, _ section: Section) {
        let keys: [String]
        switch system {
        case .bigcommerce:
            keys = ["store_hash", "access_token", "client_secret", "id_prefix"]
            _ = section.section("webhook_headers")
        case .sitoo:
            keys = ["account", "site", "api_id", "password", "webhook_user", "webhook_password", "id_prefix"]
        case .ometria: keys = ["api_key", "collection"]
        case .tryton: keys = ["database", "user", "password"]
        case .shopify, .bloomreach: keys = []
        }
        for key in keys { _ = section.text(key) }
    }
}
