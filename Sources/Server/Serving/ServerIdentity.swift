import Vault

/// Proves to a command which store a server serves, before the command sends its token.
///
/// ```
/// command ── challenge (random) ──► server          the secret is in the store's folder, for its owner alone
/// command ◄── HMAC(secret, store id, challenge) ── server
/// ```
/// A program that took the port of a killed server cannot answer, because the secret never leaves the folder.
public struct ServerIdentity: Sendable {
    /// Identifies the store; not secret.
    public let storeID: String
    /// Base64; new at each start.
    let secret: String

    public init(storeID: String) { self.init(storeID: storeID, secret: MasterKey.generate()) }

    init(storeID: String, secret: String) {
        self.storeID = storeID
        self.secret = secret
    }

    /// Commands send 44 bytes.
    static let challengeBytesMax = 128
    static func newChallenge() -> String { MasterKey.generate() }

    /// Lower-case hexadecimal.
    func proof(of challenge: String) -> String {
        HMACSHA256.code(key: Array(secret.utf8), message: message(challenge)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// Whether `proof` was made by a server that holds the secret. Compares in constant time.
    func accepts(_ proof: String, of challenge: String) -> Bool {
        HMACSHA256.equal(Array(proof.utf8), Array(self.proof(of: challenge).utf8))
    }

    private func message(_ challenge: String) -> [UInt8] { Array("plumbline \(storeID) \(challenge)".utf8) }
}
