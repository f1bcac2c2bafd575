import ArgumentParser
import JSON
import Server

struct Trace: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the whole story of an order, a person or a SKU, and why nothing was sent.",
        discussion: "Exits with 1 when nothing is known under this key.")

    @OptionGroup var options: DeskOptions

    @Argument(
        help: """
            An order's id, name or GID, an e-mail, a customer id, a SKU, a purchase_id or an order's event_key, \
            or an entity's key as exceptions name it (shop/order/1001).
            """)
    var key: String

    mutating func run() async throws {
        let desk = try await options.desk(needsServer: false)
        defer { desk.close() }
        let story = try await desk.trace(key)
        let isKnown = story["entities"]?.array?.isEmpty == false
        if options.json {
            Output.print(story.text())
        } else if !isKnown {
            Output.print("nothing is known under this key")
        } else {
            Output.print("entities: " + (story["entities"]?.array ?? []).compactMap(\.string).joined(separator: ", "))
            Output.table(
                ["at", "what", "entity", "event", "reason", "detail"],
                (story["items"]?.array ?? []).map { item in
                    let event = item.cell("event_key").isEmpty ? item.cell("event_type") : item.cell("event_key")
                    return [
                        item.cell("at"), item.cell("kind"), item.cell("entity"), event, item.cell("reason"),
                        item.cell("detail"),
                    ]
                })
        }
        if !isKnown { throw ExitCode(1) }
    }
}
