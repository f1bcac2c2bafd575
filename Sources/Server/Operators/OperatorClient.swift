public import JSON
import SQLiteStore
import Sync

/// Responses commands: by the running server, or by the store itself where none runs and none is needed.
public struct OperatorClient: Sendable {
    private enum Access: Sendable {
        case server(ServerClient)
        case store(Installation.OpenStore)
    }
    private let access: Access
    private let installation: Installation

    /// How long a command waits for whoever holds the store: a server that is just starting, or another command.
    private static let holderWaitMax = Duration.seconds(3)

    /// Finds who answers for the configuration's store. The store's lock decides: while it is free no server serves
    /// this store, whatever answers at the address of the configuration, and the store is opened here. While somebody
    /// holds it, the server that its folder names is asked, once it has proved that it serves this store.
    /// - Parameters:
    ///   - server: an address that is asked instead.
    ///   - needsServer: the command changes something, or asks for what is only in memory.
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
            "the store \(folder) is in use, and no server that serves it answers: is plumbline serve just starting, or "
                + "another command at work? Try again; a server that is reached at another address is named with "
                + "--server", exitCode: needsServer ? 1 : 2)
    }

    /// The store, opened, when nobody holds it; `nil` while somebody does.
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
                "no server runs for this store (\(folder)); start one with plumbline serve, or name one that runs "
                    + "elsewhere with --server", exitCode: 1)
        }
        do throws(StartFailure) {
            return try installation.openStore()
        } catch {
            guard error.isStoreInUse else { throw CommandFailure(error.description, exitCode: 2) }
            return nil
        }
    }

    /// Lets go of the store's lock.
    public func close() { if case .store(let open) = access { open.close() } }

    public var isServer: Bool { if case .server = access { true } else { false } }

    private var questions: StoreQueries { StoreQueries(flows: installation.flows) }

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

    public func exceptions(_ request: ExceptionRequest) async throws(CommandFailure) -> ExceptionList {
        switch access {
        case .server(let client):
            let (rows, total) = try await client.list(request.path)
            return ExceptionList(rows: rows, total: total)
        case .store(let open):
            let found: ExceptionList?
            do throws(StoreFailure) { found = try questions.exceptions(request, in: open.store) } catch {
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
            try questions.exception(id, in: store) ?? .null
        }
        guard !found.isNull else { throw Self.noException(id) }
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
