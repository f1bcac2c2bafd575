import Foundation
import JSON
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// The command `serve`: opens the store, runs the server until a signal, says where it listens.
public struct ServerProgram: Sendable {
    private let installation: Installation
    private let print: @Sendable (String) -> Void

    /// - Parameter print: writes a line to standard output and flushes it.
    public init(_ installation: Installation, print: @escaping @Sendable (String) -> Void) {
        self.installation = installation
        self.print = print
    }

    /// Returns after SIGTERM or SIGINT, in good order.
    /// - Throws: ``StartFailure`` when it cannot begin, ``ServerFailure`` when it must not go on.
    public func run() async throws {
        let open = try installation.openStore()
        let logger = Logger(label: "plumbline") { JSONLogHandler(label: $0) }
        let installation = self.installation
        let print = self.print
        let isListening = Mutex(false)
        let server = PlumblineServer(installation.parts(open), logger: logger) { port in
            isListening.withLock { $0 = true }
            let host = installation.configuration.listenHost
            let document: JSON = ["listening": .string("http://\(host.contains(":") ? "[\(host)]" : host):\(port)")]
            Self.announce(document, in: installation.listeningFile, logger)
            print(document.text())
            logger.info("listening", metadata: ["port": "\(port)", "flows": "\(installation.flows.count)"])
        }
        defer { Self.withdraw(installation.listeningFile) }
        do {
            try await server.group(signals: [.sigterm, .sigint]).run()
            logger.info("ended in good order")
        } catch let error as ServerFailure {
            logger.critical("ends", metadata: ["reason": "\(error)"])
            throw error
        } catch  where !isListening.withLock({ $0 }) {
            let configuration = installation.configuration
            throw StartFailure(
                "cannot listen on \(configuration.listenHost):\(configuration.listenPort): is another program there? "
                    + "Choose another address under server.listen")
        }
    }

    /// Without the file, commands use `server.listen`; so a failure is worth a line and no more.
    private static func announce(_ document: JSON, in file: String, _ logger: Logger) {
        do {
            try Data(document.encoded() + [0x0A]).write(to: URL(fileURLWithPath: file), options: .atomic)
        } catch {
            logger.warning("the file that tells commands our address could not be written")
        }
    }

    private static func withdraw(_ file: String) {
        // Who finds no server behind an old file goes on without one.
        _ = unlink(file)
    }
}
