import JSON
import Sync

/// A flow whose stage in the file differs from the stored one. An operator who edits the file expects it to apply.
struct StageDifference {
    let flow: String
    private let file: RolloutStage
    private let stored: String
    private let since: String

    /// - Parameter stored: each flow as `GET /api/v1/flows` shows it.
    static func all(of flows: [Configuration.FlowEntry], stored: JSON) -> [StageDifference] {
        flows.compactMap { flow in
            let known = stored.array?.first { $0["name"]?.string == flow.name }
            guard let stage = known?["stage"]?.string, let since = known?["since"]?.string,
                stage != flow.stage.rawValue
            else { return nil }
            return StageDifference(flow: flow.name, file: flow.stage, stored: stage, since: since)
        }
    }

    private var advice: String {
        RolloutStage(rawValue: stored).map { file > $0 } == true
            ? "To advance the flow, give it a new name (docs/going-live.md)" : "To stop sending, stop serve"
    }

    var text: String {
        "the file says \(file.rawValue), but the file sets only the first stage: the flow is in the stored stage "
            + "\(stored) since \(since). \(advice)"
    }
}
