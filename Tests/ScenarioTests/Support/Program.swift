import Foundation
import Synchronization

/// The built program, as an operator would start it.
enum Program {
    /// `PLUMBLINE_EXECUTABLE`, else the debug build of this package.
    static let executable: URL = {
        if let path = ProcessInfo.processInfo.environment["PLUMBLINE_EXECUTABLE"] { return URL(filePath: path) }
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return root.appending(path: ".build/debug/plumbline")
    }()

    /// What a command said and how it ended.
    struct Outcome: Sendable {
        var status: Int32
        var output: String
        var errors: String
    }

    /// Runs a command to its end.
    static func run(
        _ arguments: [String], in folder: URL, within limit: Duration = .seconds(60)
    ) async throws -> Outcome {
        let running = try RunningProgram(executable, arguments, in: folder)
        defer { running.kill() }
        try await eventually("plumbline \(arguments.joined(separator: " ")) ends", within: limit) {
            !running.isRunning
        }
        return Outcome(status: running.status, output: running.output, errors: running.errors)
    }
}

/// A process of ours; it does not outlive its owner.
final class RunningProgram: Sendable {
    private static let count = Mutex(0)

    private let process: Process
    private let outputFile: URL
    private let errorsFile: URL

    init(_ executable: URL, _ arguments: [String], in folder: URL) throws {
        let number = Self.count.withLock { count in
            count += 1
            return count
        }
        outputFile = folder.appending(path: "\(number).out")
        errorsFile = folder.appending(path: "\(number).err")
        process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try Self.fresh(outputFile)
        process.standardError = try Self.fresh(errorsFile)
        try process.run()
    }

    deinit { kill() }

    private static func fresh(_ file: URL) throws -> FileHandle {
        try Data().write(to: file)
        return try FileHandle(forWritingTo: file)
    }

    var id: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }
    /// Only of a process that has ended; the signal's number for one that was killed.
    var status: Int32 { process.terminationStatus }
    var output: String { Self.text(outputFile) }
    var errors: String { Self.text(errorsFile) }

    /// What it first said on standard output, once the whole line is there.
    var firstLine: String? {
        let text = output
        return text.firstIndex(of: "\n").map { String(text[..<$0]) }
    }

    private static func text(_ file: URL) -> String {
        FileManager.default.contents(atPath: file.path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// SIGTERM: asks it to end in good order.
    func terminate() { if isRunning { process.terminate() } }

    /// SIGINT, as Ctrl-C sends it.
    func interrupt() { if isRunning { _ = Foundation.kill(id, SIGINT) } }

    /// Ended by a signal that it does not handle, which a shell shows as 128 and its number.
    var wasEndedBySignal: Bool { process.terminationReason == .uncaughtSignal }

    /// SIGKILL: no chance to tidy up.
    func kill() { if isRunning { _ = Foundation.kill(id, SIGKILL) } }

    func ends(within limit: Duration = .seconds(30)) async throws {
        try await eventually("process \(id) ends", within: limit, every: .milliseconds(10)) { !isRunning }
    }
}
