import Commerce
import Foundation
import JSON
import Logging
import Sync
import Testing
import Transport

@testable import Server

@Suite("Installation and check")
struct InstallationTests {
    /// The good file in a folder of its own.
    static func installation(_ change: (String) -> String = { $0 }) throws -> Installation {
        let folder = FileManager.default.temporaryDirectory.appending(path: "plumbline-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appending(path: "plumbline.yaml").path()
        try Data("date,from,to,rate\n".utf8).write(to: folder.appending(path: "rates.csv"))
        return Installation(
            try Configuration.read(
                text: change(ConfigurationTests.good), file: file, environment: ConfigurationTests.environment))
    }

    static func remove(_ installation: Installation) throws {
        try FileManager.default.removeItem(
            atPath: (installation.configuration.file as NSString).deletingLastPathComponent)
    }

    @Test("flows are bound to their connections, with the brand's currency and the shop's limit") func flows() throws {
        let installation = try Self.installation()
        let flow = try #require(installation.flows.first)
        #expect(flow.source == "shop")
        #expect(flow.referenceCurrency.code == "GBP")
        #expect(flow.sourceName == "acme.myshopify.com")
        #expect(installation.sources.map(\.bodyBytesMax) == [1_048_576])
        #expect(installation.destinations.map(\.connection) == ["crm"])
        #expect(
            installation.destinations.map(\.limits) == [
                DestinationLimits(concurrentRequestsMax: 2, requestsPerMinute: 600)
            ])
        #expect(installation.baseURLs["shop"] == "http://127.0.0.1:9101")
        try Self.remove(installation)
    }

    @Test("a second program on one store is refused") func lock() throws {
        let installation = try Self.installation()
        let open = try installation.openStore()
        #expect(throws: StartFailure.self) { try installation.openStore() }
        open.close()
        try installation.openStore().close()
        try Self.remove(installation)
    }

    @Test("K4 check names each system that does not answer, and what to do") func unreachable() async throws {
        let installation = try Self.installation()
        let exchanger = ScriptedExchanger { _ in .notSent("no connection") }
        let findings = await InstallationCheck(installation, exchanger: exchanger, fixing: false).run()
        #expect(findings.first { $0.subject == "configuration" }?.state == .ok)
        #expect(findings.first { $0.subject == "store" }?.state == .ok)
        #expect(findings.first { $0.subject.hasPrefix("shop") }?.state == .failed)
        #expect(findings.first { $0.subject.hasPrefix("crm") }?.state == .failed)
        #expect(findings.first { $0.subject == "bc" }?.state == .unseen)
        for finding in findings {
            for secret in ["s3cret-token", "shpat_hidden"] { #expect(!finding.detail.contains(secret)) }
        }
        try Self.remove(installation)
    }

    @Test("a command without a server reads the store itself, and says when it needs one") func client() async throws {
        let installation = try Self.installation()
        let client = try await OperatorClient.open(installation, server: nil, needsServer: false)
        #expect(!client.isServer)
        #expect(try await client.exceptions(ExceptionRequest(includesResolved: true)).rows.isEmpty)
        #expect(try await client.trace("1001")["entities"] == [])
        await #expect(throws: CommandFailure.self) { try await client.exception("none") }
        client.close()
        let failure = await #expect(throws: CommandFailure.self) {
            try await OperatorClient.open(installation, server: nil, needsServer: true)
        }
        #expect(failure?.exitCode == 1)
        try Self.remove(installation)
    }

    /// A server in this process that says in the installation's folder that it serves its store.
    private static func serving(
        _ installation: Installation, storeID: String? = nil,
        _ work: @escaping @Sendable (RunningServer) async throws -> Void
    ) async throws {
        // Holding the store is holding the lock, as a server does.
        let open = try installation.openStore()
        defer { open.close() }
        try await RunningServer.with(store: GatedStore(), storeID: storeID ?? open.id) { server async throws in
            ServerAddressFile(installation).publish(port: server.port, server.identity, Logger(label: "test"))
            try await work(server)
        }
    }

    @Test("commands find the server where it announced itself, and speak its API") func throughServer() async throws {
        let installation = try Self.installation()
        try await Self.serving(installation) { server async throws in
            // The file's token is another than the test server's, so the address is what is proved here.
            let operatorClient = try await OperatorClient.open(installation, server: nil, needsServer: true)
            #expect(operatorClient.isServer)
            let failure = await #expect(throws: CommandFailure.self) { try await operatorClient.trace("Zoë & co/1") }
            #expect(failure?.exitCode == 2)
            let client = ServerClient(url: "http://127.0.0.1:\(server.port)/", token: RunningServer.token)
            #expect(
                try await client.get("/api/v1/trace?key=\(ServerClient.escaped("Zoë & co/1"))")["key"]?.string
                    == "Zoë & co/1")
        }
        try Self.remove(installation)
    }

    @Test("K6 a server that serves another store, or cannot prove that it serves this one, is not spoken to")
    func otherStore() async throws {
        let installation = try Self.installation()
        try await Self.serving(installation, storeID: "another") { _ async throws in
            let failure = await #expect(throws: CommandFailure.self) {
                try await OperatorClient.open(installation, server: nil, needsServer: false)
            }
            #expect(failure?.exitCode == 2)
        }
        let open = try installation.openStore()
        let id = open.id
        try await RunningServer.with(store: GatedStore(), storeID: id) { server async throws in
            // The right store's id, which is no secret, without the secret of its folder.
            let stranger = ServerIdentity(storeID: id)
            ServerAddressFile(installation).publish(port: server.port, stranger, Logger(label: "test"))
            await #expect(throws: CommandFailure.self) {
                try await OperatorClient.open(installation, server: nil, needsServer: true)
            }
        }
        open.close()
        try Self.remove(installation)
    }

    @Test("K6 the address file is its owner's alone, and goes with the lock") func addressFile() async throws {
        let installation = try Self.installation()
        let file = installation.configuration.storeFolder + "/listening"
        try await Self.serving(installation) { _ async throws in
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
        // As after kill -9: the file is there, and nobody holds the lock.
        #expect(FileManager.default.fileExists(atPath: file))
        let client = try await OperatorClient.open(installation, server: nil, needsServer: false)
        #expect(!client.isServer)
        #expect(!FileManager.default.fileExists(atPath: file))
        client.close()
        try Self.remove(installation)
    }

    @Test("a server that starts waits for a command that holds the store for a moment") func moment() async throws {
        let installation = try Self.installation()
        let command = try installation.openStore()
        async let server = installation.openStoreWaiting(atMost: .seconds(120))
        try await Task.yieldOften()
        command.close()
        try await server.close()
        try Self.remove(installation)
    }
}

extension Task where Success == Never, Failure == Never {
    /// Lets others run for a while.
    fileprivate static func yieldOften() async throws { for _ in 0..<20 { await yield() } }
}
