import Bloomreach
import Commerce
import Foundation
import JSON
import Sync
import Transport

/// One project, deliveries and answers for the tests of this room.
enum Sample {
    static let token = "00000000-0000-4000-8000-000000000001"

    static let configuration = BloomreachConfiguration(
        connection: "crm", projectToken: token, keyID: "key-7", secret: "s3cret-value",
        identity: [
            .init(name: "shopify_id", source: .customerID(connection: "shop")), .init(name: "email_id", source: .email),
        ])

    static let personID = "ada@example.test"

    static func event(_ key: String, type: String = "purchase") -> Delivery {
        let body =
            #"{"customer_ids": {"email_id":"ada@example.test","shopify_id":"777"},"event_type":"\#(type)","#
            + #""timestamp":1790000000.000001,"properties":{"event_key":"\#(key)","total_price":12.50,"n":1.0}}"#
        return Delivery(
            key: key, kind: .history, channel: BloomreachDestination.trackingChannel, eventType: type, lane: .orders,
            occurredAt: Instant(seconds: 1_790_000_000), body: Array(body.utf8))
    }

    static func row(_ id: String, hash: String = "h1", updatedAt: Int = 1_790_000_000) -> Delivery {
        let body =
            #"{"item_id":"\#(id)","properties":{"told_hash":"\#(hash)","updated_at":\#(updatedAt),"total":12.50}}"#
        return Delivery(
            key: "\(id):row", kind: .present, channel: BloomreachDestination.ordersChannel, eventType: "row",
            lane: .orders, occurredAt: Instant(seconds: 1_790_000_000), body: Array(body.utf8))
    }

    static func batch(_ deliveries: [Delivery]) -> DeliveryBatch {
        let items = deliveries.map {
            DeliveryBatch.Item(
                entity: EntityKey(connection: "shop", kind: .order, id: $0.key), flow: "edits", delivery: $0)
        }
        let channel = deliveries.first?.channel ?? BloomreachDestination.trackingChannel
        return DeliveryBatch(id: 1, destination: "crm", channel: channel, items: items)
    }

    static func events(_ count: Int) -> DeliveryBatch { batch((1...count).map { event("shop-\($0):purchase") }) }

    static func readBack(_ delivery: Delivery) -> ReadBack {
        ReadBack(key: delivery.key, channel: delivery.channel, body: delivery.body, notBefore: Instant(seconds: 0))
    }

    /// With the id of catalogue `orders` looked up.
    static func prepared() -> BloomreachDestination {
        var destination = BloomreachDestination(configuration: configuration)
        _ = destination.prepared(
            answer(200, #"{"success":true,"data":[{"_id":"cat1","name":"orders"}]}"#),
            for: BloomreachDestination.ordersChannel)
        return destination
    }

    static func answer(_ status: Int, _ body: String = "", headers: HTTPHeaders = [:]) -> HTTPOutcome {
        .answered(HTTPResponse(status: status, headers: headers, body: Array(body.utf8)))
    }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
}

/// The golden requests and answers that were collected from Bloomreach's documentation and clients.
enum GoldenExamples {
    static let file = Sample.root.appending(path: "../shared/specs/bloomreach/engagement-examples.json")
    static var areThere: Bool { FileManager.default.fileExists(atPath: file.path) }

    /// Status and body of the answer named `name`, and the request's body.
    static func example(_ name: String) throws -> (request: JSON, answer: HTTPOutcome) {
        let document = try JSON.parse(Array(Data(contentsOf: file)))
        guard let example = document["examples"]?.array?.first(where: { $0["name"]?.string == name }),
            let status = example["response"]?["status"]?.int64, let body = example["response"]?["body"]
        else { throw Missing(name: name) }
        let bytes = body.isNull ? [] : body.encoded()
        return (
            example["request"]?["body"] ?? .null,
            .answered(HTTPResponse(status: Int(status), body: bytes))
        )
    }

    struct Missing: Error { var name: String }
}

/// A small deterministic generator (SplitMix64), so that a failing case can be replayed by its seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
