/// Compares a bearer token in constant time.
struct AdminToken: Sendable {
    private let bytes: [UInt8]
    init(_ token: String) { bytes = Array(token.utf8) }

    /// Whether `header` is `Bearer` followed by this token. The token's length is not secret.
    func admits(_ header: String?) -> Bool {
        let scheme = "Bearer "
        guard let header, header.hasPrefix(scheme) else { return false }
        let given = Array(header.utf8.dropFirst(scheme.utf8.count))
        var difference = UInt(bitPattern: bytes.count ^ given.count)
        for index in bytes.indices {
            difference |= UInt(bytes[index] ^ (index < given.count ? given[index] : 0))
        }
        return difference == 0
    }
}
