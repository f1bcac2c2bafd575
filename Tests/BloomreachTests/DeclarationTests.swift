import Bloomreach
import Foundation
import JSON
import Testing

@Suite("Bloomreach declarations")
struct DeclarationTests {
    @Test("every event says what it is about, once, in the vendor's spelling")
    func events() throws {
        #expect(Set(EventAttributes.all.map(\.eventType)).count == EventAttributes.all.count)
        let always = [
            "event_key", "purchase_id", "journey_id", "purchase_source_type", "purchase_source_name", "local_currency",
            "reference_currency", "live",
        ]
        for declaration in EventAttributes.all {
            let names = declaration.attributes.map(\.name)
            #expect(Set(names).count == names.count, "\(declaration.eventType)")
            for name in always {
                #expect(declaration.attribute(name)?.presence == .always, "\(declaration.eventType) \(name)")
            }
            for attribute in declaration.attributes {
                #expect(isSnakeCase(attribute.name), "\(attribute.name)")
                #expect(attribute.members.isEmpty || attribute.type == .list)
                #expect(!attribute.name.contains("price") || attribute.unit != nil || attribute.type != .number)
            }
        }
        let update = try #require(EventAttributes.declaration(of: "purchase_update"))
        let purchase = try #require(EventAttributes.declaration(of: "purchase"))
        #expect(Set(purchase.attributes).isSubset(of: Set(update.attributes)))
    }

    @Test("events of baskets and consent are declared once, in the vendor's spelling, and no basket names a person")
    func basketsAndConsent() {
        let all = EventAttributes.everything
        #expect(Set(all.map(\.eventType)).count == all.count)
        #expect(Set(all.map(\.eventType)).isSuperset(of: ["cart_update", "checkout", "consent"]))
        for declaration in all {
            let names = declaration.attributes.map(\.name)
            #expect(Set(names).count == names.count, "\(declaration.eventType)")
            #expect(names.allSatisfy(isSnakeCase))
            #expect(declaration.attribute("event_key")?.presence == .always)
            #expect(declaration.attribute("live")?.presence == .always)
            for personal in ["email", "phone", "customer", "first_name"] {
                #expect(!names.contains { $0.contains(personal) }, "\(declaration.eventType)")
            }
        }
        for required in ["action", "category", "timestamp", "valid_until"] {
            #expect(EventAttributes.consent.attribute(required)?.presence == .always)
        }
    }

    @Test("E2 purchases and revisions carry each line's fulfilment status, the row too")
    func lineStatus() {
        for eventType in ["purchase", "purchase_update"] {
            let list = EventAttributes.declaration(of: eventType)?.attribute("product_list")
            #expect(list?.members.contains("fulfillment_status") == true)
        }
        #expect(OrdersCatalog.fields.contains { $0.name == "sku_status" })
    }

    @Test("a sum in the reference currency has its twin in the buyer's")
    func bothCurrencies() {
        for declaration in EventAttributes.all {
            for name in ["total_price", "total_delta"] where declaration.attribute(name) != nil {
                #expect(
                    declaration.attribute("\(name)_local_currency")?.unit == "local currency",
                    "\(declaration.eventType) \(name)")
            }
        }
    }

    @Test("the orders catalogue keeps the vendor's rules and no personal data")
    func catalog() {
        let names = OrdersCatalog.fields.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy(isSnakeCase))
        // Repeated in the properties it would make a second column (docs/vendors/bloomreach.md, Catalogues).
        #expect(!names.contains("item_id"))
        #expect(OrdersCatalog.fields.count { $0.isSearchable } <= OrdersCatalog.searchableMax)
        for name in names {
            for personal in ["email", "phone", "customer", "address", "city", "first_name", "last_name", "note"] {
                #expect(!name.contains(personal), "\(name)")
            }
        }
        for needed in ["revision", "told_hash", "truth_version", "lines", "live", "purchase_told"] {
            #expect(names.contains(needed))
        }
    }

    @Test(
        "purchase and purchase_item use the vendor's names; what is ours beyond them is listed here",
        .enabled(if: GoldenExamples.areThere, "the vendors' schemas are not beside this checkout"))
    func vendorNames() throws {
        let ours: Set = [
            "event_key", "journey_id", "reference_currency", "live", "order_name", "is_replacement", "replaces",
            "line_id", "revision",
        ]
        let model = try JSON.parse(
            Array(Data(contentsOf: Sample.root.appending(path: "../shared/specs/bloomreach/data-model.json"))))
        func vendor(_ eventType: String) -> Set<String> {
            Set((model["events"]?[eventType]?["attributes"]?.array ?? []).compactMap { $0[0]?.string })
        }
        // The vendor's list for `purchase` names the currency, `purchase_item` the line's members.
        let known = vendor("purchase").union(vendor("purchase_item")).union(ours)
        for declaration in [EventAttributes.purchase, EventAttributes.purchaseItem] {
            let names = Set(declaration.attributes.map(\.name))
            #expect(names.subtracting(known) == [], "\(declaration.eventType)")
            #expect(
                names.isSuperset(of: ["purchase_id", "total_price", "total_price_local_currency", "local_currency"]))
        }
    }

    @Test("each assumption has a name of its own and says what happens if it is wrong")
    func assumptions() {
        let names = BloomreachAssumption.all.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy(isSnakeCase))
        #expect(BloomreachAssumption.all.allSatisfy { !$0.text.isEmpty && !$0.otherwise.isEmpty })
    }

    @Test("docs/bloomreach-data.md is what the declarations say (PLUMBLINE_WRITE_DOCS=1 writes it)")
    func documentation() throws {
        let file = Sample.root.appending(path: "docs/bloomreach-data.md")
        let expected = BloomreachDocumentation.markdown()
        if ProcessInfo.processInfo.environment["PLUMBLINE_WRITE_DOCS"] == "1" {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(expected.utf8).write(to: file)
        }
        let committed = try String(contentsOf: file, encoding: .utf8)
        #expect(committed == expected)
        // A bar inside a cell would break its table.
        let rows = committed.split(separator: "\n").filter { $0.hasPrefix("|") }
        #expect(rows.allSatisfy { [5, 7].contains($0.count { $0 == "|" }) })
    }

    private func isSnakeCase(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
    }
}
