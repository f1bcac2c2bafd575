import Foundation
import JSON
import Testing

/// The vendors' schemas and samples beside the repository; a clone without them shows its tests as skipped.
enum Specs {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/specs/shopify")

    static var areHere: Bool { FileManager.default.fileExists(atPath: folder.path) }

    static func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: folder.appending(path: path))) }
    static func json(_ path: String) throws -> JSON { try JSON.parse(try bytes(path)) }

    /// The payload of a topic in the stored webhook reference.
    static func payload(_ topic: String) throws -> JSON {
        try #require(try json("webhooks-2026-04/samples/\(topic).json")["response"])
    }

    static let orderTopics = [
        "orders/create", "orders/updated", "orders/paid", "orders/cancelled", "orders/fulfilled",
        "orders/partially_fulfilled",
    ]
}

/// SplitMix64: the same numbers for the same seed, everywhere.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
