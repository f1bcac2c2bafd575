import Foundation
import Logging
import ServiceLifecycle
import Sync
import Synchronization

/// The command `serve`: opens the store, runs the server until a signal, says where it listens.
public struct ServerProgram: Sendable {
    private let installation: Installation
    private let print: @Sendable (String) -> Void

    /// - Parameter print: writes a line to standard output and flushes it.
    public init(_ installation: Installation, print: @escaping @Sendable (String) -> Void) {
        self.installation = installation
        self.print = print
    }

    /// Returns after SIGTERM or SIGINT; see ``StopSignals``.
    /// - Throws: ``StartFailure`` when it cannot begin, ``ServerFailure`` when it must not go on.
    public func run() async throws {
        let open = try await installation.openStoreWaiting()
        let logger = Logger(label: "plumbline") { JSONLogHandler(label: $0) }
        do throws(StartFailure) {
            try await Self.refuseDoubleCounting(installation, open, logger)
        } catch {
            open.close()
            throw error
        }
        let parts = try installation.parts(open, logger)
        Self.tellStages(installation, open, logger)
        let installation = self.installation
        let announcement = ServerAddressFile(installation)
        let print = self.print
        let isListening = Mutex(false)
        let server = PlumblineServer(parts, logger: logger) { port in
            isListening.withLock { $0 = true }
            announcement.publish(port: port, parts.identity, logger)
            print(announcement.line(port: port))
            logger.info("listening", metadata: ["port": "\(port)", "flows": "\(installation.flows.count)"])
        }
        do {
            try await server.group().runUntilStopped { parts.pace.hurry() }
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

    /// A flow that begins its life in stage live beside a connector that tells the same purchases would count revenue
    /// twice (E11). Looked at once: later starts find the flow's stage in the store.
    private static func refuseDoubleCounting(
        _ installation: Installation, _ open: Installation.OpenStore, _ logger: Logger
    ) async throws(StartFailure) {
        let check = InstallationCheck(installation, fixing: false)
        let problem = await doubleCounting(installation, check, open, logger)
        await check.close()
        if let problem { throw StartFailure(problem) }
    }

    /// Why a flow may not begin; `nil` when all may.
    private static func doubleCounting(
        _ installation: Installation, _ check: InstallationCheck, _ open: Installation.OpenStore, _ logger: Logger
    ) async -> String? {
        for flow in installation.configuration.flows where flow.stage == .live && !flow.policies.acceptsForeignPurchases
        {
            do throws(StoreFailure) {
                guard try open.store.status().setting(StageHistory.settingName(flow.name)) == nil else { continue }
            } catch {
                return error.description
            }
            switch await check.foreignPurchases(flow) {
            case .found(let count)?:
                return
                    "flow \(flow.name) may not begin in stage live: \(count) purchases of another connector were found "
                    + "on the profiles of recent buyers, so revenue would count twice. "
                    + ForeignPurchaseCheck.Verdict.advice
            case .unseen(let reason)?:
                logger.warning(
                    "whether another connector tells purchases could not be seen; run plumbline check",
                    metadata: ["flow": "\(flow.name)", "reason": "\(reason)"])
            case ForeignPurchaseCheck.Verdict.none?, nil: continue
            }
        }
        return nil
    }

    private static func tellStages(_ installation: Installation, _ open: Installation.OpenStore, _ logger: Logger) {
        // A store that cannot be read now is told of by whatever needs it next.
        guard let stored = try? StoreQueries(flows: installation.flows).flows(in: open.store) else { return }
        for difference in StageDifference.all(of: installation.configuration.flows, stored: stored) {
            logger.warning("\(difference.text)", metadata: ["flow": "\(difference.flow)"])
        }
    }
}
