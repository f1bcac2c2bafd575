/// A short digest that is equal in every process and every release: it is stored beside what was told and decides
/// whether something changed. It finds changes; it is no protection against an adversary.
public enum StableDigest {
    /// 128 bits as 32 hexadecimal digits: FNV-1a over the bytes, twice from different starts.
    public static func of(_ bytes: some Sequence<UInt8>) -> String {
        var first: UInt64 = 0xCBF2_9CE4_8422_2325
        var second: UInt64 = 0x9AE1_6A3B_2F90_404F
        for byte in bytes {
            first = (first ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
            second = (second ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
            second ^= second >> 29
        }
        return hex(first) + hex(second)
    }

    public static func of(_ text: String) -> String { of(text.utf8) }

    static func of(_ address: PostalAddress?) -> String {
        guard let address else { return "none" }
        let parts = [
            address.name, address.company, address.address1, address.address2, address.city, address.provinceCode,
            address.zip, address.countryCode, address.phone,
        ]
        return of(parts.map { $0 ?? "" }.joined(separator: "\u{1F}"))
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
