import Commerce
import Foundation
import Sync
import Testing

@testable import Server

/// `docs/configuration.md` says what the program does.
@Suite("The page of all keys")
struct ConfigurationPageTests {
    private static let page = APITests.repository.appending(path: "docs/configuration.md")

    private static let weights = Set(JourneyWeights.configurable.map(\.name))

    /// Key and default of each row under a heading that begins so.
    private static func rows(under heading: String) throws -> [(key: String, value: String)] {
        let text = try String(contentsOf: page, encoding: .utf8)
        let sections = text.components(separatedBy: "\n## ")
        let section = try #require(sections.first { $0.hasPrefix(heading) }, "no section \(heading)")
        return section.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count >= 2, cells[0].hasPrefix("`"), cells[1].hasPrefix("`") else { return nil }
            return (cells[0].replacing("`", with: ""), cells[1].replacing("`", with: ""))
        }
    }

    /// What a file with these policies comes to.
    private static func policies(_ lines: [String]) throws(ConfigurationError) -> Policies {
        let text = ConfigurationTests.good.components(separatedBy: "\npolicies:\n")[0]
            .replacing("    policies: { replacement_hold: 60s }", with: "")
        let configuration = try ConfigurationTests.read(text + "\npolicies:\n" + lines.joined(separator: "\n"))
        guard let flow = configuration.flows.first else { preconditionFailure("the good file has a flow") }
        return flow.policies
    }

    @Test("K4 the defaults on the page are those of the program")
    func defaults() throws {
        let rows = try Self.rows(under: "Policies")
        #expect(rows.count == 24)
        #expect(try Self.policies(rows.map { "  \($0.key): \($0.value)" }) == Policies())

        let journeys = try Self.rows(under: "How cancelled")
        let isWeight = Self.weights.contains
        let lines =
            ["  journeys:"] + journeys.filter { !isWeight($0.key) }.map { "    \($0.key): \($0.value)" }
            + ["    weights:"] + journeys.filter { isWeight($0.key) }.map { "      \($0.key): \($0.value)" }
        #expect(journeys.count { isWeight($0.key) } == Self.weights.count)
        #expect(try Self.policies(lines) == Policies())
    }

    @Test("K4 a default on the page that is another is noticed")
    func alive() throws {
        let rows = try Self.rows(under: "Policies").map { row in
            "  \(row.key): \(row.key == "replacement_hold" ? "121s" : row.value)"
        }
        #expect(try Self.policies(rows) != Policies())
    }
}
