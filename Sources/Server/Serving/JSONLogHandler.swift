import Commerce
import Foundation
import JSON
public import Logging

/// Writes one JSON object per line to standard error. Metadata contains codes, counts and names of connections; never
/// bodies, tokens or personal data.
public struct JSONLogHandler: LogHandler {
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    public var logLevel = Logger.Level.info
    private let label: String

    public init(label: String) { self.label = label }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var line: JSONObject = [
            "at": .string(ServerClock.wall.now().description), "level": .string(event.level.rawValue),
            "logger": .string(label), "message": .string(event.message.description),
        ]
        let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) { line[key] = .string(value.description) }
        if let error = event.error { line["error"] = .string("\(type(of: error))") }
        // A log that cannot be written must not stop webhooks, and there is nowhere else to report it.
        try? FileHandle.standardError.write(contentsOf: Data(JSON.object(line).encoded() + [0x0A]))
    }
}
