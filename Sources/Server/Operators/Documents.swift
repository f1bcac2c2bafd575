import Commerce
import JSON
import Sync

/// The JSON documents of the API and the commands. They need only the store, so a command without a server returns the
/// same as the server.
enum Documents {
    static func settled(_ status: StoreStatus, engineIsQuiet: Bool) -> JSON {
        let isSettled =
            engineIsQuiet && status.inbox == 0 && status.dirty == 0 && status.unsent == 0 && status.ambiguous == 0
            && status.readBacks == 0 && status.holds == 0
        return [
            "settled": .bool(isSettled), "inbox": JSON(status.inbox), "dirty": JSON(status.dirty),
            "unsent": JSON(status.unsent), "ambiguous": JSON(status.ambiguous),
            "read_backs": JSON(status.readBacks), "holds": JSON(status.holds), "engine_quiet": .bool(engineIsQuiet),
            "waiting": .array(
                status.waiting.map { ["reason": .string($0.reason.rawValue), "count": JSON($0.count)] }),
            "next_wake": JSON(status.nextWake?.description),
        ]
    }

    static func flows(_ flows: [Flow], _ status: StoreStatus) -> JSON {
        .array(
            flows.map { flow in
                let stages = stages(of: flow, status)
                return [
                    "name": .string(flow.name), "blueprint": .string(flow.blueprint), "from": .string(flow.source),
                    "to": .string(flow.destination),
                    "stage": .string((stages.last?.stage ?? flow.initialStage).rawValue),
                    "since": JSON(stages.last?.at.description), "baseline": JSON(stages.first?.at.description),
                ]
            })
    }

    static func stages(_ flows: [Flow], _ status: StoreStatus) -> JSON {
        .array(
            flows.map { flow in
                let history = stages(of: flow, status).map { change -> JSON in
                    ["stage": .string(change.stage.rawValue), "at": .string(change.at.description)]
                }
                return ["flow": .string(flow.name), "history": .array(history)]
            })
    }

    private static func stages(of flow: Flow, _ status: StoreStatus) -> [StageChange] {
        status.setting(StageHistory.settingName(flow.name)).flatMap(StageHistory.decode) ?? []
    }

    // MARK: Exceptions

    static func exception(_ exception: OpenException) -> JSON {
        let advice = ExceptionAdvice.about(exception.kind)
        return [
            "id": .string(exception.id), "kind": .string(exception.kind.rawValue),
            "owner": .string(advice.owner.rawValue), "origin": .string(advice.origin.rawValue),
            "severity": .string(advice.severity.rawValue), "state": .string(exception.state.rawValue),
            "count": JSON(exception.count), "first_at": .string(exception.firstAt.description),
            "last_at": .string(exception.lastAt.description), "entity": .string(exception.subject),
            "cause": .string(exception.cause), "suggestion": .string(advice.suggestion),
            "runbook": .string(advice.runbook),
        ]
    }

    // MARK: Traces

    static func trace(
        _ key: String, _ entities: [EntityKey], _ about: [String], _ items: [JSON], note: String?
    ) -> JSON {
        var document: JSONObject = [
            "key": .string(key), "entities": .array(entities.map { .string($0.description) }),
            "items": .array(items),
        ]
        if !about.isEmpty { document["about"] = .array(about.map { .string($0) }) }
        if let note { document["note"] = .string(note) }
        return .object(document)
    }

    static func item(_ item: TraceItem) -> JSON {
        var object: JSONObject = [
            "at": .string(item.at.description), "kind": .string(item.kind.rawValue),
            "entity": JSON(item.entity?.description),
        ]
        if item.kind == .decision { object["decision"] = .string(decision(item.reason)) }
        if let reason = item.reason { object["reason"] = .string(reason.rawValue) }
        if let flow = item.flow { object["flow"] = .string(flow) }
        if let destination = item.destination { object["destination"] = .string(destination) }
        if let type = item.eventType { object["event_type"] = .string(type) }
        if let key = item.eventKey { object["event_key"] = .string(key) }
        if let receipt = item.receipt { object["receipt"] = JSON(receipt) }
        object["detail"] = .string(item.detail)
        return .object(object)
    }

    /// An exception as an item of a trace, for example of a connection, which has no trace items of its own.
    static func item(_ exception: OpenException) -> JSON {
        var object: JSONObject = [
            "at": .string(exception.lastAt.description), "kind": .string(TraceItem.Kind.exception.rawValue),
            "entity": .string(exception.subject), "exception": .string(exception.id),
        ]
        if exception.state != .resolved { object["reason"] = .string(Reason.exceptionOpen.rawValue) }
        let times = exception.count == 1 ? "once" : "\(exception.count) times since \(exception.firstAt)"
        object["detail"] = .string(
            "\(exception.kind.rawValue) (\(exception.state.rawValue), \(times)): \(exception.cause)")
        return .object(object)
    }

    static func stage(_ change: StageChange, of flow: String) -> JSON {
        [
            "at": .string(change.at.description), "kind": .string(TraceItem.Kind.state.rawValue), "entity": .null,
            "flow": .string(flow), "detail": .string("stage \(change.stage.rawValue) from here on"),
        ]
    }

    /// `send`, `hold` or `none`, from the closed list of reasons.
    private static func decision(_ reason: Reason?) -> String {
        switch reason {
        case .told: "send"
        case .heldForPair, .heldForSnapshot, .waitsForDependency, .rateMissing, .productUnknown, .noIdentity,
            .exceptionOpen, .refused, .notPurchaseYet, .stageObserve, .unknownHistory:
            "hold"
        default: "none"
        }
    }
}
