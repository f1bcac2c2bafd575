public import JSON
import SQLiteStore
import Sync

/// Answers commands through the running server. If no server runs and the command needs none, it opens the store
/// itself.
public struct OperatorClient: Sendable {
    private enum Access: Sendable {
        case server(ServerClient)
        case store(Installation.OpenStore)
    }
    private let access: Access
    private let installation: Installation

    /// How long a command waits while a starting server or another command has the store open.
    private static let holderWaitMax = Duration.seconds(3)

    /// Opens the configuration's store, or connects to the server that has it open. The store's lock decides. If the
    /// lock is free, no server serves this store, and the command opens the store itself. If it is held, the command
    /// asks the server named in the store's folder, once that server has proved that it serves this store.
    /// - Parameters:
    ///   - server: the address of a server to use instead.
    ///   - needsServer: the command changes something, or needs state that is only in memory.
    public static func open(
        _ installation: Installation, server: String?, needsServer: Bool
    ) async throws(CommandFailure) -> OperatorClient {
        if let server {
            return OperatorClient(access: .server(try await .named(server, installation)), installation: installation)
        }
        let folder = installation.configuration.storeFolder
        let deadline = ContinuousClock.now + holderWaitMax
        while true {
            if let open = try openFree(installation, needsServer: needsServer) {
                return OperatorClient(access: .store(open), installation: installation)
            }
            if let client = await ServerClient.announced(installation) {
                return OperatorClient(access: .server(client), installation: installation)
            }
            guard ContinuousClock.now < deadline else { break }
            do { try await Task.sleep(for: interval) } catch { break }
        }
        throw CommandFailure(
            "the store \(folder) is in use, but its server does not respond: plumbline serve may be starting, or "
                + "another command may be running. Try again, or give the server's address with --server",
            exitCode: needsServer ? 1 : 2)
    }

    /// Opens the store if no program has it open; `nil` otherwise.
    private static func openFree(
        _ installation: Installation, needsServer: Bool
    ) throws(CommandFailure) -> Installation.OpenStore? {
        let folder = installation.configuration.storeFolder
        do throws(StoreOpenFailure) {
            if try StoreFolder.isInUse(folder) { return nil }
        } catch {
            throw CommandFailure(error.description, exitCode: 2)
        }
        guard !needsServer else {
            throw CommandFailure(
                "no server runs for this store (\(folder)); start one with plumbline serve, or give the address of one "
                    + "that runs elsewhere with --server", exitCode: 1)
        }
        do throws(StartFailure) {
            return try installation.openStore()
        } catch {
            guard error.isStoreInUse else { throw CommandFailure(error.description, exitCode: 2) }
            return nil
        }
    }

    /// Releases the store's lock.
    public func close() { if case .store(let open) = access { open.close() } }

    public var isServer: Bool { if case .server = access { true } else { false } }

    private var queries: StoreQueries { StoreQueries(flows: installation.flows) }

    private func ask(
        _ path: String, _ query: (any Store) throws(StoreFailure) -> JSON
    ) async throws(CommandFailure) -> JSON {
        switch access {
        case .server(let client): return try await client.get(path)
        case .store(let open):
            do throws(StoreFailure) { return try query(open.store) } catch {
                throw CommandFailure(error.description, exitCode: 1)
            }
        }
    }

    public func trace(_ key: String) async throws(CommandFailure) -> JSON {
        try await ask("/api/v1/trace?key=\(ServerClient.escaped(key))") { store throws(StoreFailure) in
            try queries.trace(key, in: store)
        }
    }

    /// Each flow with its stored stage.
    public func flows() async throws(CommandFailure) -> JSON {
        try await ask("/api/v1/flows") { store throws(StoreFailure) in try queries.flows(in: store) }
    }

    public func exceptions(_ request: ExceptionRequest) async throws(CommandFailure) -> ExceptionList {
        switch access {
        case .server(let client):
            let (rows, total) = try await client.list(request.path)
            return ExceptionList(rows: rows, total: total)
        case .store(let open):
            let found: ExceptionList?
            do throws(StoreFailure) { found = try queries.exceptions(request, in: open.store) } catch {
                throw CommandFailure(error.description, exitCode: 1)
            }
            guard let found else { throw Self.noException(request.after ?? "") }
            return found
        }
    }

    private static func noException(_ id: String) -> CommandFailure {
        CommandFailure("there is no exception \(id); plumbline exceptions list --all shows them", exitCode: 1)
    }

    public func exception(_ id: String) async throws(CommandFailure) -> JSON {
        let found = try await ask("/api/v1/exceptions/\(ServerClient.escaped(id))") { store throws(StoreFailure) in
            try queries.exception(id, in: store) ?? .null
        }
        guard !found.isNull else { throw Self.noException(id) }
        return found
    }

    public func retry(_ id: String) async throws(CommandFailure) -> JSON { try await act(id, "retry", [:]) }
    /// - Parameter skipping: drops the deliveries that the exception parks. Without it, such an exception is not
    ///   resolved.
    public func resolve(_ id: String, skipping: Bool) async throws(CommandFailure) -> JSON {
        try await act(id, "resolve", ["skip": .bool(skipping)])
    }

    /// An operator's decision about people or orders.
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

    /// The pause between two requests to the server.
    private static let interval = Duration.milliseconds(50)

    /// Asks until everything is settled.
    /// - Returns: the last response; its `settled` is false if the time limit passed.
    public func waitUntilSettled(within limit: Duration) async throws(CommandFailure) -> JSON {
        guard case .server(let client) = access else {
            throw CommandFailure("nothing settles without a server; start one with plumbline serve", exitCode: 1)
        }
        let deadline = ContinuousClock.now + limit
        while true {
            let answer = try await client.get("/api/v1/settled")
            if answer["settled"]?.bool == true || ContinuousClock.now >= deadline { return answer }
            do { try await Task.sleep(for: Self.interval) } catch { return answer }
        }
    }
}
