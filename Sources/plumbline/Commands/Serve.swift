import ArgumentParser
import Server

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the server.",
        discussion: """
            Writes {"listening": "http://HOST:PORT"} as its first line to standard output, and JSON logs to standard \
            error. SIGTERM stops it gracefully, SIGINT (Ctrl-C) within two seconds; both exit with 0. If Ctrl-C had to \
            cut off work, or after a second Ctrl-C, the exit code is 130; nothing is lost. Exits with 2 if another \
            program uses the same store.
            """)

    @OptionGroup var options: ConfigurationOptions

    mutating func run() async throws {
        try await ServerProgram(try options.installation(), print: { Output.print($0) }).run()
    }
}
