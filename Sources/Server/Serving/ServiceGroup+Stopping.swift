public import ServiceLifecycle

extension ServiceGroup {
    /// Runs the services until SIGTERM or Ctrl-C; see ``StopSignals``.
    /// - Parameter onSoon: called on Ctrl-C, before the shutdown starts.
    public func runUntilStopped(onSoon: @escaping @Sendable () -> Void = {}) async throws {
        let signals = StopSignals { wish in
            if wish == .soon { onSoon() }
            // Services are not cancelled: a listener that is cancelled during a response crashes the process.
            Task { await self.triggerGracefulShutdown() }
        }
        defer { signals.stop() }
        try await run()
    }
}
