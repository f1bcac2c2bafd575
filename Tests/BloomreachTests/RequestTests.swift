import Bloomreach
import Foundation
import JSON
import Sync
import Testing
import Transport

@Suite("Bloomreach requests")
struct RequestTests {
    private let destination = Sample.prepared()

    @Test("a batch splices the frozen bytes unchanged, with a command_id each")
    func frozenBytes() throws {
        let batch = Sample.events(2)
        let request = destination.request(for: batch)
        let expected = batch.items.map {
            #"{"name":"customers/events","command_id":"\#($0.delivery.key)","data":"#
                + String(decoding: $0.delivery.body, as: UTF8.self) + "}"
        }
        #expect(
            String(decoding: request.body, as: UTF8.self) == #"{"commands":["# + expected.joined(separator: ",") + "]}")
        #expect(request.method == "POST")
        #expect(request.path == "/track/v2/projects/\(Sample.token)/batch")
        #expect(try JSON.parse(request.body)["commands"]?.array?.count == 2)
    }

    @Test("the same batch is the same bytes every time")
    func stable() {
        let batch = Sample.events(3)
        #expect(destination.request(for: batch) == Sample.prepared().request(for: batch))
    }

    @Test("a key with quotes stays one JSON string")
    func escapedKey() throws {
        let request = destination.request(for: Sample.batch([Sample.event(#"shop-1\"#)]))
        #expect(String(decoding: request.body, as: UTF8.self).contains(#""command_id":"shop-1\\""#))
    }

    @Test("the private key goes as Basic, JSON in and out")
    func headers() {
        let headers = destination.request(for: Sample.events(1)).headers
        let credentials = Data("key-7:s3cret-value".utf8).base64EncodedString()
        #expect(headers["authorization"] == "Basic \(credentials)")
        #expect(headers["content-type"] == "application/json")
        #expect(headers["accept"] == "application/json")
    }

    @Test("a request without a body has no content type")
    func noContentType() {
        let request = BloomreachDestination(configuration: Sample.configuration).preparation(for: "catalog:orders")
        #expect(request?.body == [])
        #expect(request?.headers["content-type"] == nil)
    }

    @Test("E6 rows are replaced in full through the bulk route, bytes unchanged")
    func rows() {
        let batch = Sample.batch([Sample.row("shop-1"), Sample.row("shop-2")])
        let request = destination.request(for: batch)
        let bodies = batch.items.map { String(decoding: $0.delivery.body, as: UTF8.self) }
        #expect(request.method == "PUT")
        #expect(request.path == "/data/v2/projects/\(Sample.token)/catalogs/cat1/items")
        #expect(String(decoding: request.body, as: UTF8.self) == "[" + bodies.joined(separator: ",") + "]")
    }

    @Test("A7 batches stay below the vendor's limits")
    func batchMax() {
        #expect(destination.batchMax(for: "tracking") == 50)
        #expect(destination.batchMax(for: "catalog:orders") == BloomreachDestination.rowsMax)
        #expect(BloomreachDestination.rowsMax <= 5_000)
        #expect(destination.limits == DestinationLimits(concurrentRequestsMax: 4, requestsPerMinute: 6_000))
    }

    @Test("printing a configuration or a destination never shows the key")
    func noSecretsInText() {
        var dumped = ""
        dump(destination, to: &dumped)
        #expect(dumped.contains(Sample.token))
        for text in ["\(Sample.configuration)", String(reflecting: Sample.configuration), "\(destination)", dumped] {
            #expect(!text.contains("s3cret-value"))
            #expect(!text.contains(Data("key-7:s3cret-value".utf8).base64EncodedString()))
        }
    }
}
