import Foundation
import JSON
import Testing

/// Commands speak to the server that serves their store, and to nobody else.
@Suite("Which store", .timeLimit(.minutes(10)))
struct WhichStoreTests {
    /// Takes the store's lock as a program that has it open does, until the value goes.
    private final class Lock {
        private let file: FileHandle

        init(_ installation: TestInstallation) throws {
            file = try FileHandle(forUpdating: installation.folder.appending(path: "data/lock"))
            try #require(flock(file.fileDescriptor, LOCK_EX | LOCK_NB) == 0, "somebody else holds the store")
        }

        deinit { _ = flock(file.fileDescriptor, LOCK_UN) }
    }

    private static let readers = [["exceptions", "list"], ["trace", "1001"], ["people", "list"]]
    private static let writers = [
        ["wait", "--settled", "--timeout", "5s"], ["exceptions", "retry", "none"], ["exceptions", "resolve", "none"],
        ["people", "merge", "acme/person/a", "acme/person/b"],
    ]

    private func run(_ words: [String], in folder: URL) async throws -> Program.Outcome {
        try await Program.run(words + ["--config", TestInstallation.file], in: folder)
    }

    @Test("K6 after kill -9 nobody who took the port sees the admin token, and commands work on the store itself")
    func takenPort() async throws {
        try await TestInstallation.with { installation in
            try await installation.shop.act(["do": "place_order", "lines": [["sku": "MUG-WHITE", "quantity": 1]]])
            try await installation.settled()
            let identity = try await installation.get("/health/identity?challenge=abc").json
            try await installation.crash()
            #expect(FileManager.default.fileExists(atPath: installation.folder.appending(path: "data/listening").path))
            // It repeats what the server said to everybody, and says yes to everything.
            let impostor = try await Impostor(port: installation.port, body: identity.text())
            for words in Self.readers {
                let outcome = try await run(words, in: installation.folder)
                #expect(outcome.status == (words[0] == "trace" ? 0 : 0), "\(words): \(outcome.errors)")
            }
            for words in Self.writers {
                let outcome = try await run(words, in: installation.folder)
                #expect(outcome.status == 1 && outcome.errors.contains("no server runs for this store"), "\(words)")
            }
            #expect(impostor.text.isEmpty, "nobody needs to ask: the lock is free")
            try await impostor.end()
        }
    }

    @Test("K6 while the lock is held, what answers at the address must prove that it serves this store first")
    func heldLock() async throws {
        try await TestInstallation.with { installation in
            let identity = try await installation.get("/health/identity?challenge=abc").json
            let file = installation.folder.appending(path: "data/listening")
            let said = try Data(contentsOf: file)
            try await installation.crash()
            let lock = try Lock(installation)
            try said.write(to: file)
            let impostor = try await Impostor(port: installation.port, body: identity.text())
            for words in Self.readers + Self.writers {
                let outcome = try await run(words, in: installation.folder)
                #expect(outcome.status != 0 && outcome.errors.contains("its server does not respond"), "\(words)")
            }
            #expect(impostor.text.contains("/health/identity"), "it was asked who it is")
            #expect(
                !impostor.text.contains(TestInstallation.token) && !impostor.text.lowercased().contains("authorization")
            )
            try await impostor.end()
            withExtendedLifetime(lock) {}
        }
    }

    @Test("K6 a copied configuration with another's address and token is not answered by another's server")
    func copiedConfiguration() async throws {
        try await TestInstallation.with { installation in
            for number in 0..<3 {
                try await installation.shop.act([
                    "do": "place_order", "customer": ["email": .string("c\(number)@example.test")],
                    "lines": [["sku": "MUG-WHITE", "quantity": 1]],
                ])
            }
            try await installation.settled()
            #expect(try await installation.command("trace", "#1001").status == 0)
            // The configuration alone, and the whole folder while the server runs.
            for copiesStore in [false, true] {
                let folder = installation.folder.appending(path: "copy-\(copiesStore)")
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                for name in [TestInstallation.file] + (copiesStore ? ["data"] : []) {
                    try FileManager.default.copyItem(
                        at: installation.folder.appending(path: name), to: folder.appending(path: name))
                }
                for words in Self.writers {
                    let outcome = try await run(words, in: folder)
                    #expect(outcome.status == 1, "\(words): \(outcome.output)")
                    #expect(outcome.errors.contains("no server runs for this store"), "\(words): \(outcome.errors)")
                }
                let trace = try await run(["trace", "#1001"], in: folder)
                #expect(trace.status == (copiesStore ? 0 : 1), "the copy's own store: \(trace.output)")
            }
            // Named by hand, another's server is still another's.
            let outcome = try await run(
                ["wait", "--settled", "--server", installation.address],
                in: installation.folder.appending(path: "copy-false"))
            #expect(outcome.status == 2 && outcome.errors.contains("serves another store"), "\(outcome.errors)")
            #expect(try await installation.command("wait", "--settled", "--server", installation.address).status == 0)
        }
    }

    @Test("K6 --server does not show the admin token to what is no Plumbline")
    func namedServer() async throws {
        try await TestInstallation.with(serving: false) { installation in
            let stranger = try await Impostor(body: #"{"live": true}"#)
            let outcome = try await run(
                ["exceptions", "list", "--server", "http://127.0.0.1:\(stranger.port)"], in: installation.folder)
            #expect(outcome.status == 1 && outcome.errors.contains("the admin token was not sent"), "\(outcome.errors)")
            #expect(
                !stranger.text.contains(TestInstallation.token) && !stranger.text.lowercased().contains("authorization")
            )
            try await stranger.end()
        }
    }
}
