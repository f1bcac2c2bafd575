import Testing
import Vault

@Suite struct VaultTests {
    struct Bundle {
        let key = DataKey.random()
        let codec = Codec()
        let ring: Keyring

        init() throws { ring = Keyring(current: try MasterKey(base64: MasterKey.generate())) }
    }

    @Test("K6 what is sealed opens with the same key and place, for every length")
    func roundTrip() throws {
        let bundle = try Bundle()
        for length in [0, 1, 2, 15, 16, 17, 1_000, 70_000] {
            let plain = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let sealed = try bundle.codec.seal(plain, key: bundle.key, context: [1])
            #expect(try bundle.codec.open(sealed, key: bundle.key, context: [1]) == plain)
        }
    }

    @Test("K6 another key, another place or one changed byte is refused")
    func refusals() throws {
        let bundle = try Bundle()
        let sealed = try bundle.codec.seal(Array("jo@example.test".utf8), key: bundle.key, context: [1])
        #expect(throws: VaultError.self) { try bundle.codec.open(sealed, key: .random(), context: [1]) }
        #expect(throws: VaultError.self) { try bundle.codec.open(sealed, key: bundle.key, context: [2]) }
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(throws: VaultError.self) { try bundle.codec.open(changed, key: bundle.key, context: [1]) }
        }
    }

    @Test("K6 a claimed length beyond the limit is refused before memory is taken")
    func bomb() throws {
        let bundle = try Bundle()
        var sealed = try bundle.codec.seal([1, 2, 3], key: bundle.key, context: [])
        for index in 1...8 { sealed[index] = 0x7F }
        do throws(VaultError) {
            _ = try bundle.codec.open(sealed, key: bundle.key, context: [])
            Issue.record("a bomb was opened")
        } catch { #expect(error.code == .tooLarge) }
    }

    @Test("K6 plain text does not appear in what is sealed")
    func hidden() throws {
        let bundle = try Bundle()
        let sealed = try bundle.codec.seal(Array("jo@example.test".utf8), key: bundle.key, context: [])
        #expect(!String(decoding: sealed, as: UTF8.self).contains("example"))
    }

    @Test("K6 after a rotation the previous key still unwraps and look-ups are still found")
    func rotation() throws {
        let old = try MasterKey(base64: MasterKey.generate())
        let new = try MasterKey(base64: MasterKey.generate())
        let before = Keyring(current: old)
        let after = Keyring(current: new, previous: [old])
        let wrapped = try before.wrap(.random())
        #expect(throws: Never.self) { try after.unwrap(wrapped) }
        #expect(throws: VaultError.self) { try Keyring(current: new).unwrap(wrapped) }
        #expect(before.index("email", "jo@example.test") == after.index("email", "jo@example.test"))
        #expect(before.index("email", "a") != before.index("name", "a"))
    }

    @Test("K6 keygen gives 32 bytes, and nothing else is taken")
    func keygen() throws {
        #expect(throws: Never.self) { try MasterKey(base64: MasterKey.generate()) }
        #expect(throws: VaultError.self) { try MasterKey(base64: "c2hvcnQ=") }
        #expect(throws: VaultError.self) { try MasterKey(base64: "not base64") }
    }

    @Test("K6 HMAC-SHA256 is the published function")
    func publishedVector() {
        // RFC 4231, test case 2.
        let code = HMACSHA256.code(key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8))
        let hex = code.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        #expect(hex == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(HMACSHA256.equal([1, 2], [1, 2]))
        #expect(!HMACSHA256.equal([1, 2], [1, 3]))
    }
}
