/// FIPS 180-4 and RFC 2104, small and slow: the program's own come from the Vault room, which core tests do without.
enum TestSHA256 {
    static func hmac(_ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        var block = key.count > 64 ? hash(key) : key
        block += Array(repeating: 0, count: 64 - block.count)
        return hash(block.map { $0 ^ 0x5C } + hash(block.map { $0 ^ 0x36 } + message))
    }

    private static let primes: [UInt64] = (2...311).filter { n in !(2..<n).contains { n % $0 == 0 } }

    /// The first 32 bits after the point of a root of `prime`, found in whole numbers.
    private static func fraction(_ prime: UInt64, isCube: Bool) -> UInt32 {
        var low: UInt64 = 0
        var high: UInt64 = 1 << 38
        func exceeds(_ root: UInt64) -> Bool {
            let value = UInt128(root)
            let power = isCube ? value * value * value : value * value
            return power > UInt128(prime) << (isCube ? 96 : 64)
        }
        while high - low > 1 {
            let middle = (low + high) / 2
            if exceeds(middle) { high = middle } else { low = middle }
        }
        return UInt32(truncatingIfNeeded: low)
    }
    private static let constants = primes.prefix(64).map { fraction($0, isCube: true) }
    private static let start = primes.prefix(8).map { fraction($0, isCube: false) }

    static func hash(_ message: [UInt8]) -> [UInt8] {
        var padded = message + [0x80]
        while padded.count % 64 != 56 { padded.append(0) }
        let bits = UInt64(message.count) * 8
        padded += (0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt64(56 - 8 * $0)) }
        var state = start
        for offset in stride(from: 0, to: padded.count, by: 64) { compress(&state, padded[offset..<offset + 64]) }
        return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(24 - 8 * $0)) } }
    }

    private static func compress(_ state: inout [UInt32], _ block: ArraySlice<UInt8>) {
        func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 { value >> count | value << (32 - count) }
        var words = stride(from: block.startIndex, to: block.endIndex, by: 4).map { index in
            block[index..<index + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        for index in 16..<64 {
            let a = words[index - 15]
            let b = words[index - 2]
            let first = rotate(a, 7) ^ rotate(a, 18) ^ (a >> 3)
            let second = rotate(b, 17) ^ rotate(b, 19) ^ (b >> 10)
            words.append(words[index - 16] &+ first &+ words[index - 7] &+ second)
        }
        var v = state
        for index in 0..<64 {
            let sum1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)
            let choice = (v[4] & v[5]) ^ (~v[4] & v[6])
            let first = v[7] &+ sum1 &+ choice &+ constants[index] &+ words[index]
            let sum0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)
            let majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2])
            v = [first &+ sum0 &+ majority, v[0], v[1], v[2], v[3] &+ first, v[4], v[5], v[6]]
        }
        for index in 0..<8 { state[index] &+= v[index] }
    }
}
