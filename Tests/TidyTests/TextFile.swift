import Foundation

/// One file of the repository, or a sample that plays one. Bytes, because the rules read every file many times.
struct TextFile: Sendable {
    /// From the repository's root, for example `Sources/Sync/Plan.swift`.
    let path: String
    let bytes: [UInt8]
    private let lineStarts: [Int]

    init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
        var starts = [0]
        bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count, let base = buffer.baseAddress,
                let found = memchr(base + offset, 0x0A, buffer.count - offset)
            {
                offset = base.distance(to: UnsafeRawPointer(found)) + 1
                starts.append(offset)
            }
        }
        if starts.count > 1, starts.last == bytes.count { starts.removeLast() }
        lineStarts = starts
    }

    init(_ path: String, _ text: String) { self.init(path: path, bytes: Array(text.utf8)) }

    var isSwift: Bool { path.hasSuffix(".swift") }
    var isTest: Bool { path.hasPrefix("Tests/") }
    var name: String { String(path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...]) }
    /// `Sync` for `Sources/Sync/Plan.swift`.
    var module: String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
    }

    var lineCount: Int { lineStarts.count }
    func lineBytes(_ index: Int) -> ArraySlice<UInt8> {
        let end = index + 1 < lineStarts.count ? lineStarts[index + 1] : bytes.count
        let line = bytes[lineStarts[index]..<end]
        return line.last == 0x0A ? line.dropLast() : line
    }
    func line(_ index: Int) -> String { String(decoding: lineBytes(index), as: UTF8.self) }

    /// Indices of the lines, from zero, in which `text` stands.
    /// - Parameters:
    ///   - asWord: No letter, digit or underscore directly before it.
    ///   - inCode: Not after `//`, and not in a text of several lines.
    func lines(with text: String, asWord: Bool = false, inCode: Bool = false) -> [Int] {
        var found: [Int] = []
        // The marks that open and close texts of several lines, by turns.
        let marks = inCode ? offsets(of: Array(repeating: UInt8(ascii: "\""), count: 3)) : []
        for offset in offsets(of: Array(text.utf8)) {
            if asWord, offset > 0, Self.isWord(bytes[offset - 1]) { continue }
            let index = lineIndex(at: offset)
            if inCode, isComment(upTo: offset, in: index) { continue }
            if !marks.count(where: { $0 < offset }).isMultiple(of: 2) { continue }
            if found.last != index { found.append(index) }
        }
        return found
    }

    func contains(_ text: String) -> Bool { !offsets(of: Array(text.utf8)).isEmpty }

    static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private func offsets(of needle: [UInt8]) -> [Int] {
        var found: [Int] = []
        bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress, let first = needle.first else { return }
            var offset = 0
            while offset + needle.count <= buffer.count,
                let match = memchr(base + offset, Int32(first), buffer.count - offset - needle.count + 1)
            {
                let at = base.distance(to: UnsafeRawPointer(match))
                let isMatch = memcmp(base + at, needle, needle.count) == 0
                if isMatch { found.append(at) }
                offset = at + (isMatch ? needle.count : 1)
            }
        }
        return found
    }

    private func lineIndex(at offset: Int) -> Int {
        var low = 0
        var high = lineStarts.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle - 1 }
        }
        return low
    }

    /// A `//` before the offset that belongs to no address.
    private func isComment(upTo offset: Int, in index: Int) -> Bool {
        let slash = UInt8(ascii: "/")
        let start = lineStarts[index]
        return (start..<offset).contains { position in
            position + 1 < offset && bytes[position] == slash && bytes[position + 1] == slash
                && (position == start || bytes[position - 1] != UInt8(ascii: ":"))
        }
    }
}
