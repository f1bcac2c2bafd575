import ArgumentParser
import JSON
import Server

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a configuration and the external systems before going live.",
        discussion: "Exits with 1 if a check failed, with 2 if the configuration itself is wrong.")

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "Subscribe to missing webhooks and create missing catalogues.")
    var fix = false

    @Flag(help: "Write one JSON document.")
    var json = false

    mutating func run() async throws {
        let findings = await InstallationCheck(try options.installation(), fixing: fix).run()
        let hasFailed = findings.contains { $0.state == .failed }
        if json {
            Output.print((["ok": .bool(!hasFailed), "checks": .array(findings.map(\.document))] as JSON).text())
        } else {
            Output.table(["", "check", "detail"], findings.map { [$0.state.rawValue, $0.subject, $0.detail] })
        }
        if hasFailed { throw ExitCode(1) }
    }
}
