import Commerce
import Sync
import Synchronization

/// The metrics of one server. Deliberately small: one lock, fixed buckets, one text format.
final class Metrics: Sendable {
    /// Series of one metric; above this, new label values share one series, so that labels cannot exhaust memory.
    static let seriesMax = 1_000

    private struct Series: Hashable {
        var metric: String
        var labels: [String]
    }
    private struct Histogram {
        var counts: [Int64]
        var sum = 0.0
        var total: Int64 = 0
    }
    private struct State {
        var numbers: [Series: Double] = [:]
        var histograms: [Series: Histogram] = [:]
        var seriesCount: [String: Int] = [:]
    }
    private let state = Mutex(State())

    func count(_ metric: MetricDeclaration, _ labels: [String], by amount: Int = 1) {
        state.withLock { state in
            let series = Self.series(metric, labels, &state)
            state.numbers[series, default: 0] += Double(amount)
        }
    }

    func set(_ metric: MetricDeclaration, _ labels: [String], to value: Double) {
        state.withLock { state in
            let series = Self.series(metric, labels, &state)
            state.numbers[series] = value
        }
    }

    /// Removes every series of a gauge whose label values change.
    func clear(_ metric: MetricDeclaration) {
        state.withLock { state in
            state.numbers = state.numbers.filter { $0.key.metric != metric.name }
            state.seriesCount[metric.name] = 0
        }
    }

    func observe(_ metric: MetricDeclaration, _ labels: [String], _ value: Double) {
        let bucket = metric.buckets.firstIndex { value <= $0 } ?? metric.buckets.count
        state.withLock { state in
            let series = Self.series(metric, labels, &state)
            var histogram =
                state.histograms[series] ?? Histogram(counts: Array(repeating: 0, count: metric.buckets.count + 1))
            histogram.counts[bucket] += 1
            histogram.sum += value
            histogram.total += 1
            state.histograms[series] = histogram
        }
    }

    /// Observes how long `work` takes, in seconds, whether it succeeds or not.
    func time<Value, Failure: Error>(
        _ metric: MetricDeclaration, _ labels: [String], _ work: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let start = ContinuousClock.now
        defer { observe(metric, labels, Self.seconds(ContinuousClock.now - start)) }
        return try work()
    }

    static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    private static func series(_ metric: MetricDeclaration, _ labels: [String], _ state: inout State) -> Series {
        precondition(labels.count == metric.labels.count, "\(metric.name) has the labels \(metric.labels)")
        let series = Series(metric: metric.name, labels: labels)
        if state.numbers[series] != nil || state.histograms[series] != nil { return series }
        guard state.seriesCount[metric.name, default: 0] < seriesMax else {
            return Series(metric: metric.name, labels: labels.map { _ in "other" })
        }
        state.seriesCount[metric.name, default: 0] += 1
        return series
    }

    // MARK: Measurements of the engine

    func record(_ measurement: Measurement) {
        switch measurement {
        case .receiptConsumed(let connection, let topic, let isDuplicate):
            count(.receipts, [connection, topic, isDuplicate ? "true" : "false"])
        case .entityRead(let connection, let amount): count(.entitiesRead, [connection], by: amount)
        case .decided(let flow, let eventType, let reason): count(.decisions, [flow, eventType, reason.rawValue])
        case .answered(let destination, let eventType, let outcome):
            count(.deliveries, [destination, eventType, outcome])
        case .told(let flow, let eventType, let lag):
            observe(.lag, [flow, eventType], Double(lag.microseconds) / 1e6)
        case .exceptionRaised(let kind): count(.exceptions, [kind.rawValue])
        }
    }

    // MARK: Text

    /// The Prometheus text format, sorted, so that two outputs differ only in their values.
    func text() -> String {
        let (numbers, histograms) = state.withLock { ($0.numbers, $0.histograms) }
        var lines: [String] = []
        for metric in MetricDeclaration.all {
            lines.append("# HELP \(metric.name) \(metric.help)")
            lines.append("# TYPE \(metric.name) \(metric.kind.rawValue)")
            switch metric.kind {
            case .counter, .gauge:
                for (series, value) in Self.sorted(numbers, of: metric) {
                    lines.append("\(metric.name)\(Self.labels(metric.labels, series.labels)) \(Self.number(value))")
                }
            case .histogram:
                for (series, histogram) in Self.sorted(histograms, of: metric) {
                    lines += Self.lines(metric, series.labels, histogram)
                }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func sorted<Value>(_ all: [Series: Value], of metric: MetricDeclaration) -> [(Series, Value)] {
        all.filter { $0.key.metric == metric.name }.sorted { $0.key.labels.lexicographicallyPrecedes($1.key.labels) }
            .map { ($0.key, $0.value) }
    }

    private static func lines(_ metric: MetricDeclaration, _ values: [String], _ histogram: Histogram) -> [String] {
        var lines: [String] = []
        var total: Int64 = 0
        for (bound, count) in zip(metric.buckets.map(number) + ["+Inf"], histogram.counts) {
            total += count
            lines.append("\(metric.name)_bucket\(labels(metric.labels + ["le"], values + [bound])) \(total)")
        }
        lines.append("\(metric.name)_sum\(labels(metric.labels, values)) \(number(histogram.sum))")
        lines.append("\(metric.name)_count\(labels(metric.labels, values)) \(histogram.total)")
        return lines
    }

    private static func labels(_ names: [String], _ values: [String]) -> String {
        guard !names.isEmpty else { return "" }
        let pairs = zip(names, values).map { name, value in
            let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
            return "\(name)=\"\(escaped)\""
        }
        return "{" + pairs.joined(separator: ",") + "}"
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }

    // MARK: Quantiles

    /// The upper bound of the bucket that contains the quantile, over all series whose labels begin with `labels`.
    /// `nil` if nothing was observed; infinity if the quantile is above the last bound.
    func quantile(_ share: Double, of metric: MetricDeclaration, startingWith labels: [String]) -> Double? {
        let histograms = state.withLock { $0.histograms }
        var counts = [Int64](repeating: 0, count: metric.buckets.count + 1)
        for (series, histogram) in histograms
        where series.metric == metric.name && Array(series.labels.prefix(labels.count)) == labels {
            for index in counts.indices { counts[index] += histogram.counts[index] }
        }
        let total = counts.reduce(0, +)
        guard total > 0 else { return nil }
        var reached: Int64 = 0
        for (index, count) in counts.enumerated() {
            reached += count
            if Double(reached) >= share * Double(total) {
                return index < metric.buckets.count ? metric.buckets[index] : .infinity
            }
        }
        return .infinity
    }
}
