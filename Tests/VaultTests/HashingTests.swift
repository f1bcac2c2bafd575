import Testing
import Vault

@Suite struct HashingTests {
    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    @Test("K6 HMAC-SHA256 is the published function")
    func publishedCode() {
        // RFC 4231, test case 2.
        let code = HMACSHA256.code(key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8))
        #expect(hex(code) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test("K6 SHA-256 is the published function")
    func publishedDigest() {
        // FIPS 180-2, appendix B.1, and the empty message.
        #expect(
            hex(SHA256Digest.of(Array("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            hex(SHA256Digest.of([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test("K6 a signature matches its own message and key only")
    func signatures() {
        let message = Array(#"{"id":820982911946154508}"#.utf8)
        let code = HMACSHA256.code(key: [1, 2], message: message)
        #expect(HMACSHA256.matches(code, key: [1, 2], message: message))
        #expect(!HMACSHA256.matches(code, key: [1, 3], message: message))
        #expect(!HMACSHA256.matches(code, key: [1, 2], message: message + [32]))
        #expect(!HMACSHA256.matches([], key: [1, 2], message: message))
        for index in code.indices {
            var changed = code
            changed[index] ^= 1
            #expect(!HMACSHA256.matches(changed, key: [1, 2], message: message))
        }
    }

    @Test("K6 secrets are equal only when every byte is")
    func equality() {
        #expect(HMACSHA256.equal([], []))
        #expect(HMACSHA256.equal([1, 2], [1, 2]))
        #expect(!HMACSHA256.equal([1, 2], [1, 3]))
        #expect(!HMACSHA256.equal([1, 2], [1, 2, 0]))
    }
}
