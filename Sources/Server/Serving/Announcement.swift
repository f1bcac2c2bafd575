import Foundation
import JSON
import Logging

/// Where a running server says that it listens, so that commands on the same machine find it whatever its port.
///
/// One line of JSON, `{"listening": "http://127.0.0.1:8080"}`, in the store's folder.
public struct Announcement: Sendable {
    private let file: String
    private let host: String

    public init(_ installation: Installation) {
        file = (installation.configuration.storeFolder as NSString).appendingPathComponent("listening")
        let host = installation.configuration.listenHost
        self.host = host.contains(":") ? "[\(host)]" : host
    }

    public func line(port: Int) -> String { (["listening": .string("http://\(host):\(port)")] as JSON).text() }

    /// Without the file, commands use `server.listen`; so a failure is worth a line and no more.
    public func publish(port: Int, _ logger: Logger) {
        do {
            try Data((line(port: port) + "\n").utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
        } catch {
            logger.warning("the file that tells commands our address could not be written")
        }
    }

    /// Who finds no server behind an old file goes on without one, so a failure is nobody's concern.
    public func withdraw() { _ = unlink(file) }

    /// The address of the server that was published last; `nil` where none was.
    var url: String? {
        guard let data = FileManager.default.contents(atPath: file) else { return nil }
        do {
            return try JSON.parse(Array(data))["listening"]?.string
        } catch {
            // Half a file is as good as none: the address under server.listen is tried next.
            return nil
        }
    }
}
