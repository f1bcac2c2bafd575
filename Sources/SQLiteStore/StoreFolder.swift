import Glibc

/// Facts about a store's folder that are readable without opening the store.
public enum StoreFolder {
    /// The most bytes read for the id, which has 32 digits.
    private static let idBytesMax = 64
    private static let idDigits = 32

    static func lockFile(_ folder: String) -> String { folder + "/lock" }
    private static func idFile(_ folder: String) -> String { folder + "/id" }

    /// Whether a program has the store open. Takes the lock for an instant, so a program that opens a store at this
    /// moment must try again.
    /// - Throws: ``StoreOpenFailure`` when the folder may not be read.
    public static func isInUse(_ folder: String) throws(StoreOpenFailure) -> Bool {
        do throws(FileFailure) {
            return try !OpenFile(reading: lockFile(folder)).lock()
        } catch {
            // No store was ever opened here.
            if error.code == ENOENT { return false }
            throw StoreOpenFailure(.unavailable, folder: folder, error.description)
        }
    }

    /// Identifies the store; not secret. `nil` before the store was first opened.
    /// - Throws: ``StoreOpenFailure`` when the folder may not be read.
    public static func id(of folder: String) throws(StoreOpenFailure) -> String? {
        do throws(FileFailure) { return try readID(of: folder) } catch {
            throw StoreOpenFailure(.unavailable, folder: folder, error.description)
        }
    }

    /// `nil` if there is none, or only the part of one that a crash left. An id that cannot be read is an error, so
    /// that the store never gets a second one.
    private static func readID(of folder: String) throws(FileFailure) -> String? {
        let bytes: [UInt8]
        do throws(FileFailure) { bytes = try OpenFile(reading: idFile(folder)).read(at: 0, count: idBytesMax) } catch {
            if error.code == ENOENT { return nil }
            throw error
        }
        let text = String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
        return text.utf8.count == idDigits && text.allSatisfy(\.isHexDigit) ? text : nil
    }

    /// Returns the store's id, and creates it if there is none. Only the holder of the lock may call it.
    static func establishID(of folder: String) throws(FileFailure) -> String {
        if let known = try readID(of: folder) { return known }
        var digits = ""
        while digits.utf8.count < idDigits {
            let part = String(UInt64.random(in: .min ... .max), radix: 16)
            digits += String(repeating: "0", count: 16 - part.utf8.count) + part
        }
        let file = try OpenFile(writing: idFile(folder))
        try file.truncate(to: 0)
        try file.write(Array((digits + "\n").utf8), at: 0)
        try file.sync()
        try OpenFile.syncFolder(folder)
        return digits
    }
}
