import Crypto

/// HMAC-SHA256 (RFC 2104), for the signatures of webhooks.
public enum HMACSHA256 {
    public static func code(key: [UInt8], message: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key)))
    }

    /// Whether `code` signs `message`. Compares in constant time.
    public static func matches(_ code: [UInt8], key: [UInt8], message: [UInt8]) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: message, using: SymmetricKey(data: key))
    }

    /// Whether two secrets are equal, in constant time: compares their codes under a random key, so that the comparison
    /// time reveals nothing about the secrets' bytes.
    public static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        let key = SymmetricKey(size: .bits256)
        let code = HMAC<SHA256>.authenticationCode(for: left, using: key)
        return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: right, using: key)
    }
}

/// SHA-256 (FIPS 180-4), for the audit chain and for digests that leave this program.
public enum SHA256Digest {
    /// 32 bytes.
    public static func of(_ message: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: message)) }
}
