import Bloomreach
import JSON
import Sync
import Testing
import Transport

@Suite(
    "Bloomreach golden requests and answers",
    .enabled(if: GoldenExamples.areThere, "the vendors' schemas are not beside this checkout"))
struct GoldenExampleTests {
    private func deliveries(_ ids: [String], channel: String) -> DeliveryBatch {
        Sample.batch(
            ids.map { id in
                var delivery = channel == "tracking" ? Sample.event(id) : Sample.row(id)
                delivery.key = id
                return delivery
            })
    }

    @Test("a batch with one bad command: the good ones are told, the bad one is refused")
    func mixedBatch() throws {
        let batch = deliveries(["c-1", "c-2", "time"], channel: "tracking")
        let result = Sample.prepared().interpret(try GoldenExamples.example("batch, mixed outcome").answer, of: batch)
        #expect(
            result
                == DeliveryBatchResult(answers: [
                    .accepted, .refused("At least one id should be specified."), .accepted,
                ]))
    }

    @Test("a bulk replace with one undefined column")
    func bulkReplace() throws {
        let batch = deliveries(["501", "502"], channel: "catalog:orders")
        let result = Sample.prepared().interpret(try GoldenExamples.example("bulk replace items").answer, of: batch)
        #expect(
            result.answers == [
                .accepted, .refused("properties: Fields [nope] are not properly defined.; run plumbline check --fix"),
            ])
    }

    @Test("our bulk body and our event read-back have the members of the golden requests")
    func requestShapes() throws {
        let destination = Sample.prepared()
        let rows = try JSON.parse(destination.request(for: Sample.batch([Sample.row("501")])).body)
        let golden = try GoldenExamples.example("bulk replace items").request
        #expect(rows[0]?.object?.keys == golden[0]?.object?.keys)
        let looked = try JSON.parse(destination.readBackRequest(for: Sample.readBack(Sample.event("k"))).body)
        let export = try GoldenExamples.example("export events of one customer").request
        #expect(looked.object?.keys.sorted() == export.object?.keys.sorted())
        let creation = OrdersCatalog.creation(name: "orders")
        let created = try GoldenExamples.example("create catalog").request
        #expect(creation.object?.keys.sorted() == created.object?.keys.sorted())
        #expect(creation["fields"]?[0]?.object?.keys == created["fields"]?[0]?.object?.keys)
    }

    @Test("the list of catalogues leads from name to id")
    func catalogList() throws {
        var configuration = Sample.configuration
        configuration.catalogs.orders = "products"
        var destination = BloomreachDestination(configuration: configuration)
        let list = try GoldenExamples.example("list catalogs").answer
        #expect(destination.prepared(list, for: "catalog:orders") == .ready)
        #expect(
            destination.request(for: Sample.batch([Sample.row("1")])).path
                == "/data/v2/projects/\(Sample.token)/catalogs/66f000000000000000000001/items")
    }
}
