import Foundation
import JSON
import Logging

/// The file in which a running server publishes its address, so that commands on the same machine find it.
///
/// One line of JSON in the store's folder, `{"listening": "http://127.0.0.1:8080", "secret": "…"}`, readable by the
/// owner only. A server that was killed leaves the file behind, and another program may take its port. Commands
/// therefore use the file only while the store's lock is held, and only if the server proves that it knows the secret.
public struct ServerAddressFile: Sendable {
    private let file: String
    private let host: String

    public init(_ installation: Installation) {
        file = Self.file(in: installation.configuration.storeFolder)
        let host = installation.configuration.listenHost
        self.host = host.contains(":") ? "[\(host)]" : host
    }

    private static func file(in folder: String) -> String {
        (folder as NSString).appendingPathComponent("listening")
    }

    /// The line that the server prints on standard output.
    public func line(port: Int) -> String { (["listening": .string(url(port))] as JSON).text() }

    private func url(_ port: Int) -> String { "http://\(host):\(port)" }

    /// Without the file, commands need `--server`, so a failure is logged and the server goes on.
    public func publish(port: Int, _ identity: ServerIdentity, _ logger: Logger) {
        let document: JSON = ["listening": .string(url(port)), "secret": .string(identity.secret)]
        guard !Self.write(Array((document.text() + "\n").utf8), to: file) else { return }
        logger.warning("the file that tells commands our address could not be written; use --server with commands")
    }

    /// Writes to a new file and renames it, so that no reader sees half of it. Only the owner can ever read it.
    private static func write(_ bytes: [UInt8], to file: String) -> Bool {
        let fresh = file + ".new"
        _ = unlink(fresh)
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
        return written == bytes.count && rename(fresh, file) == 0
    }

    /// Removes the file, if there is one. Only the holder of the store's lock may call it: a server that ends removes
    /// its own file, and the next program that opens the store removes the file of a killed server.
    public func withdraw() { _ = unlink(file) }

    /// The newest file's contents; `nil` if there is none.
    static func read(in folder: String) -> (url: String, secret: String)? {
        guard let data = FileManager.default.contents(atPath: file(in: folder)) else { return nil }
        do {
            let document = try JSON.parse(Array(data))
            guard let url = document["listening"]?.string, let secret = document["secret"]?.string else { return nil }
            return (url, secret)
        } catch {
            // An unreadable file counts as none.
            return nil
        }
    }
}
