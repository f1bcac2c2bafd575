import Commerce

/// How long a person is willing to wait, as written in a configuration: `500ms`, `30s`, `5m`.
public enum WaitLimit {
    /// `nil` when the text is no length of time.
    public static func parse(_ text: String) -> Duration? { Measures.span(text).map { .microseconds($0.microseconds) } }
}
