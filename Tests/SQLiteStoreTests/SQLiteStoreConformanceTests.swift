import Conformance
import SQLiteStore
import Testing

@Suite("Store conformance: SQLite")
struct SQLiteStoreConformanceTests {
    @Test("the SQLite store conforms", arguments: StoreConformance.cases)
    func conforms(_ check: StoreConformance.Case) async throws {
        let disk = TemporaryStore()
        try await check.run { try disk.open() }
    }
}
