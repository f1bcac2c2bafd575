import Foundation
import Logging
import ServiceLifecycle
import Sync
import Synchronization

/// The command `serve`: opens the store, prints the server's address, and runs the server until a signal.
public struct ServerProgram: Sendable {
    private let installation: Installation
    private let print: @Sendable (String) -> Void

    /// - Parameter print: writes a line to standard output and flushes it.
    public init(_ installation: Installation, print: @escaping @Sendable (String) -> Void) {
        self.installation = installation
        self.print = print
    }

    /// Returns after SIGTERM or SIGINT; see ``StopSignals``.
    /// - Throws: ``StartFailure`` if it cannot start, ``ServerFailure`` if it must not continue.
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
        Self.warnAboutStages(installation, open, logger)
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
            logger.info("stopped gracefully")
        } catch let error as ServerFailure {
            logger.critical("stopped after a failure", metadata: ["reason": "\(error)"])
            throw error
        } catch  where !isListening.withLock({ $0 }) {
            let configuration = installation.configuration
            throw StartFailure(
                "cannot listen on \(configuration.listenHost):\(configuration.listenPort): another program may be "
                    + "using it. Choose another address under server.listen")
        }
    }

    /// Refuses to start a new flow in stage live beside a connector that sends the same purchases: revenue would count
    /// twice (E11). Checked only at the flow's first start: later starts find its stage in the store.
    private static func refuseDoubleCounting(
        _ installation: Installation, _ open: Installation.OpenStore, _ logger: Logger
    ) async throws(StartFailure) {
        let check = InstallationCheck(installation, fixing: false)
        let problem = await doubleCounting(installation, check, open, logger)
        await check.close()
        if let problem { throw StartFailure(problem) }
    }

    /// Why a flow may not start; `nil` if all may.
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
                    "flow \(flow.name) may not start in stage live: the profiles of recent buyers have \(count) "
                    + "purchases of another connector, so revenue would count twice. "
                    + ForeignPurchaseCheck.Verdict.advice
            case .unseen(let reason)?:
                logger.warning(
                    "could not check whether another connector sends purchases; run plumbline check",
                    metadata: ["flow": "\(flow.name)", "reason": "\(reason)"])
            case ForeignPurchaseCheck.Verdict.none?, nil: continue
            }
        }
        return nil
    }

    private static func warnAboutStages(_ installation: Installation, _ open: Installation.OpenStore, _ logger: Logger)
    {
        // If the store cannot be read now, its next user reports it.
        guard let stored = try? StoreQueries(flows: installation.flows).flows(in: open.store) else { return }
        for difference in StageDifference.all(of: installation.configuration.flows, stored: stored) {
            logger.warning("\(difference.text)", metadata: ["flow": "\(difference.flow)"])
        }
    }
}
