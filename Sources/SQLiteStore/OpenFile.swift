import Glibc

/// An error of the operating system about a file.
struct FileFailure: Error, CustomStringConvertible {
    var operation: String
    var path: String
    /// The operating system's error number, for example `ENOSPC`.
    var code: Int32

    var description: String { "\(operation) \(path): \(String(cString: strerror(code)))" }
}

/// A file that stays open until its last reference is released. Reads and writes take an offset, so there is no shared
/// position and threads may share one file.
final class OpenFile: Sendable {
    let path: String
    private let descriptor: Int32

    /// Only the owner may read stored data (docs/architecture.md, law 9).
    private static let fileMode: mode_t = 0o600
    static let folderMode: mode_t = 0o700

    init(reading path: String) throws(FileFailure) {
        self.path = path
        descriptor = try Self.open(path, O_RDONLY)
    }

    /// Opens for reading and writing; creates the file if it does not exist.
    init(writing path: String) throws(FileFailure) {
        self.path = path
        descriptor = try Self.open(path, O_RDWR | O_CREAT)
    }

    deinit {
        // Closing alone would leave the lock to a child process that is just being started.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    private static func open(_ path: String, _ flags: Int32) throws(FileFailure) -> Int32 {
        let descriptor = Glibc.open(path, flags | O_CLOEXEC, fileMode)
        guard descriptor >= 0 else { throw FileFailure(operation: "open", path: path, code: errno) }
        return descriptor
    }

    func size() throws(FileFailure) -> Int {
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { throw failure("measure") }
        return Int(facts.st_size)
    }

    /// At most `count` bytes; fewer at the end of the file.
    func read(at offset: Int, count: Int) throws(FileFailure) -> [UInt8] {
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(
                    descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(offset + filled))
                if got < 0, errno == EINTR { continue }
                if got < 0 { code = errno }
                guard got > 0 else { break }
                filled += got
            }
        }
        guard code == 0 else { throw FileFailure(operation: "read", path: path, code: code) }
        return bytes
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(FileFailure) {
        var code: Int32 = 0
        bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count, code == 0 {
                let base = buffer.baseAddress.map { $0 + written }
                let put = pwrite(descriptor, base, buffer.count - written, off_t(offset + written))
                if put >= 0 { written += put } else if errno != EINTR { code = errno }
            }
        }
        guard code == 0 else { throw FileFailure(operation: "write", path: path, code: code) }
    }

    func truncate(to size: Int) throws(FileFailure) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw failure("truncate") }
    }

    /// Returns when everything written is on the disk.
    func sync() throws(FileFailure) {
        guard fdatasync(descriptor) == 0 else { throw failure("sync") }
    }

    /// Locks the file until it is closed.
    /// - Returns: `false` if another program holds the lock.
    func lock() throws(FileFailure) -> Bool {
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
        guard errno == EWOULDBLOCK else { throw failure("lock") }
        return false
    }

    private func failure(_ operation: String) -> FileFailure {
        FileFailure(operation: operation, path: path, code: errno)
    }

    // MARK: Folders

    /// Creates a folder and makes its name durable in its parent, unless it exists.
    static func makeFolder(_ path: String) throws(FileFailure) {
        guard mkdir(path, folderMode) == 0 else {
            guard errno == EEXIST else { throw FileFailure(operation: "make", path: path, code: errno) }
            return
        }
        try syncFolder(path + "/..")
    }

    /// Makes added and removed names in a folder durable.
    static func syncFolder(_ path: String) throws(FileFailure) {
        let descriptor = try open(path, O_RDONLY | O_DIRECTORY)
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileFailure(operation: "sync", path: path, code: errno) }
    }

    static func remove(_ path: String) throws(FileFailure) {
        guard unlink(path) == 0 else { throw FileFailure(operation: "remove", path: path, code: errno) }
    }

    /// Names in a folder, sorted.
    static func names(in path: String) throws(FileFailure) -> [String] {
        guard let folder = opendir(path) else { throw FileFailure(operation: "list", path: path, code: errno) }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
