import ArgumentParser
import Foundation
import Server

/// The configuration file.
struct ConfigurationOptions: ParsableArguments {
    @Option(name: .customLong("config"), help: "The configuration file.")
    var file = "./plumbline.yaml"

    func installation() throws(ConfigurationError) -> Installation {
        Installation(try Configuration.read(file: file, environment: ProcessInfo.processInfo.environment))
    }
}

/// How to find the running server, and the output format.
struct OperatorOptions: ParsableArguments {
    @OptionGroup var configuration: ConfigurationOptions

    @Option(
        help:
            "The address of a server that runs elsewhere. Default: the server of this configuration's store."
    )
    var server: String?

    @Flag(help: "Write one JSON document.")
    var json = false

    func client(needsServer: Bool) async throws -> OperatorClient {
        try await OperatorClient.open(try configuration.installation(), server: server, needsServer: needsServer)
    }
}
