import Foundation
import JSON

/// What commands write to standard output.
enum Output {
    /// A line, at once: whoever reads us through a pipe waits for it.
    static func print(_ line: String) {
        // A reader who closed the pipe has seen enough; that must not end a server.
        try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
    }

    /// Writes a line to standard error.
    static func printError(_ line: String) {
        // Standard error may be closed; the output itself is unaffected.
        try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }

    /// Rows under a heading, in columns; the last column is as wide as it needs.
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
    /// A text for a table: empty where there is nothing.
    func cell(_ key: String) -> String {
        switch self[key] {
        case .string(let text)?: text
        case .number(let number)?: number.text
        case .bool(let value)?: value ? "yes" : "no"
        default: ""
        }
    }
}
