import Sync
import Transport

/// The headers of one webhook, of whichever family it was sent in (docs/vendors/shopify.md, Webhooks: signature and
/// headers).
struct WebhookHeaders {
    private let headers: HTTPHeaders
    private let prefix: String

    /// The classic family where it is signed, else the newer one. One request is read in one family only.
    init(_ headers: HTTPHeaders) {
        self.headers = headers
        prefix = headers["X-Shopify-Hmac-Sha256"] == nil ? "Shopify-" : "X-Shopify-"
    }

    subscript(name: String) -> String? {
        guard let value = headers[prefix + name].map(OrderMapping.trimmed), !value.isEmpty else { return nil }
        return value
    }
}

/// Shopify's signature: base64 of HMAC-SHA256 over the raw body (docs/vendors/shopify.md, Webhooks: signature and
/// headers).
enum WebhookSignature {
    /// Compares with every secret and every byte, so that time tells nothing about either.
    static func isGenuine(
        _ signature: String, body: [UInt8], secrets: [String], authenticate: MessageAuthentication
    ) -> Bool {
        let given = Array(signature.utf8)
        var isGenuine = false
        for secret in secrets {
            let matches = equal(given, base64(authenticate(Array(secret.utf8), body)))
            // With an empty secret anyone could sign.
            isGenuine = (matches && !secret.isEmpty) || isGenuine
        }
        return isGenuine
    }

    /// Takes the same time wherever the first difference is. Lengths are no secret: every genuine signature has 44
    /// characters.
    static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        var difference: UInt8 = left.count == right.count ? 0 : 1
        for index in right.indices {
            difference |= right[index] ^ (index < left.count ? left[index] : 0)
        }
        return difference == 0
    }

    /// RFC 4648, with padding.
    static func base64(_ bytes: [UInt8]) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var group = UInt32(bytes[start]) << 16
            if count > 1 { group |= UInt32(bytes[start + 1]) << 8 }
            if count > 2 { group |= UInt32(bytes[start + 2]) }
            for position in 0..<4 {
                let digit = alphabet[Int(group >> UInt32(18 - 6 * position) & 63)]
                text.append(position <= count ? digit : UInt8(ascii: "="))
            }
        }
        return text
    }
}
