import Foundation
import Testing

@testable import Server

/// What the guides tell people to write is a configuration.
@Suite("Configurations of the guides")
struct ConfigurationExamplesTests {
    private static let environment = [
        "PLUMBLINE_DATA_KEY": Data(repeating: 7, count: 32).base64EncodedString(), "PLUMBLINE_ADMIN_TOKEN": "token",
        "SHOPIFY_CLIENT_ID": "a", "SHOPIFY_SECRET": "b", "BR_KEY": "c", "BR_SECRET": "d",
    ]

    @Test(
        "K4 each whole configuration in a guide is read without a complaint",
        arguments: ["README", "docs/first-hour", "docs/going-live"])
    func examples(page: String) throws {
        let file = APITests.repository.appending(path: "\(page).md")
        let blocks = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "```yaml\n").dropFirst()
            .map { $0.components(separatedBy: "\n```")[0] }.filter { $0.hasPrefix("store:") }
        #expect(blocks.count == 1)
        for block in blocks {
            let configuration = try Configuration.read(
                text: block, file: "plumbline.yaml", environment: Self.environment)
            #expect(configuration.flows.map(\.name) == ["edits"])
        }
    }
}
