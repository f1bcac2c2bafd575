public import JSON
import Sync

/// Answers commands: by the running server, or by the store itself where none runs and none is needed.
public struct Desk: Sendable {
    private enum Access: Sendable {
        case server(ServerClient)
        case store(Installation.OpenStore)
    }
    private let access: Access
    private let installation: Installation

    /// Finds the server: `server` when given, else what it announced in its store's folder, else `server.listen`.
    /// Without one the store is opened, which takes its lock.
    /// - Parameter needsServer: the command changes something, or asks for what is only in memory.
    public static func open(
        _ installation: Installation, server: String?, needsServer: Bool
    ) async throws(CommandFailure) -> Desk {
        if let server {
            let client = ServerClient(url: server, token: installation.configuration.adminToken)
            return Desk(access: .server(client), installation: installation)
        }
        let announced = ServerClient.announced(installation)
        let configured = ServerClient.configured(installation.configuration)
        let candidates = [announced, configured?.url == announced?.url ? nil : configured].compactMap { $0 }
        for client in candidates where await client.isThere() {
            return Desk(access: .server(client), installation: installation)
        }
        if needsServer {
            throw CommandFailure("no server runs for this configuration; start one with plumbline serve", exitCode: 1)
        }
        do throws(StartFailure) {
            return Desk(access: .store(try installation.openStore()), installation: installation)
        } catch {
            let silent = candidates.map { "no answer from \($0.url)" }
            throw CommandFailure(([error.description] + silent).joined(separator: "; "), exitCode: 2)
        }
    }

    /// Lets go of the store's lock.
    public func close() { if case .store(let open) = access { open.close() } }

    public var isServer: Bool { if case .server = access { true } else { false } }

    private var questions: StoreQuestions { StoreQuestions(flows: installation.flows) }

    private func ask(
        _ path: String, _ question: (any Store) throws(StoreFailure) -> JSON
    ) async throws(CommandFailure) -> JSON {
        switch access {
        case .server(let client): return try await client.get(path)
        case .store(let open):
            do throws(StoreFailure) { return try question(open.store) } catch {
                throw CommandFailure(error.description, exitCode: 1)
            }
        }
    }

    public func trace(_ key: String) async throws(CommandFailure) -> JSON {
        try await ask("/api/v1/trace?key=\(ServerClient.escaped(key))") { store throws(StoreFailure) in
            try questions.trace(key, in: store)
        }
    }

    /// Each flow with its stage as it is stored.
    public func flows() async throws(CommandFailure) -> JSON {
        try await ask("/api/v1/flows") { store throws(StoreFailure) in try questions.flows(in: store) }
    }

    public func exceptions(includingResolved: Bool) async throws(CommandFailure) -> JSON {
        try await ask("/api/v1/exceptions" + (includingResolved ? "?all=1" : "")) { store throws(StoreFailure) in
            try questions.exceptions(includingResolved: includingResolved, in: store)
        }
    }

    public func exception(_ id: String) async throws(CommandFailure) -> JSON {
        let found = try await ask("/api/v1/exceptions/\(ServerClient.escaped(id))") { store throws(StoreFailure) in
            try questions.exception(id, in: store) ?? .null
        }
        guard !found.isNull else {
            throw CommandFailure("there is no exception \(id); plumbline exceptions list --all shows them", exitCode: 1)
        }
        return found
    }

    public func retry(_ id: String) async throws(CommandFailure) -> JSON { try await act(id, "retry", [:]) }
    /// - Parameter skipping: deliveries that it parks are given up; without it such an exception is refused.
    public func resolve(_ id: String, skipping: Bool) async throws(CommandFailure) -> JSON {
        try await act(id, "resolve", ["skip": .bool(skipping)])
    }

    /// A steward's decision about people or orders.
    public func decide(_ subject: String, _ verb: String, _ body: JSON) async throws(CommandFailure) -> JSON {
        guard case .server(let client) = access else {
            throw CommandFailure("only a running server can do this; start one with plumbline serve", exitCode: 1)
        }
        return try await client.post("/api/v1/\(subject)/\(verb)", body)
    }

    private func act(_ id: String, _ verb: String, _ body: JSON) async throws(CommandFailure) -> JSON {
        guard case .server(let client) = access else {
            throw CommandFailure("only a running server can do this; start one with plumbline serve", exitCode: 1)
        }
        return try await client.post("/api/v1/exceptions/\(ServerClient.escaped(id))/\(verb)", body)
    }

    // MARK: Waiting

    /// How often the server is asked.
    private static let interval = Duration.milliseconds(50)

    /// Asks until everything is settled.
    /// - Returns: the last answer; its `settled` is false when the time was over.
    public func waitUntilSettled(within limit: Duration) async throws(CommandFailure) -> JSON {
        guard case .server(let client) = access else {
            throw CommandFailure("only a running server settles anything; start one with plumbline serve", exitCode: 1)
        }
        let deadline = ContinuousClock.now + limit
        while true {
            let answer = try await client.get("/api/v1/settled")
            if answer["settled"]?.bool == true || ContinuousClock.now >= deadline { return answer }
            do { try await Task.sleep(for: Self.interval) } catch { return answer }
        }
    }
}
