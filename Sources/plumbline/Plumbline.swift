import ArgumentParser
import Foundation
import Server

/// The program. Exit codes: 0 fine, 1 differences or failures found, 2 usage or configuration error.
@main
struct Plumbline: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plumbline",
        abstract: "Keeps what marketing, finance and the warehouse believe true to what the shop did.",
        version: "0.1.0-unreleased",
        subcommands: [
            Demo.self, Serve.self, TwinsCommand.self, Check.self, Keygen.self, Wait.self, Trace.self, Exceptions.self,
            People.self,
            Orders.self,
            Simulate.self, Bench.self,
        ])

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            end(error)
        }
    }

    private static func end(_ error: any Error) -> Never {
        switch error {
        case let failure as CommandFailure: say(failure.description, exitCode: failure.exitCode)
        case let failure as ConfigurationError: say(failure.description, exitCode: 2)
        case let failure as StartFailure: say(failure.description, exitCode: 2)
        case let failure as ServerFailure: say(failure.description, exitCode: 1)
        case let code as ExitCode: Foundation.exit(code.rawValue)
        default:
            // Help and version are not errors; every other message of the parser means wrong usage.
            let text = fullMessage(for: error)
            if exitCode(for: error).isSuccess {
                if !text.isEmpty { Output.print(text) }
                Foundation.exit(0)
            }
            say(text, exitCode: 2)
        }
    }

    private static func say(_ text: String, exitCode: Int32) -> Never {
        FileHandle.standardError.write(Data((text + "\n").utf8))
        Foundation.exit(exitCode)
    }
}
