/// Compares a bearer token in a time that does not depend on where it differs.
struct AdminToken: Sendable {
    private let bytes: [UInt8]
    init(_ token: String) { bytes = Array(token.utf8) }

    /// Whether `header` is `Bearer` and this token. The length of the token is no secret.
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
