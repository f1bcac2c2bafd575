import ArgumentParser
import Server

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the server.",
        discussion: """
            Writes {"listening": "http://HOST:PORT"} as its first line to standard output and JSON logs to \
            standard error. Ends in good order on SIGTERM and SIGINT. Exits with 2 when \
            another program uses the same store.
            """)

    @OptionGroup var options: ConfigurationOptions

    mutating func run() async throws {
        try await ServerProgram(try options.installation(), print: { Output.print($0) }).run()
    }
}
