import Foundation
import JSON

/// Figures in rows, for people and for programs.
struct BenchTable: Sendable {
    enum Cell: Sendable {
        case text(String)
        case count(Int)
        case number(Double)
        case nothing

        var text: String {
            switch self {
            case .text(let text): text
            case .count(let count): String(count)
            case .number(let number): String(format: abs(number) < 100 ? "%.2f" : "%.0f", number)
            case .nothing: ""
            }
        }

        var json: JSON {
            switch self {
            case .text(let text): .string(text)
            case .count(let count): JSON(count)
            case .number(let number): .number(JSONNumber(exactly: String(format: "%.3f", number)))
            case .nothing: .null
            }
        }
    }

    var columns: [String]
    var rows: [[Cell]] = []
    /// What was lost, in plain words.
    var failures: [String] = []

    init(_ columns: [String]) { self.columns = columns }

    var json: JSON {
        [
            "rows": .array(
                rows.map { row in
                    .object(JSONObject(zip(columns, row).map { (key: $0, value: $1.json) }))
                }),
            "failures": .array(failures.map(JSON.string)),
        ]
    }
}

extension Duration {
    var milliseconds: Double { Double(components.seconds) * 1e3 + Double(components.attoseconds) / 1e15 }
}

extension [Double] {
    var sum: Double { reduce(0, +) }
    var mean: Double { isEmpty ? 0 : sum / Double(count) }

    func percentile(_ share: Double) -> Double {
        isEmpty ? 0 : sorted()[Swift.min(count - 1, Int(share * Double(count)))]
    }
}
