import ArgumentParser
import JSON
import Server

struct Trace: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show everything that happened to an order, a person or a SKU, and why nothing was sent.",
        discussion: "Exits with 1 if nothing is known about this key.")

    @OptionGroup var options: OperatorOptions

    @Argument(
        help: """
            An order's id, name or GID, an e-mail, a customer id, a SKU, or anything that an exception or a trace \
            shows: shop/order/1001, acme/person/shop-order-1001, a purchase_id, an event_key, two of them separated \
            by a space, an exception's id, the name of a connection or a flow.
            """)
    var keys: [String]

    func validate() throws {
        guard !keys.joined().isEmpty else {
            throw ValidationError("give a key, for example an order's: plumbline trace 1001")
        }
    }

    mutating func run() async throws {
        let client = try await options.client(needsServer: false)
        defer { client.close() }
        let story = try await client.trace(keys.joined(separator: " "))
        let entities = (story["entities"]?.array ?? []).compactMap(\.string)
        let about = (story["about"]?.array ?? []).compactMap(\.string)
        let items = story["items"]?.array ?? []
        if options.json {
            Output.print(story.text())
        } else {
            if !entities.isEmpty { Output.print("entities: " + entities.joined(separator: ", ")) }
            for line in about { Output.print(line) }
            if !items.isEmpty { Self.print(items) }
            if let note = story["note"]?.string { Output.print(note) }
        }
        if entities.isEmpty, about.isEmpty, items.isEmpty { throw ExitCode(1) }
    }

    private static func print(_ items: [JSON]) {
        Output.table(
            ["at", "what", "entity", "event", "reason", "detail"],
            items.map { item in
                let event = item.cell("event_key").isEmpty ? item.cell("event_type") : item.cell("event_key")
                return [
                    item.cell("at"), item.cell("kind"), item.cell("entity"), event, item.cell("reason"),
                    item.cell("detail"),
                ]
            })
    }
}
