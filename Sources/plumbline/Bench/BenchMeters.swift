import JSON
import Server
import Sync
import Synchronization
import Transport
import Twins

/// Where the server's time goes: listens to its engine and its store.
final class WorkMeter: Sendable {
    /// Milliseconds. Steps wait for nothing, so theirs are processor time, which a busy machine does not change; the
    /// store's are elapsed.
    struct Reading: Sendable {
        var steps: [Double] = []
        /// Of the steps that took the destination's or the shop's answers.
        var answers = 0.0
        var claims = 0.0
        var commits = 0.0

        var engine: Double { steps.sum }
        var store: Double { claims + commits }

        static func += (sum: inout Reading, other: Reading) {
            sum.steps += other.steps
            sum.answers += other.answers
            sum.claims += other.claims
            sum.commits += other.commits
        }
    }
    private let reading = Mutex(Reading())

    func observe(_ work: EngineWork, _ time: WorkTime) {
        let (elapsed, processor) = (time.elapsed.milliseconds, time.processor.milliseconds)
        reading.withLock { reading in
            switch work {
            case .step(let input):
                reading.steps.append(processor)
                if case .answered = input { reading.answers += processor }
            case .claim: reading.claims += elapsed
            case .commit: reading.commits += elapsed
            }
        }
    }

    /// What was measured since the last reading.
    func read() -> Reading {
        reading.withLock { reading in
            defer { reading = Reading() }
            return reading
        }
    }
}

/// What a simulated system was asked, and when it answered.
final class CallLog: Sendable {
    private struct Batch {
        var body: [UInt8]
        var answeredAt: ContinuousClock.Instant
    }
    private struct State {
        var batches: [Batch] = []
        var requests = 0
        var lastAnswer: ContinuousClock.Instant?
        var isSending = false
        var delivered = 0
    }
    private let state = Mutex(State())

    func recordAnswer(_ request: HTTPRequest, _ reply: TwinReply) {
        guard let status = reply.response?.status, (200...299).contains(status), !request.path.hasPrefix("/_twin/")
        else { return }
        let now = ContinuousClock.now
        state.withLock { state in
            state.lastAnswer = now
            state.requests += 1
            if request.path.hasSuffix("/batch") { state.batches.append(Batch(body: request.body, answeredAt: now)) }
        }
    }

    func recordWebhooks(areWaiting: Bool, delivered: Int) {
        state.withLock { state in
            state.isSending = areWaiting
            state.delivered += delivered
        }
    }

    var lastAnswer: ContinuousClock.Instant? { state.withLock(\.lastAnswer) }
    /// Webhooks of its own wait or are under way.
    var isSending: Bool { state.withLock(\.isSending) }
    /// Webhooks that got a 2xx, so far.
    var webhooksDelivered: Int { state.withLock(\.delivered) }

    /// Requests that were answered with success, so far.
    var requestsAnswered: Int { state.withLock(\.requests) }
    var batchesAnswered: Int { state.withLock(\.batches.count) }

    /// Commands in all batches from number `first` on.
    func commands(sinceBatch first: Int) throws -> Int {
        try state.withLock { $0.batches[first...] }.reduce(0) { sum, batch in
            sum + (try JSON.parse(batch.body)["commands"]?.array?.count ?? 0)
        }
    }

    /// When each purchase was acknowledged first, by `purchase_id`.
    func purchases() throws -> [String: ContinuousClock.Instant] {
        let batches = state.withLock(\.batches)
        var purchases: [String: ContinuousClock.Instant] = [:]
        for batch in batches {
            for command in try JSON.parse(batch.body)["commands"]?.array ?? [] {
                guard let data = command["data"], data["event_type"]?.string == "purchase",
                    let id = data["properties"]?["purchase_id"]?.string, purchases[id] == nil
                else { continue }
                purchases[id] = batch.answeredAt
            }
        }
        return purchases
    }
}

/// A simulated system that writes to a log with this process's clock.
struct LoggedTwin: Twin {
    private var inner: any Twin
    private let log: CallLog
    /// Webhooks handed out and not yet answered.
    private var underWay = 0

    init(_ inner: any Twin, log: CallLog) {
        self.inner = inner
        self.log = log
    }

    private func noteWebhooks(delivered: Int = 0) {
        log.recordWebhooks(areWaiting: underWay > 0 || inner.nextDue != nil, delivered: delivered)
    }

    mutating func handle(_ request: HTTPRequest, now: TwinInstant, random: inout TwinRandom) -> TwinReply {
        let reply = inner.handle(request, now: now, random: &random)
        log.recordAnswer(request, reply)
        noteWebhooks()
        return reply
    }

    mutating func due(now: TwinInstant, random: inout TwinRandom) -> [TwinWebhook] {
        let hooks = inner.due(now: now, random: &random)
        underWay += hooks.count
        return hooks
    }

    var nextDue: TwinInstant? { inner.nextDue }

    mutating func delivered(_ id: String, status: Int?, now: TwinInstant, random: inout TwinRandom) {
        inner.delivered(id, status: status, now: now, random: &random)
        underWay -= 1
        noteWebhooks(delivered: status.map { (200...299).contains($0) } == true ? 1 : 0)
    }
}
