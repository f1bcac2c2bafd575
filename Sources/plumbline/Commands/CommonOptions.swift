import ArgumentParser
import Foundation
import Server

/// Where the configuration is.
struct ConfigurationOptions: ParsableArguments {
    @Option(name: .customLong("config"), help: "The configuration file.")
    var file = "./plumbline.yaml"

    func installation() throws(ConfigurationError) -> Installation {
        Installation(try Configuration.read(file: file, environment: ProcessInfo.processInfo.environment))
    }
}

/// How to find the running server, and how to write.
struct OperatorOptions: ParsableArguments {
    @OptionGroup var configuration: ConfigurationOptions

    @Option(
        help:
            "The address of a server that runs elsewhere. Without it, the server of this configuration's store is used."
    )
    var server: String?

    @Flag(help: "Write one JSON document.")
    var json = false

    func client(needsServer: Bool) async throws -> OperatorClient {
        try await OperatorClient.open(try configuration.installation(), server: server, needsServer: needsServer)
    }
}
