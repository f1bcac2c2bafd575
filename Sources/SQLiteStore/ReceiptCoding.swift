import Commerce
import Sync

/// Receipts as the plain contents of one frame.
enum ReceiptCoding {
    /// The first byte of a frame's contents.
    private static let version: UInt8 = 1

    /// The approximate size of a receipt in a frame, for splitting an append into frames.
    static func weight(_ receipt: Receipt) -> Int { receipt.body.count + 200 }

    static func encoded(_ receipts: ArraySlice<Receipt>) -> [UInt8] {
        var writer = ByteFieldWriter(capacity: receipts.reduce(1) { $0 + weight($1) })
        writer.put(version)
        for receipt in receipts {
            writer.put(receipt.connection)
            writer.put(receipt.topic)
            writer.put(receipt.deliveryID)
            writer.put(receipt.eventID)
            writer.put(receipt.triggeredAt?.microseconds)
            writer.put(receipt.receivedAt.microseconds)
            writer.put(receipt.body)
        }
        return writer.bytes
    }

    /// `nil` if the bytes are not the encoding of `count` receipts by ``encoded(_:)``.
    static func decoded(_ bytes: [UInt8], count: Int) -> [Receipt]? {
        var reader = ByteFieldReader(bytes)
        guard reader.number(UInt8.self) == version else { return nil }
        var receipts: [Receipt] = []
        while receipts.count < count {
            guard let connection = reader.text(), let topic = reader.text(), let deliveryID = reader.text(),
                let eventID = reader.optionalText(), let triggeredAt = reader.optionalNumber(),
                let receivedAt = reader.number(Int64.self), let body = reader.byteString()
            else { return nil }
            receipts.append(
                Receipt(
                    connection: connection, topic: topic, deliveryID: deliveryID, eventID: eventID,
                    triggeredAt: triggeredAt.map(Instant.init(microseconds:)),
                    receivedAt: Instant(microseconds: receivedAt), body: body))
        }
        return reader.isAtEnd ? receipts : nil
    }
}
