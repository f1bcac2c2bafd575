import ArgumentParser

struct BenchAll: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "all", abstract: "The two benches that have gates, ingest and sync. What runs without a name.")

    @Option(help: "Webhooks in the ingest bench.")
    var webhooks = 60_000
    @Option(help: "Orders in the sync bench.")
    var orders = 4_000
    @OptionGroup var output: BenchOutput

    func validate() throws {
        guard webhooks >= 1, orders >= 1 else { throw ValidationError("--webhooks and --orders are at least 1") }
    }

    func run() async throws {
        output.begin()
        let figures = try await IngestBench(webhooks: webhooks).run()
        try output.end(figures + (try await SyncBench(orders: orders).run()))
    }
}

struct BenchIngest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest", abstract: "Webhooks acknowledged each second.",
        discussion: """
            Signature, de-duplication and fdatasync before each 200, 64 connections on the same cores.
            Baseline: the same HTTP server that reads the body and answers 200.
            """)

    @Option(help: "Webhooks to send.")
    var webhooks = 60_000
    @OptionGroup var output: BenchOutput

    func validate() throws {
        guard webhooks >= 1 else { throw ValidationError("--webhooks is at least 1") }
    }

    func run() async throws {
        output.begin()
        try output.end(try await IngestBench(webhooks: webhooks).run())
    }
}

struct BenchSync: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync", abstract: "Orders told end to end each second.",
        discussion: """
            Webhook to acknowledged in a simulated Bloomreach over HTTP. Baseline: the same commands posted to it
            directly. With known buyers also the orders told in each fifth of the run: a buyer's record grows with
            each order, so a cost that grows with it shows as falling throughput.
            """)

    @Option(help: "Orders to send.")
    var orders = 4_000
    @Option(help: "new: each order is of a buyer never seen before. known: \(BenchOrders.knownBuyers) buyers.")
    var buyers = BenchBuyers.new
    @OptionGroup var output: BenchOutput

    func validate() throws {
        guard orders >= 1 else { throw ValidationError("--orders is at least 1") }
    }

    func run() async throws {
        output.begin()
        try output.end(try await SyncBench(orders: orders, buyers: buyers).run())
    }
}

struct BenchOrder: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "order", abstract: "What one large order costs, and one large product.",
        discussion: """
            One order of many lines is placed, edited and refunded in a simulated shop that sends its webhooks; then a
            product of many variants, and the price of one of them. Each row is one merchant action, or the mean of
            --rounds like it: until everything is acknowledged, in the engine's steps, and in the store.
            Baseline: the same actions on an order of one line and a product of one variant.
            """)

    @Option(help: "Lines of the order.")
    var lines = 1_000
    @Option(help: "Variants of the product; 0 leaves it out.")
    var variants = 2_048
    @Option(help: "Edits, refunds and price changes.")
    var rounds = 3
    @OptionGroup var output: BenchOutput

    func validate() throws {
        try Bench.check(lines, "--lines", 1...2_000)
        try Bench.check(variants, "--variants", 0...2_048)
        try Bench.check(rounds, "--rounds", 1...20)
    }

    func run() async throws {
        output.begin()
        try output.end(try await OrderBench(lines: lines, variants: variants, rounds: rounds).run())
    }
}

struct BenchBuyer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "buyer", abstract: "What an order costs when its buyer has many.",
        discussion: """
            One buyer places all orders. About number 1, 10, 100, ... twenty are sent one at a time, each when the one
            before is settled; those in between as fast as they are acknowledged. Baseline: the first row that has
            twenty.
            """)

    @Option(help: "Orders of the buyer.")
    var orders = 10_000
    @OptionGroup var output: BenchOutput

    func validate() throws { try Bench.check(orders, "--orders", 1...100_000) }

    func run() async throws {
        output.begin()
        try output.end(try await BuyerBench(orders: orders).run())
    }
}

struct BenchLatency: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "latency", abstract: "How soon the destination knows of an order.",
        discussion: """
            Webhooks at a steady rate; from the 200 that a webhook gets to the 2xx that the simulated Bloomreach gives
            the batch with its purchase. Baseline: one command posted directly to that simulation at the same rate.
            """)

    @Option(help: "Webhooks each second.")
    var rate = 200
    @Option(help: "How long to send.")
    var seconds = 30
    @Option(help: "new: each order is of a buyer never seen before. known: \(BenchOrders.knownBuyers) buyers.")
    var buyers = BenchBuyers.new
    @OptionGroup var output: BenchOutput

    func validate() throws {
        try Bench.check(rate, "--rate", 1...10_000)
        try Bench.check(seconds, "--seconds", 1...600)
        try Bench.check(rate * seconds, "--rate times --seconds", 1...200_000)
    }

    func run() async throws {
        output.begin()
        try output.end(try await LatencyBench(rate: rate, seconds: seconds, buyers: buyers).run())
    }
}

struct BenchBacklog: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backlog", abstract: "Memory while the destination is down and orders queue up.",
        discussion: """
            Sends orders of new buyers while the destination refuses connections. Prints ten rows, each when another
            tenth is acknowledged and consumed, or when hardly any receipt was consumed for 30 s. Memory is that of the
            whole process, including the client. Needs about 10 KB of disk per order.
            """)

    @Option(help: "Orders to queue.")
    var orders = 1_000_000
    @OptionGroup var output: BenchOutput

    func validate() throws { try Bench.check(orders, "--orders", 10...10_000_000) }

    func run() async throws {
        output.begin()
        try output.end(try await BacklogBench(orders: orders).run())
    }
}

struct BenchClaim: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "claim", abstract: "Time of one claim of due work, by how much waits.",
        discussion: """
            A store is filled with orders and their buyers, half of them due and half asleep; rows at 1,000, 10,000, ...
            records. Each claim loads 256 due records and whom they belong to, once with nothing held by the engine and
            once with as many as it may hold. Baseline: 256 records by their keys.
            """)

    @Option(help: "Records in the largest store.")
    var to = 1_000_000
    @OptionGroup var output: BenchOutput

    func validate() throws { try Bench.check(to, "--to", 1_000...10_000_000) }

    func run() async throws {
        output.begin()
        try output.end(try await ClaimBench(to: to).run())
    }
}
