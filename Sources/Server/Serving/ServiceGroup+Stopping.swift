public import ServiceLifecycle

extension ServiceGroup {
    /// Runs the services until SIGTERM or Ctrl-C; see ``StopSignals``.
    /// - Parameter onInterrupt: called on Ctrl-C, before the shutdown starts.
    public func runUntilStopped(onInterrupt: @escaping @Sendable () -> Void = {}) async throws {
        let signals = StopSignals { request in
            if request == .fast { onInterrupt() }
            // Services are not cancelled: a listener that is cancelled during a response crashes the process.
            Task { await self.triggerGracefulShutdown() }
        }
        defer { signals.stop() }
        try await run()
    }
}
