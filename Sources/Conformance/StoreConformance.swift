public import Sync

/// What every ``Store`` must do, as cases that any test target runs over its implementation.
///
/// ```swift
/// @Test(arguments: StoreConformance.cases) func conforms(_ check: StoreConformance.Case) async throws {
///     let disk = TemporaryFolder()
///     try await check.run { try SQLiteStore.open(folder: disk.path, keyring: keyring) }
/// }
/// ```
public enum StoreConformance {
    /// Opens the store. Called again it ends what it opened before as a crash does, without ceremony, and opens a
    /// store over what was durable.
    public typealias Opening = @Sendable () throws -> any Store

    public struct Case: Sendable, CustomStringConvertible {
        /// With the ids of the requirements and laws it proves.
        public let name: String
        private let body: @Sendable (Opening) async throws -> Void

        init(_ name: String, _ body: @escaping @Sendable (Opening) async throws -> Void) {
            self.name = name
            self.body = body
        }

        public var description: String { name }

        /// - Throws: ``ConformanceFailure``, or what the store threw.
        public func run(_ opening: Opening) async throws { try await body(opening) }
    }

    public static let cases: [Case] =
        inboxCases + commitCases + workCases + recordCases + peopleCases + claimPeopleCases + namesakeCases
        + modelCases
}

/// What a store did and should not have done.
public struct ConformanceFailure: Error, Sendable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}

func expect(_ holds: Bool, _ claim: @autoclosure () -> String) throws {
    guard holds else { throw ConformanceFailure(claim()) }
}

func expectEqual<Value: Equatable>(_ found: Value, _ wanted: Value, _ what: String) throws {
    guard found == wanted else { throw ConformanceFailure("\(what): found \(found), wanted \(wanted)") }
}

func expectConflict(_ what: String, _ body: () throws(StoreFailure) -> Void) throws {
    do {
        try body()
    } catch {
        return try expectEqual(error.code, .conflict, what)
    }
    throw ConformanceFailure("\(what): was taken, a conflict was wanted")
}
