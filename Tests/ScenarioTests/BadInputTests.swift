import Foundation
import JSON
import NIOHTTP1
import Testing

@Suite("Bad input", .timeLimit(.minutes(10)))
struct BadInputTests {
    private static let bodyMax = 65_536

    /// A webhook of an order that nothing is wrong with.
    private static func sound(_ number: Int64) -> Hook {
        let body = Hook.paidOrder(id: 9_300_000_000_000_000 + number, customer: number, pence: 1_250, at: Date())
        return Hook("orders/paid", body, id: "sound-\(number)")
    }

    @Test("K6 a webhook whose signature is wrong, missing, truncated or of another shop is refused and keeps nothing")
    func signatures() async throws {
        try await TestInstallation.with { installation in
            var forged = Self.sound(1)
            forged.signature = Hook("orders/paid", forged.body, id: "x", secret: "another secret").signature
            var unsigned = Self.sound(1)
            unsigned.signature = nil
            var short = Self.sound(1)
            short.signature = short.signature.map { String($0.prefix(20)) }
            var tampered = Self.sound(1)
            tampered.body = Self.sound(2).body
            for hook in [forged, unsigned, short, tampered] {
                #expect(try await hook.send(to: installation).status == 401)
            }
            let strange = try await Web.send(
                "POST", "\(installation.address)/webhooks/shop",
                headers: Self.sound(1).headers.map { ($0.0, $0.0 == "X-Shopify-Shop-Domain" ? "evil.example" : $0.1) },
                body: Self.sound(1).body)
            #expect(strange.status == 401)
            #expect(try await Self.sound(1).send(to: installation, connection: "nowhere").status == 404)
            #expect(try await Self.sound(1).send(to: installation, connection: "crm").status == 404)
            try await installation.settled()
            #expect(try await installation.snapshot().events.isEmpty)
            try await eventually("the exception is there") {
                try await installation.exceptions(of: "signature_failures").count == 1
            }
            let listed = try await installation.command("exceptions", "list", "--json")
            #expect(listed.status == 1)
            let document = try JSON.parse(Array(listed.output.utf8))
            #expect(document.array?.first?["kind"] == "signature_failures")
            #expect(document.array?.first?["runbook"]?.string?.isEmpty == false)
            try await expectWork(installation, number: 1)
        }
    }

    @Test("B6 a privacy request that nobody signed is refused; a signed one that comes twice is one")
    func privacyRequests() async throws {
        try await TestInstallation.with { installation in
            let body: JSON = [
                "shop_id": 954_889, "shop_domain": .string(TestInstallation.shopDomain), "orders_to_redact": [299_938],
                "customer": ["id": 191_167, "email": "john@example.test", "phone": "+447700900555"],
            ]
            let signed = Hook("customers/redact", body.encoded(), id: "redact-1")
            for topic in ["customers/redact", "customers/data_request", "shop/redact"] {
                var unsigned = Hook(topic, body.encoded(), id: "unsigned-\(topic)")
                unsigned.signature = nil
                #expect(try await unsigned.send(to: installation).status == 401)
                unsigned.signature = Hook(topic, body.encoded(), id: "x", secret: "another secret").signature
                #expect(try await unsigned.send(to: installation).status == 401)
            }
            for _ in 0..<2 { #expect(try await signed.send(to: installation).status == 200) }
            try await installation.settled()
            let open = try await installation.exceptions(of: "privacy_request")
            #expect(open.map { $0["count"] } == [1])
            #expect(open.first?["entity"] == "shop/customer/191167 erasure")
            #expect(open.first?.text().contains("john@") == false)
            let broken: JSON = [
                "shop_domain": .string(TestInstallation.shopDomain), "customer": ["email": "john@example.test"],
            ]
            #expect(
                try await Hook("customers/redact", broken.encoded(), id: "broken").send(to: installation).status == 200)
            try await installation.settled()
            #expect(
                try await installation.exceptions(of: "unreadable_payload").count == 1, "nobody's data: a person looks")
            try await expectWork(installation, number: 6)
        }
    }

    @Test("A1 a body above max_body is refused before it was read")
    func tooLarge() async throws {
        try await TestInstallation.with(["max_body": "64KiB"]) { installation in
            var lines = "POST /webhooks/shop HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            for (name, value) in Self.sound(1).headers.dropFirst() { lines += "\(name): \(value)\r\n" }
            let head = lines
            let isAnswered: @Sendable (String) -> Bool = { $0.contains("\r\n\r\n") }

            // A gigabyte is announced, and not a byte of it sent.
            let announced = try await within(.seconds(20)) {
                try await RawConnection.answer(
                    port: installation.port, to: Array((head + "Content-Length: 1073741824\r\n\r\n").utf8),
                    until: isAnswered)
            }
            #expect(announced.hasPrefix("HTTP/1.1 413 "), "\(announced.prefix(80))")

            // Nothing is announced, and what comes never ends.
            let chunk = "8000\r\n" + String(repeating: " ", count: 0x8000) + "\r\n"
            let chunked = head + "Transfer-Encoding: chunked\r\n\r\n" + chunk + chunk + chunk
            let endless = try await within(.seconds(20)) {
                try await RawConnection.answer(port: installation.port, to: Array(chunked.utf8), until: isAnswered)
            }
            #expect(endless.hasPrefix("HTTP/1.1 413 "), "\(endless.prefix(80))")

            // The last byte counts.
            let largest = [UInt8](repeating: 0x20, count: Self.bodyMax)
            #expect(try await Hook("orders/paid", largest, id: "largest").send(to: installation).status == 200)
            #expect(try await Hook("orders/paid", largest + [0x20], id: "larger").send(to: installation).status == 413)
            try await installation.settled()
            let metrics = try await installation.get("/metrics").text
            #expect(metrics.contains("plumbline_webhooks_total{connection=\"shop\",result=\"too_large\"} 3"))
            try await eventually("an exception names the limit") {
                try await installation.exceptions().contains { $0["cause"]?.string?.contains("65536") == true }
            }
            try await expectWork(installation, number: 2)
        }
    }

    @Test("A1 unreadable bodies with a valid signature are kept, answered with 200 and shown as exceptions")
    func unreadable() async throws {
        try await TestInstallation.with { installation in
            let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
            let nested = String(repeating: "{\"a\":", count: 50_000) + "1" + String(repeating: "}", count: 50_000)
            let digits = String(repeating: "9", count: 400)
            let sound = String(decoding: Self.sound(1).body, as: UTF8.self)
            let bodies: [(String, [UInt8])] = [
                ("cut off", Array(Self.sound(1).body.dropLast(20))), ("empty", []), ("no object", Array("[1,2]".utf8)),
                ("deep arrays", Array(deep.utf8)), ("deep objects", Array(nested.utf8)),
                ("not UTF-8", Array("{\"id\": \"".utf8) + [0xFF, 0xFE, 0xC0] + Array("\"}".utf8)),
                ("a huge id", Array("{\"id\": \(digits), \"name\": \"#1\"}".utf8)),
                ("a huge exponent", Array("{\"id\": 1e999999999}".utf8)),
                ("a huge price", Array(sound.replacing("12.50", with: "\(digits).50").utf8)),
                ("a huge time", Array(sound.replacing("created_at\":\"2", with: "created_at\":\"99999").utf8)),
            ]
            for (name, body) in bodies {
                let answer = try await Hook("orders/paid", body, id: name).send(to: installation)
                #expect(answer.status == 200, "\(name)")
            }
            try await installation.settled()
            let count = try await installation.exceptions(of: "unreadable_payload").reduce(0) {
                $0 + ($1["count"]?.int64 ?? 0)
            }
            let shown = try await installation.exceptions().map { $0.text() }
            #expect(count == Int64(bodies.count), "\(shown)")
            #expect(try await installation.snapshot().events.isEmpty)
            let listed = try await installation.command("exceptions", "list", "--json")
            #expect(listed.output.contains("unreadable_payload"))
            try await expectWork(installation, number: 3)
        }
    }

    @Test("A1 an unknown topic is kept and counted, and is no exception")
    func unknownTopic() async throws {
        try await TestInstallation.with { installation in
            let body = Array("{\"id\": 1}".utf8)
            #expect(try await Hook("themes/publish", body, id: "theme").send(to: installation).status == 200)
            try await installation.settled()
            let metrics = try await installation.get("/metrics").text
            let line = metrics.split(separator: "\n").first {
                $0.hasPrefix("plumbline_receipts_total{") && $0.contains("topic=\"themes/publish\"")
            }
            #expect(line?.hasSuffix(" 1") == true, "\(line ?? "not counted")")
            #expect(try await installation.exceptions().isEmpty)
            try await expectWork(installation, number: 4)
        }
    }

    private static let canLimit = FileManager.default.isExecutableFile(atPath: "/usr/bin/prlimit")

    @Test("A1 a store that cannot be written answers 503 with Retry-After, and loses nothing", .enabled(if: canLimit))
    func unwritable() async throws {
        try await TestInstallation.with(serving: false) { installation in
            // Writes beyond a file size fail for this process, for root too. The log is a file as well.
            let server = try await installation.serve(prelude: "trap '' XFSZ; exec 2>/dev/null")
            #expect(try await Self.sound(10).send(to: installation).status == 200)
            try await installation.settled()
            try await limitFiles(of: server, to: "1:")
            for _ in 0..<3 {
                let answer = try await Self.sound(11).send(to: installation)
                #expect(answer.status == 503)
                #expect(answer.headers["Retry-After"].first.flatMap { Int($0) } ?? 0 > 0)
            }
            #expect(try await installation.get("/health/ready").status == 503)
            #expect(try await installation.get("/health/live").status == 200)
            try await limitFiles(of: server, to: "unlimited:")
            #expect(server.isRunning)
            try await eventually("webhooks are taken again") {
                try await Self.sound(11).send(to: installation).status == 200
            }
            try await installation.settled()
            #expect(try await installation.get("/health/ready").status == 200)
            // Nothing that was acknowledged depends on this life of the process.
            try await installation.crash()
            try await installation.serve()
            try await installation.settled()
            let snapshot = try await installation.snapshot()
            for number: Int64 in [10, 11] {
                #expect(snapshot.events(JSON(9_300_000_000_000_000 + number), "purchase").count == 1)
            }
        }
    }

    private func limitFiles(of program: RunningProgram, to size: String) async throws {
        let tool = try RunningProgram(
            URL(filePath: "/usr/bin/prlimit"), ["--pid", String(program.id), "--fsize=\(size)"],
            in: FileManager.default.temporaryDirectory)
        try await tool.ends()
        try #require(tool.status == 0, "\(tool.errors)")
    }

    /// After all that it still does its work.
    private func expectWork(
        _ installation: TestInstallation, number: Int64, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let status = try await Self.sound(number).send(to: installation).status
        #expect(status == 200, sourceLocation: sourceLocation)
        let order = try await installation.shop.act([
            "do": "place_order", "lines": [["sku": "MUG-WHITE", "quantity": 1]],
        ])
        try await installation.settled()
        #expect(try await installation.get("/health/ready").status == 200, sourceLocation: sourceLocation)
        let snapshot = try await installation.snapshot()
        for order in [order["order"], JSON(9_300_000_000_000_000 + number)] {
            #expect(snapshot.events(order, "purchase").count == 1, sourceLocation: sourceLocation)
        }
        try await expectAgreement(installation, sourceLocation: sourceLocation)
    }
}
