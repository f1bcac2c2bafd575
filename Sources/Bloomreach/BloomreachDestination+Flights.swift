import JSON
public import Sync
public import Transport

/// Requests around frozen bytes, and what became of each of them.
extension BloomreachDestination {
    public func request(for batch: DeliveryBatch) -> HTTPRequest {
        if Self.isBatch(batch.channel) { return routes.batch(commands(batch)) }
        guard let id = catalogIDs[batch.channel] else {
            preconditionFailure("the channel \(batch.channel) is prepared before it is used")
        }
        var body = [UInt8(ascii: "[")]
        for (index, item) in batch.items.enumerated() {
            if index > 0 { body.append(UInt8(ascii: ",")) }
            body += item.delivery.body
        }
        body.append(UInt8(ascii: "]"))
        return batch.channel == Self.retiredChannel
            ? routes.mergeItems(catalogID: id, body) : routes.replaceItems(catalogID: id, body)
    }

    /// The frozen bytes are spliced in as they are: read and written again they could differ, and a copy that differs
    /// is stored as another event (docs/vendors/bloomreach.md, Events: exact copies).
    private func commands(_ batch: DeliveryBatch) -> [UInt8] {
        let name = batch.channel == Self.customersChannel ? "customers" : "customers/events"
        var body = Array(#"{"commands":["#.utf8)
        for (index, item) in batch.items.enumerated() {
            if index > 0 { body.append(UInt8(ascii: ",")) }
            body += Array("{\"name\":\"\(name)\",\"command_id\":".utf8)
            JSON.string(item.delivery.key).append(to: &body)
            body += Array(#","data":"#.utf8)
            body += item.delivery.body
            body.append(UInt8(ascii: "}"))
        }
        body += Array("]}".utf8)
        return body
    }

    /// A refusal of the whole request cannot be laid at one delivery's door and repeating it would never end, so all of
    /// its deliveries are refused, with the vendor's message. It means that a frozen body is no JSON or a batch is
    /// too long: our mistake, which an operator must see. A delivery released by `exceptions retry` goes out again.
    public func interpret(_ outcome: HTTPOutcome, of batch: DeliveryBatch) -> DeliveryBatchResult {
        let bodies = batch.items.map(\.delivery.body)
        func all(_ answer: Answer) -> [Answer] { batch.items.map { _ in answer } }
        switch BloomreachReply(outcome) {
        case .document(let document):
            let results = Self.isBatch(batch.channel) ? document["results"]?.array : document.array
            return outcomes(results, of: batch)
        case .unintelligible(let reason), .unknown(let reason):
            return DeliveryBatchResult(answers: all(.ambiguous(reason)), mustRest: true)
        case .refused(let failure):
            return DeliveryBatchResult(answers: all(.refused(text(failure, about: bodies))))
        case .unauthorised(let failure):
            let cause = text(failure, about: bodies)
            return DeliveryBatchResult(answers: all(.retry(cause)), unauthorised: cause)
        case .absent(let failure):
            // Not the deliveries' fault: they wait until an operator corrects the configuration.
            let cause = "not found, check base_url, project and catalogues: \(text(failure, about: bodies))"
            return DeliveryBatchResult(answers: all(.retry(cause)), unauthorised: cause)
        case .throttled(let after):
            return DeliveryBatchResult(answers: all(.retry("over the rate")), mustRest: true, restFor: after)
        case .failing(let reason, let after):
            return DeliveryBatchResult(answers: all(.ambiguous(reason)), mustRest: true, restFor: after)
        case .notSent(let reason):
            return DeliveryBatchResult(answers: all(.retry(reason)), mustRest: true)
        }
    }

    /// One result for each item, or nothing is known about any: a 200 proves nothing (docs/vendors/bloomreach.md,
    /// Tracking: batches).
    private func outcomes(_ results: [JSON]?, of batch: DeliveryBatch) -> DeliveryBatchResult {
        func unclear(_ reason: String) -> DeliveryBatchResult {
            DeliveryBatchResult(answers: batch.items.map { _ in .ambiguous(reason) }, mustRest: true)
        }
        guard let results else { return unclear("an answer without results") }
        guard results.count == batch.items.count else {
            return unclear("\(results.count) results for \(batch.items.count) deliveries")
        }
        guard let ordered = Self.inItemOrder(results, of: batch) else {
            return unclear("results that do not match the commands")
        }
        return DeliveryBatchResult(answers: zip(batch.items, ordered).map { answer($1, to: $0) })
    }

    /// By `command_id` where a result has one, else by position (docs/vendors/bloomreach.md, Tracking: batches).
    /// - Returns: `nil` when a result belongs to no item, or two to one.
    private static func inItemOrder(_ results: [JSON], of batch: DeliveryBatch) -> [JSON]? {
        let keys = batch.items.map(\.delivery.key)
        var ordered: [JSON?] = results.map { _ in nil }
        for (position, result) in results.enumerated() {
            var target = position
            if let id = result["command_id"]?.string, keys[position] != id {
                guard let index = keys.firstIndex(of: id) else { return nil }
                target = index
            }
            guard ordered[target] == nil else { return nil }
            ordered[target] = result
        }
        return ordered.compactMap { $0 }
    }

    private func answer(_ result: JSON, to item: DeliveryBatch.Item) -> Answer {
        switch result.isSuccess {
        case true: return .accepted
        case false:
            let failure = BloomreachFailure.parse(result)
            return .refused(text(failure, about: [item.delivery.body], eventType: item.delivery.eventType))
        case nil: return .ambiguous("a result without success")
        }
    }
}
