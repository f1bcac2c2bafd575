import Foundation
import JSON

/// Writes the output of commands.
enum Output {
    /// Writes a line unbuffered: a reader at the other end of a pipe may be waiting for it.
    static func print(_ line: String) {
        // If the reader closed the pipe, the server must keep running.
        try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
    }

    /// Writes a line to standard error.
    static func printError(_ line: String) {
        // Standard error may be closed; the output itself is unaffected.
        try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }

    /// Prints rows in columns under a heading; the last column is not padded.
    static func table(_ heading: [String], _ rows: [[String]]) {
        let widths = heading.indices.map { column in ([heading] + rows).map { $0[column].count }.max() ?? 0 }
        for row in [heading] + rows {
            let cells = row.enumerated().map { column, cell in
                column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }
            print(cells.joined(separator: "  "))
        }
    }
}

extension JSON {
    /// The text of a table cell; empty if there is no value.
    func cell(_ key: String) -> String {
        switch self[key] {
        case .string(let text)?: text
        case .number(let number)?: number.text
        case .bool(let value)?: value ? "yes" : "no"
        default: ""
        }
    }
}
