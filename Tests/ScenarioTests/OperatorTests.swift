import Foundation
import JSON
import NIOHTTP1
import Testing

@Suite("What operators ask", .timeLimit(.minutes(10)))
struct OperatorTests {
    private static let mug: JSON = [["sku": "MUG-WHITE", "quantity": 1]]

    // MARK: Many exceptions

    /// A genuine webhook whose order cannot be read: one exception of its own.
    private static func unreadable(_ number: Int64) -> Hook {
        let digits = String(repeating: "9", count: 400)
        let body = String(decoding: Hook.paidOrder(id: number, customer: 1, pence: 1_250, at: Date()), as: UTF8.self)
        return Hook("orders/paid", Array(body.replacing("12.50", with: "\(digits).50").utf8), id: "many-\(number)")
    }

    @Test("A11 every exception is shown, listed and closed, however many are newer; a list says when there are more")
    func many() async throws {
        try await TestInstallation.with { installation in
            let count = 1_040
            #expect(try await Self.unreadable(1).send(to: installation).status == 200)
            try await installation.settled()
            let oldest = try #require(try await installation.exceptions(of: "unreadable_payload").first?["id"]?.string)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for first in 0..<8 {
                    group.addTask {
                        for number in stride(from: first + 2, through: count, by: 8) {
                            _ = try await Self.unreadable(Int64(number)).send(to: installation)
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await installation.settled()
            // What a webhook could not say a read may, so some close by themselves: every list counts resolved ones.
            let first = try await installation.command(
                "exceptions", "list", "--all", "--kind", "unreadable_payload", "--json")
            let rows = try #require(try JSON.parse(Array(first.output.utf8)).array)
            #expect(rows.count == 1_000)
            #expect(first.errors.contains("1000 of \(count)"), "\(first.errors)")
            #expect(!rows.contains { $0["id"]?.string == oldest })
            let words = try #require(first.errors.components(separatedBy: "next page: plumbline ").last)
                .split(whereSeparator: \.isWhitespace).map(String.init)
            let next = try await Program.run(words + ["--config", TestInstallation.file], in: installation.folder)
            #expect(next.output.contains(oldest) && !next.output.contains("next page:"), "\(next.output.suffix(300))")
            let table = try await installation.command("exceptions", "list", "--limit", "3")
            #expect(table.output.split(separator: "\n").count == 5, "heading, three rows, and what is not shown")
            #expect(table.output.contains("3 of \(count)"), "\(table.output)")

            let page = try await Web.send(
                "GET", "\(installation.address)/api/v1/exceptions?all=1",
                headers: [("Authorization", "Bearer \(TestInstallation.token)")])
            #expect(page.headers["X-Total-Count"] == [String(count)])
            #expect(page.headers["Link"].first?.contains("rel=\"next\"") == true)

            #expect(try await installation.api("exceptions/\(oldest)")["id"]?.string == oldest)
            #expect(try await installation.command("exceptions", "show", oldest).output.contains("unreadable_payload"))
            let retry = try await installation.command("exceptions", "retry", oldest)
            #expect(
                retry.status == 1 && retry.errors.contains("plumbline exceptions resolve \(oldest)"), "\(retry.errors)")
            #expect(try await installation.command("exceptions", "resolve", oldest).status == 0)
            try await eventually("it is closed") {
                try await installation.api("exceptions/\(oldest)")["state"] == "resolved"
            }
            #expect(
                try await installation.command("trace", oldest).status == 0,
                "an exception's id stands for what it is about")
            // The same without a server.
            _ = try await installation.stop()
            #expect(try await installation.command("exceptions", "show", oldest).status == 0)
            let offline = try await installation.command("exceptions", "list", "--all", "--limit", "2")
            #expect(offline.output.contains("2 of \(count)"))
        }
    }

    @Test("A11 a wrong kind, place or limit of a list is refused in the command's words")
    func wrongLists() async throws {
        try await TestInstallation.with { installation in
            let kind = try await installation.command("exceptions", "list", "--kind", "rate_mising")
            #expect(kind.status == 2 && kind.errors.contains("rate_missing"), "\(kind.errors)")
            let after = try await installation.command("exceptions", "list", "--after", "none")
            #expect(after.status == 1 && after.errors.contains("there is no exception none"), "\(after.errors)")
            #expect(try await installation.command("exceptions", "list", "--limit", "0").status == 2)
            for path in ["exceptions?kind=rate_mising", "exceptions?limit=x", "exceptions?after=none"] {
                #expect(try await installation.api(path)["error"]?["code"]?.string != nil, "\(path)")
            }
        }
    }

    // MARK: Traces

    /// Every text of these members, in exceptions and traces.
    private static func keys(in documents: [JSON]) -> Set<String> {
        let names = ["entity", "event_key", "flow", "destination", "id", "exception"]
        return Set(documents.flatMap { document in names.compactMap { document[$0]?.string } })
    }

    @Test("A12 whatever an exception or a trace shows as a key can be pasted into trace, and has something to say")
    func pasted() async throws {
        try await TestInstallation.with(["freshness_objective": "1s"]) { installation in
            try await installation.crm.act(["do": "forbid", "event_type": "purchase"])
            let ids = try await installation.shop.act([
                "do": "place_order", "customer": ["email": "rita@gmial.com"], "lines": Self.mug,
            ])
            try await installation.shop.act([
                "do": "set_consent", "customer": ids["customer"] ?? .null, "channel": "email", "state": "subscribed",
            ])
            try await installation.shop.act(["do": "cart", "token": "cart-token-1", "lines": Self.mug])
            try await installation.shop.act([
                "do": "checkout", "token": "checkout-token-1", "cart_token": "cart-token-1", "email": "rita@gmial.com",
                "lines": Self.mug,
            ])
            try await installation.shop.act(["do": "update_product", "sku": "MUG-WHITE", "title": "Mug, white"])
            try await installation.mergeTwoCustomers(buying: Self.mug)
            var forged = Self.unreadable(7)
            forged.signature = "AAAA"
            #expect(try await forged.send(to: installation).status == 401)
            #expect(
                try await Hook("orders/paid", Array("[1]".utf8), id: "no-object").send(to: installation).status == 200)
            try await installation.settled()

            let exceptions = try await installation.exceptions(all: true)
            let kinds = Set(exceptions.compactMap { $0["kind"]?.string })
            for kind in [
                "destination_refused", "identity_suspect", "identity_conflict", "signature_failures",
                "unreadable_payload",
            ] { #expect(kinds.contains(kind), "\(kinds.sorted())") }
            var documents = exceptions
            for key in [
                ids["name"]?.string ?? "", "rita@gmial.com", "kay@example.test", "kay@work.test", "MUG-WHITE",
                "cart-token-1", "checkout-token-1",
            ] {
                let story = try await installation.trace(key)
                #expect(!story.items.isEmpty, "\(key)")
                documents += story.items
                for entity in story.entities { documents += try await installation.trace(entity).items }
            }
            let keys = Self.keys(in: documents)
            #expect(keys.count > 40, "\(keys.sorted())")
            for key in keys.sorted() {
                let story = try await installation.trace(key)
                let says = !story.entities.isEmpty || !story.items.isEmpty || story.json["about"] != nil
                #expect(says, "\(key): \(story.json.text())")
            }
            // As it is shown, and as a shell splits it.
            let parked = try #require(
                exceptions.first { $0["kind"] == "destination_refused" }?["entity"]?.string)
            for words in [[parked], parked.split(separator: " ").map(String.init)] {
                let outcome = try await Program.run(
                    ["trace"] + words + ["--config", TestInstallation.file], in: installation.folder)
                #expect(outcome.status == 0 && outcome.output.contains("purchase"), "\(words): \(outcome.errors)")
            }
            let connection = try await installation.command("trace", "shop")
            #expect(connection.status == 0 && connection.output.contains("signature_failures"), "\(connection.output)")
            let flow = try await installation.command("trace", "edits")
            #expect(flow.status == 0 && flow.output.contains("stage live"), "\(flow.output)")
            let nothing = try await installation.command("trace", "no such thing")
            #expect(nothing.status == 1 && nothing.output.contains("event_key"), "\(nothing.output)")
        }
    }

    // MARK: Words

    @Test("A11 a refusal speaks the command's words to who gave a command, and the API's to who asks the API")
    func words() async throws {
        try await TestInstallation.with { installation in
            try await installation.crm.act(["do": "forbid", "event_type": "purchase"])
            try await installation.shop.act(["do": "place_order", "lines": Self.mug])
            try await installation.settled()
            let id = try #require(try await installation.exceptions(of: "destination_refused").first?["id"]?.string)
            let refusals = [
                ["exceptions", "resolve", id], ["exceptions", "retry", "none"], ["exceptions", "show", "none"],
                ["people", "merge", "a", "b"], ["people", "keep-apart", "acme/person/a", "acme/person/b"],
                ["orders", "join", "shop/order/1", "nothing"],
                ["orders", "keep-apart", "shop/order/1", "shop/order/2"],
            ]
            for words in refusals {
                let outcome = try await Program.run(
                    words + ["--config", TestInstallation.file], in: installation.folder)
                #expect(outcome.status == 1, "\(words)")
                for foreign in ["{", "/api/", "POST", "GET"] {
                    #expect(!outcome.errors.contains(foreign), "\(words): \(outcome.errors)")
                }
            }
            let resolve = try await installation.command("exceptions", "resolve", id)
            #expect(resolve.errors.contains("plumbline exceptions resolve \(id) --skip"), "\(resolve.errors)")
            let api = try await installation.api("exceptions/\(id)/resolve", method: "POST")
            #expect(api["error"]?["message"]?.string?.contains("{\"skip\": true}") == true, "\(api.text())")
        }
    }

    @Test("B2 two profiles that cannot be joined are an exception that names the second, and nothing that waits")
    func split() async throws {
        try await TestInstallation.with { installation in
            let (_, removed) = try await installation.mergeTwoCustomers(buying: Self.mug)
            try await installation.settled()
            let second = "shop/customer/\(removed["customer"]?.decimalText ?? "?")"
            let splits = try await installation.exceptions(of: "identity_conflict")
            #expect(splits.contains { $0["cause"]?.string?.contains(second) == true }, "\(splits.map { $0.text() })")
            #expect(splits.contains { $0["entity"]?.string?.hasPrefix("acme/person/") == true })
            #expect(!splits.contains { $0.text().contains("@") }, "nothing personal")
            let wait = try await installation.command("wait", "--settled", "--timeout", "20s")
            #expect(wait.status == 0 && !wait.output.contains("refused"), "\(wait.output)")
        }
    }
}
