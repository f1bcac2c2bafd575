import Bloomreach
import Sync
import Testing
import Transport

@Suite("Bloomreach preparation of channels")
struct PreparationTests {
    @Test("tracking needs none, a catalogue its id, once")
    func asks() {
        var destination = BloomreachDestination(configuration: Sample.configuration)
        #expect(destination.preparation(for: "tracking") == nil)
        #expect(destination.preparation(for: "catalog:orders")?.path == "/data/v2/projects/\(Sample.token)/catalogs")
        let list = Sample.answer(200, #"{"success":true,"data":[{"id":"a/b","name":"orders"},{"name":"x"}]}"#)
        #expect(destination.prepared(list, for: "catalog:orders") == .ready)
        #expect(destination.preparation(for: "catalog:orders") == nil)
        #expect(
            destination.request(for: Sample.batch([Sample.row("1")])).path
                == "/data/v2/projects/\(Sample.token)/catalogs/a%2Fb/items")
    }

    @Test("a missing catalogue and a channel that no configuration names need somebody")
    func impossible() {
        var destination = BloomreachDestination(configuration: Sample.configuration)
        let list = Sample.answer(200, #"{"success":true,"data":[{"_id":"1","name":"orders_old"}]}"#)
        #expect(
            destination.prepared(list, for: "catalog:orders")
                == .impossible(
                    RaisedException(
                        .destinationRefused, subject: "crm",
                        cause: "catalogue 'orders' does not exist; run plumbline check --fix")))
        guard case .impossible(let exception) = destination.prepared(list, for: "properties") else {
            Issue.record("a channel of an older configuration is taken")
            return
        }
        #expect(exception.kind == .destinationRefused)
        #expect(destination.preparation(for: "properties") != nil)
    }

    @Test("a refused key is an exception of its own", arguments: [401, 403])
    func unauthorised(status: Int) {
        var destination = BloomreachDestination(configuration: Sample.configuration)
        let answer = Sample.answer(status, #"{"success":false,"error":"access key not found"}"#)
        #expect(
            destination.prepared(answer, for: "catalog:orders")
                == .impossible(
                    RaisedException(.destinationUnauthorised, subject: "crm", cause: "access key not found")))
    }

    @Test("what may pass is tried later")
    func later() {
        let outcomes = [
            Sample.answer(500), Sample.answer(429), Sample.answer(200, "<html>"), Sample.answer(200, "{}"),
            .notSent("n"),
            .unknown("u"),
        ]
        for outcome in outcomes {
            var destination = BloomreachDestination(configuration: Sample.configuration)
            guard case .later = destination.prepared(outcome, for: "catalog:orders") else {
                Issue.record("\(outcome)")
                continue
            }
        }
    }
}
