import Bloomreach
import Commerce
import JSON
import Testing
import Transport

@Suite("Bloomreach check")
struct AccessTests {
    private let now = Instant(seconds: 1_790_000_000)
    private let time = Sample.answer(200, #"{"success":true,"errors":[],"time":1790000000.1234567890123}"#)
    private let list = Sample.answer(200, #"{"success":true,"data":[{"_id":"cat1","name":"orders"}]}"#)
    private let emptyList = Sample.answer(200, #"{"success":true,"data":[]}"#)

    /// Runs a check against fixed answers; returns what was asked and found.
    private func check(
        fixing: Bool = false, catalogs: [BloomreachCatalog] = [.orders], _ answers: [HTTPOutcome]
    ) -> (asked: [String], findings: [BloomreachAccess.Finding]) {
        var access = BloomreachAccess(configuration: Sample.configuration, fixing: fixing, catalogs: catalogs)
        var asked: [String] = []
        for answer in answers {
            guard let request = access.next else {
                Issue.record("nothing more is asked after \(asked)")
                break
            }
            asked.append("\(request.method) \(request.path.split(separator: "/").dropFirst(4).joined(separator: "/"))")
            access.take(answer, at: now)
        }
        #expect(access.next == nil)
        return (asked, access.findings)
    }

    private func columns(without missing: String? = nil, retyped: String? = nil) -> HTTPOutcome {
        let fields = OrdersCatalog.fields.filter { $0.name != missing }.map { field -> JSON in
            let type = field.name == retyped ? "string" : field.type.rawValue
            return ["name": .string(field.name), "type": .string(type)]
        }
        let body: JSON = ["success": true, "data": ["id": "cat1", "name": "orders", "fields": .array(fields)]]
        return Sample.answer(200, body.text())
    }

    @Test("everything in order")
    func fine() {
        let result = check([time, list, columns()])
        #expect(result.asked == ["GET system/time", "GET catalogs", "GET catalogs/cat1"])
        #expect(result.findings.map(\.state) == [.fine, .fine, .fine])
        #expect(result.findings.map(\.subject) == [.tracking, .key, .ordersCatalog])
    }

    @Test("E10 products and variants are looked at and made like orders, each for itself")
    func allCatalogs() {
        let made = Sample.answer(200, #"{"success":true,"id":"cat9"}"#)
        let refused = Sample.answer(400, #"{"success":false,"errors":{"_global":["no right"]}}"#)
        let fixed = check(fixing: true, catalogs: BloomreachCatalog.allCases, [time, list, columns(), refused, made])
        #expect(
            fixed.asked == ["GET system/time", "GET catalogs", "GET catalogs/cat1", "POST catalogs", "POST catalogs"])
        #expect(fixed.findings.map(\.subject) == BloomreachAccess.Subject.allCases.filter { $0 != .consentCategories })
        #expect(fixed.findings.map(\.state) == [.fine, .fine, .fine, .wrong, .fixed])
        #expect(fixed.findings.last?.detail.contains("catalogue 'variants' was created") == true)
        let told = check(catalogs: BloomreachCatalog.allCases, [time, list, columns()])
        #expect(told.findings.count == 5)
        #expect(told.findings.last?.detail == "catalogue 'variants' does not exist; run plumbline check --fix")
    }

    @Test("E10 every catalogue keeps the vendor's rules; only orders is no product catalogue")
    func creation() {
        for catalog in BloomreachCatalog.allCases {
            let names = catalog.fields.map(\.name)
            #expect(Set(names).count == names.count, "\(catalog)")
            // Repeated in the properties it would make a second column (docs/vendors/bloomreach.md, Catalogues).
            #expect(!names.contains("item_id"))
            #expect(names.contains("told_hash") && names.contains("updated_at"), "the read-back needs them")
            #expect(catalog.fields.count { $0.isSearchable } <= OrdersCatalog.searchableMax)
            let creation = catalog.creation(name: "x")
            #expect(creation["is_product_catalog"]?.bool == (catalog != .orders))
            #expect(creation["fields"]?.array?.count == names.count)
        }
    }

    @Test("a missing catalogue is told, and made by --fix with every column")
    func missingCatalog() throws {
        let told = check([time, emptyList])
        #expect(told.findings.last?.state == .wrong)
        #expect(told.findings.last?.detail == "catalogue 'orders' does not exist; run plumbline check --fix")
        let created = check(fixing: true, [time, emptyList, Sample.answer(200, #"{"success":true,"id":"cat9"}"#)])
        #expect(created.asked.last == "POST catalogs")
        #expect(created.findings.last?.state == .fixed)
        let clash = Sample.answer(
            400, #"{"success":false,"errors":{"_global":["Catalog with name 'orders' already exists"]}}"#)
        let refused = check(fixing: true, [time, emptyList, clash])
        #expect(refused.findings.last?.state == .wrong)
        #expect(refused.findings.last?.detail.contains("already exists") == true)
    }

    @Test("a catalogue with missing or wrong columns cannot be fixed: the report says what to do")
    func wrongColumns() {
        for fixing in [false, true] {
            let missing = check(fixing: fixing, [time, list, columns(without: "sku_status")]).findings.last
            #expect(missing?.state == .wrong)
            #expect(missing?.detail.contains("column sku_status is missing") == true)
            #expect(missing?.detail.contains("run plumbline check --fix") == true)
        }
        let retyped = check([time, list, columns(retyped: "total_price")]).findings.last
        #expect(retyped?.detail.contains("column total_price is string instead of number") == true)
        let hidden = check([time, list, Sample.answer(200, #"{"success":true,"data":{"id":"cat1","name":"orders"}}"#)])
        #expect(hidden.findings.last?.state == .unseen)
    }

    @Test("a wrong key or project is told with what to check, never with the key")
    func wrongKey() {
        let result = check([time, Sample.answer(401, #"{"success":false,"error":"access key key-7 not found"}"#)])
        #expect(result.findings.last?.subject == .key)
        #expect(result.findings.last?.state == .wrong)
        #expect(
            result.findings.last?.detail
                == "not authorised: access key [redacted] not found; check project, key_id and secret")
    }

    @Test("an unreachable host ends the check, a clock that is off does not")
    func tracking() {
        let unreachable = check([.notSent("connection refused")])
        #expect(unreachable.findings.map(\.state) == [.wrong])
        let late = check([Sample.answer(200, #"{"success":true,"time":1790000061}"#), list, columns()])
        #expect(late.findings.map(\.state) == [.wrong, .fine, .fine])
        #expect(late.findings.first?.detail.contains("differ by 61.000000s") == true)
        let odd = check([Sample.answer(200, #"{"success":true,"time":"soon"}"#), list, columns()])
        #expect(odd.findings.map(\.state) == [.unseen, .fine, .fine])
    }
}
