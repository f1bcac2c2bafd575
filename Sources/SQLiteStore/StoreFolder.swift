import Glibc

/// Facts about a store's folder that need no open store.
public enum StoreFolder {
    /// Reads of the id stop here; it is 32 digits.
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
            // Nobody ever opened a store here.
            if error.code == ENOENT { return false }
            throw StoreOpenFailure(.unavailable, folder: folder, error.description)
        }
    }

    /// Identifies the store; not secret. `nil` before the store was first opened.
    public static func id(of folder: String) -> String? {
        do throws(FileFailure) {
            let bytes = try OpenFile(reading: idFile(folder)).read(at: 0, count: idBytesMax)
            let text = String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
            let isWhole = text.utf8.count == idDigits && text.allSatisfy(\.isHexDigit)
            return isWhole ? text : nil
        } catch {
            // Not there yet.
            return nil
        }
    }

    /// Returns the store's id and creates it if there is none. Only for the holder of the lock.
    static func establishID(of folder: String) throws(FileFailure) -> String {
        if let known = id(of: folder) { return known }
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
