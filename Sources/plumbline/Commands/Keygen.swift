import ArgumentParser
import JSON
import Server

struct Keygen: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a new encryption key.",
        discussion: "Set it as the environment variable that encryption.key names, and keep a copy in a safe place.")

    @Flag(help: "Write one JSON document.")
    var json = false

    func run() {
        let key = KeyGenerator.newKey()
        Output.print(json ? (["key": .string(key)] as JSON).text() : key)
    }
}
