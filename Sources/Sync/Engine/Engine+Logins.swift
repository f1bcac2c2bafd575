import Commerce
import Transport

/// Sources that must know us before they are read: tokens that are asked for, and asked for again when they expire.
extension Engine {
    /// Whether requests may be made; asks for what is missing.
    mutating func isLoggedIn(_ name: String) -> Bool {
        guard let connection = connections[name], let request = connection.source?.preparation(at: now) else {
            return connections[name]?.login.isAsking == false
        }
        let isResting = connection.isResting(now: now) || connection.login.restsUntil.map { $0 > now } ?? false
        guard !connection.login.isAsking, !isResting else { return false }
        connections[name]?.login.isAsking = true
        begin(request, at: name, as: .login(connection: name), id: newID())
        return false
    }

    /// Something was read with the login that there is.
    mutating func recordLogin(_ name: String) { connections[name]?.login.isUnproven = false }

    mutating func handleLogin(_ name: String, _ id: Int64, _ outcome: HTTPOutcome) {
        connections[name]?.login.isAsking = false
        switch connections[name]?.source?.prepared(outcome, at: now) {
        case .ready:
            connections[name]?.login = ConnectionState.Login(request: id)
            resolve(.sourceUnreadable, subject: name)
        case .later(let after, let reason):
            // `Retry-After` is about the whole connection, whatever was asked.
            if let after { _ = openCircuit(name, for: after, isFixed: true) }
            connections[name]?.login.failuresInRow += 1
            restLogin(name)
            let failures = connections[name]?.login.failuresInRow ?? 0
            if isNews(.sourceUnreadable, subject: name, failures: failures, of: limits.failuresBeforeException) {
                raise(
                    RaisedException(
                        .sourceUnreadable, subject: name, cause: "\(failures) logins in a row failed, last: \(reason)"))
            }
        case .impossible(let exception):
            connections[name]?.login.failuresInRow += 1
            raise(exception)
            restLogin(name)
        case nil: break
        }
    }

    private mutating func restLogin(_ name: String) {
        let policies = policies(for: name)
        let attempt = connections[name]?.login.failuresInRow ?? 1
        let wait = backoff(attempt: attempt, base: policies.retryBase, max: policies.retryMax, random: &random)
        connections[name]?.login.restsUntil = now + wait
    }

    /// The source does not know us any more: we ask again at once, and later each time when a new login does not help.
    /// - Parameter request: the refused one; of those made before the last login, no news.
    mutating func forgetLogin(_ name: String, request: Int64, _ reason: String) {
        guard let login = connections[name]?.login, request > login.request else { return }
        connections[name]?.source?.forgetPreparation()
        if login.isUnproven, login.request > 0 { restSource(name, for: nil, reason: reason) }
    }
}
