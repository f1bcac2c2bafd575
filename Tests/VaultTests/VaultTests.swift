import Testing
import Vault

@Suite struct VaultTests {
    struct Bundle {
        let key = DataKey.random()
        let codec = Codec()
        let ring: Keyring

        init() throws { ring = Keyring(current: try MasterKey(base64: MasterKey.generate())) }
    }

    /// A seeded stream of numbers (SplitMix64), so that a failing case can be run again.
    struct Dice {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
        /// Either noise, which does not shrink, or a repeated letter, which shrinks most.
        mutating func bytes(count: Int) -> [UInt8] {
            let isNoise = next() % 2 == 0
            let letter = UInt8(truncatingIfNeeded: next())
            return (0..<count).map { _ in isNoise ? UInt8(truncatingIfNeeded: next()) : letter }
        }
    }

    @Test("K6 what is sealed opens with the same key and place", arguments: 0..<40)
    func roundTrip(seed: Int) throws {
        let bundle = try Bundle()
        var dice = Dice(state: UInt64(seed))
        let edges = [0, 1, 2, 15, 16, 17, 255, 256, 65_535, 65_536, 131_073]
        let plain = dice.bytes(count: seed < edges.count ? edges[seed] : Int(dice.next() % 20_000))
        let context = dice.bytes(count: Int(dice.next() % 40))
        let sealed = try bundle.codec.seal(plain, key: bundle.key, context: context)
        #expect(try bundle.codec.open(sealed, key: bundle.key, context: context) == plain)
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
        for length in 0..<sealed.count {
            let cut = Array(sealed.prefix(length))
            #expect(throws: VaultError.self) { try bundle.codec.open(cut, key: bundle.key, context: [1]) }
        }
    }

    @Test("K6 a claimed length beyond the limit is refused before memory is taken")
    func bomb() throws {
        let bundle = try Bundle()
        var sealed = try bundle.codec.seal([1, 2, 3], key: bundle.key, context: [])
        for index in 1...8 { sealed[index] = 0x7F }
        let error = #expect(throws: VaultError.self) {
            try bundle.codec.open(sealed, key: bundle.key, context: [])
        }
        #expect(error?.code == .tooLarge)
    }

    @Test("K6 one codec serves many callers at once")
    func parallel() async throws {
        let bundle = try Bundle()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<32 {
                group.addTask {
                    let plain = [UInt8](repeating: UInt8(number), count: 1_000 * number)
                    let sealed = try bundle.codec.seal(plain, key: bundle.key, context: [])
                    return try bundle.codec.open(sealed, key: bundle.key, context: []) == plain
                }
            }
            for try await isEqual in group { #expect(isEqual) }
        }
    }

    @Test("K6 plain text does not appear in what is sealed")
    func hidden() throws {
        let bundle = try Bundle()
        let sealed = try bundle.codec.seal(Array("jo@example.test".utf8), key: bundle.key, context: [])
        #expect(!String(decoding: sealed, as: UTF8.self).contains("example"))
    }

    @Test("K6 a value carries its format, and another format is refused by name")
    func formats() throws {
        let bundle = try Bundle()
        var sealed = try bundle.codec.seal([1], key: bundle.key, context: [])
        var wrapped = try bundle.ring.wrap(bundle.key)
        #expect(sealed[0] == 1 && wrapped[0] == 1)
        sealed[0] = 2
        wrapped[0] = 2
        let refusedValue = #expect(throws: VaultError.self) {
            try bundle.codec.open(sealed, key: bundle.key, context: [])
        }
        let refusedKey = #expect(throws: VaultError.self) { try bundle.ring.unwrap(wrapped) }
        #expect(refusedValue?.code == .unknownFormat)
        #expect(refusedKey?.code == .unknownFormat)
    }

    @Test("K6 a wrapped key opens what the key sealed, and one changed byte is refused")
    func wrappedKey() throws {
        let bundle = try Bundle()
        let sealed = try bundle.codec.seal([7, 8, 9], key: bundle.key, context: [])
        let wrapped = try bundle.ring.wrap(bundle.key)
        #expect(try bundle.codec.open(sealed, key: bundle.ring.unwrap(wrapped), context: []) == [7, 8, 9])
        for index in wrapped.indices {
            var changed = wrapped
            changed[index] ^= 1
            #expect(throws: VaultError.self) { try bundle.ring.unwrap(changed) }
        }
        #expect(throws: VaultError.self) { try bundle.ring.unwrap([]) }
    }

    @Test("K6 after two rotations every previous key unwraps and look-ups are still found")
    func rotation() throws {
        let first = try MasterKey(base64: MasterKey.generate())
        let second = try MasterKey(base64: MasterKey.generate())
        let third = try MasterKey(base64: MasterKey.generate())
        let rings = [
            Keyring(current: first), Keyring(current: second, previous: [first]),
            Keyring(current: third, previous: [second, first]),
        ]
        for ring in rings {
            let wrapped = try ring.wrap(.random())
            #expect(throws: Never.self) { try rings[2].unwrap(wrapped) }
            #expect(ring.index("email", "jo@example.test") == rings[0].index("email", "jo@example.test"))
        }
        let unknown = try rings[0].wrap(.random())
        let error = #expect(throws: VaultError.self) { try Keyring(current: third).unwrap(unknown) }
        #expect(error?.code == .unknownKey)
    }

    @Test("K6 the look-up index separates kinds, values and installations, and is 16 bytes")
    func index() throws {
        let bundle = try Bundle()
        let index = bundle.ring.index("email", "a")
        #expect(index.count == 16)
        #expect(index != bundle.ring.index("name", "a"))
        #expect(index != bundle.ring.index("email", "b"))
        #expect(index != (try Bundle()).ring.index("email", "a"))
    }

    @Test("K6 keygen gives 32 bytes, and nothing else is taken")
    func keygen() throws {
        #expect(throws: Never.self) { try MasterKey(base64: MasterKey.generate()) }
        #expect(MasterKey.generate() != MasterKey.generate())
        #expect(throws: VaultError.self) { try MasterKey(base64: "c2hvcnQ=") }
        #expect(throws: VaultError.self) { try MasterKey(base64: "not base64") }
    }
}
