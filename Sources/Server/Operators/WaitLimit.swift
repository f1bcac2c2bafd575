import Commerce

/// The time limit of a command, written as durations in the configuration are: `500ms`, `30s`, `5m`.
public enum WaitLimit {
    /// `nil` if the text is not a duration.
    public static func parse(_ text: String) -> Duration? { Measures.span(text).map { .microseconds($0.microseconds) } }
}
