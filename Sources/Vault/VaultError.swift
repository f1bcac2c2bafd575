/// Why a value could not be encrypted or decrypted. Never contains plain text or keys.
public struct VaultError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable {
        case compressionFailed = "vault_compression_failed"
        case invalidKey = "vault_invalid_key"
        case notAuthentic = "vault_not_authentic"
        case tooLarge = "vault_too_large"
        case unknownFormat = "vault_unknown_format"
        case unknownKey = "vault_unknown_key"
    }
    public var code: Code
    public var detail: String

    public init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }
    public var description: String { "\(code.rawValue): \(detail)" }
}
