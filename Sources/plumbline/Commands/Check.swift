import ArgumentParser
import JSON
import Server

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prove a configuration before it goes live.",
        discussion: "Exits with 1 when a check failed, with 2 when the configuration itself is wrong.")

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "Subscribe missing webhooks and create a missing catalogue.")
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
