import Vault

/// Makes encryption keys for `keygen`.
public enum KeyGenerator {
    /// 32 random bytes in base64.
    public static func newKey() -> String { MasterKey.generate() }
}
