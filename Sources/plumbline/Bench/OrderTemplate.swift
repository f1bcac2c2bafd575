import JSON
import NIOCore

/// Any number of orders from one body: the ids, the name and the e-mail are written over, digit for digit.
struct OrderTemplate: Sendable {
    private struct Blank: Sendable {
        var offset: Int
        var width: Int
    }
    private static let digits = 9
    private static let zeros = String(repeating: "0", count: digits)

    private let body: [UInt8]
    private let blanks: [Blank]

    /// - Throws: ``BenchSystem/Failure`` where the simulated shop's order has no such parts.
    init() throws {
        let orders = BenchOrders(count: 1) { _ in
            ["email": .string("shopper\(Self.zeros)@example.test"), "name": .string("#B\(Self.zeros)")]
        }
        guard let body = orders.bodies.first, let order = try? JSON.parse(body), let id = order["id"]?.int64,
            let customer = order["customer"]?["id"]?.int64
        else { throw BenchSystem.Failure(description: "the simulated shop sent no order with a customer") }
        self.body = body
        blanks =
            [String(id), String(customer), Self.zeros].flatMap { text in
                let bytes = Array(text.utf8)
                return Self.offsets(of: bytes, in: body).map { offset in
                    // The last digits: an id keeps its first ones, so that it stays a number of the same size.
                    Blank(offset: offset + bytes.count - Self.digits, width: Self.digits)
                }
            }
    }

    func request(_ number: Int, path: String) -> ByteBuffer {
        let digits = Array(String(number).utf8)
        var body = self.body
        for blank in blanks {
            for index in 0..<blank.width {
                let place = index - (blank.width - digits.count)
                body[blank.offset + index] = place >= 0 ? digits[place] : 0x30
            }
        }
        return BenchOrders.request(path: path, body: body, deliveryID: "backlog-\(number)")
    }

    private static func offsets(of bytes: [UInt8], in body: [UInt8]) -> [Int] {
        (0...max(0, body.count - bytes.count)).filter { offset in
            body[offset] == bytes[0] && body[offset..<offset + bytes.count].elementsEqual(bytes)
        }
    }
}
