import Commerce

/// RolloutStage histories as they are stored: `live@1790000000000000,observe@...`.
public enum StageHistory {
    public static func settingName(_ flow: String) -> String { "stages:\(flow)" }

    /// The baseline instant of each flow that has none: what a first start writes
    /// (docs/architecture.md, Stages and the past).
    public static func beginnings(of flows: [Flow], in status: StoreStatus, at now: Instant) -> [Commit.Setting] {
        flows.filter { status.setting(settingName($0.name)).flatMap(decode) == nil }.map { flow in
            Commit.Setting(settingName(flow.name), encode([StageChange(stage: flow.initialStage, at: now)]))
        }
    }

    public static func encode(_ history: [StageChange]) -> String {
        history.map { "\($0.stage.rawValue)@\($0.at.microseconds)" }.joined(separator: ",")
    }

    /// `nil` when the text is no history.
    public static func decode(_ text: String) -> [StageChange]? {
        var history: [StageChange] = []
        for part in text.split(separator: ",") {
            let halves = part.split(separator: "@")
            guard halves.count == 2, let stage = RolloutStage(rawValue: String(halves[0])), let at = Int64(halves[1])
            else {
                return nil
            }
            history.append(StageChange(stage: stage, at: Instant(microseconds: at)))
        }
        return history.isEmpty ? nil : history
    }
}
