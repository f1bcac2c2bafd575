import ArgumentParser
import JSON
import Server

struct Wait: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Wait until the running server has nothing left to do.",
        discussion:
            "Exits with 1 if the time limit passes first. Deliveries parked by an open exception do not count.")

    @OptionGroup var options: OperatorOptions

    @Flag(help: "Wait until everything is settled.")
    var settled = false

    @Option(help: "How long to wait at most, for example 500ms, 30s or 5m.")
    var timeout = "30s"

    func validate() throws {
        guard settled else { throw ValidationError("say what to wait for: --settled") }
        guard WaitLimit.parse(timeout) != nil else { throw ValidationError("--timeout must be like 500ms, 30s or 5m") }
    }

    mutating func run() async throws {
        guard let limit = WaitLimit.parse(timeout) else { throw ValidationError("--timeout must be like 30s") }
        let client = try await options.client(needsServer: true)
        let answer = try await client.waitUntilSettled(within: limit)
        let isSettled = answer["settled"]?.bool == true
        if options.json {
            Output.print(answer.text())
        } else {
            Output.print(isSettled ? "settled" : "not settled after \(timeout)")
            for key in ["inbox", "dirty", "unsent", "ambiguous", "read_backs", "holds"]
            where answer[key]?.int64 ?? 0 > 0 {
                Output.print("  \(key): \(answer.cell(key))")
            }
            for row in answer["waiting"]?.array ?? [] {
                Output.print("  waiting, \(row.cell("reason")): \(row.cell("count"))")
            }
        }
        if !isSettled { throw ExitCode(1) }
    }
}
