import Conformance
import Sync
import Testing

@Suite("Store conformance: memory")
struct MemoryStoreConformanceTests {
    @Test("the memory store conforms", arguments: StoreConformance.cases)
    func conforms(_ check: StoreConformance.Case) async throws {
        // The engine is dropped, the store stays: what memory calls a crash.
        let store = MemoryStore()
        try await check.run { store }
    }

    @Test("the suite catches a store with this defect", arguments: BrokenStore.Defect.allCases)
    func catches(_ defect: BrokenStore.Defect) async throws {
        var caught: [String] = []
        for check in StoreConformance.cases {
            let disk = MemoryStore()
            do {
                try await check.run { BrokenStore(over: disk, defect) }
            } catch {
                caught.append(check.name)
            }
        }
        #expect(!caught.isEmpty)
    }

    @Test("case names tell one case from another")
    func names() {
        #expect(Set(StoreConformance.cases.map(\.name)).count == StoreConformance.cases.count)
    }
}
