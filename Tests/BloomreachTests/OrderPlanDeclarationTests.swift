import Bloomreach
import Commerce
import JSON
import Sync
import Testing

/// What the plan builds against what is declared, over lives of orders made from seeds.
@Suite("Order plan: declarations")
struct OrderPlanDeclarationTests {
    @Test("E1 E2 E6 every event and row carries exactly what is declared, and no row names a person", arguments: 1...60)
    func declared(seed: UInt64) throws {
        var life = OrderPlanLife(seed: seed)
        var fixture = life.fixture
        var planned = 0
        for _ in 0..<10 {
            for delivery in fixture.plan().deliveries {
                planned += 1
                let problems = try delivery.kind == .present ? rowProblems(delivery) : eventProblems(delivery)
                #expect(problems.isEmpty, "seed \(seed), \(delivery.key): \(problems)")
            }
            fixture.tellAll()
            life.step()
            fixture.see(life.shop)
        }
        #expect(planned > 0, "seed \(seed): a life in which nothing is planned proves nothing")
    }

    @Test("E1 the lives above reach every event type, so that none goes unchecked")
    func reach() {
        var types: Set<String> = []
        for seed in UInt64(1)...60 {
            var life = OrderPlanLife(seed: seed)
            var fixture = life.fixture
            for _ in 0..<10 {
                types.formUnion(fixture.plan().deliveries.map(\.eventType))
                fixture.tellAll()
                life.step()
                fixture.see(life.shop)
            }
        }
        #expect(types == Set(EventAttributes.all.map(\.eventType) + ["row"]))
    }

    @Test("the comparison notices a missing, an undeclared and a mistyped attribute")
    func alive() throws {
        let fixture = OrderPlanFixture(.teeAndCap())
        let purchase = try fixture.planned().event("purchase")
        #expect(try eventProblems(purchase).isEmpty)
        func changed(_ name: String, to value: JSON?) throws -> [String] {
            var body = try #require(try purchase.json().object)
            var properties = try #require(body["properties"]?.object)
            properties[name] = value
            body["properties"] = .object(properties)
            var delivery = purchase
            delivery.body = JSON.object(body).encoded()
            return try eventProblems(delivery)
        }
        #expect(try changed("total_price", to: nil) == ["total_price is missing"])
        #expect(try changed("total_price", to: "43") == ["total_price is no number"])
        #expect(try changed("colour", to: "red") == ["colour is not declared"])
        #expect(
            try changed("product_list", to: [["colour": "red"]]) == ["product_list has an undeclared member colour"])
        let row = try fixture.planned().event("row")
        #expect(try rowProblems(row).isEmpty)
        let told = String(decoding: row.body, as: UTF8.self).replacing("\"#1001\"", with: "\"Ada Lovelace\"")
        var leaking = row
        leaking.body = Array(told.utf8)
        #expect(try rowProblems(leaking) == ["the row says Lovelace"])
    }

    // MARK: The comparison

    private func eventProblems(_ delivery: Delivery) throws -> [String] {
        let body = try delivery.json()
        guard let declaration = EventAttributes.declaration(of: delivery.eventType),
            let properties = body["properties"]?.object
        else { return ["\(delivery.eventType) is not declared"] }
        var problems: [String] = []
        if body.object?.keys.sorted() != ["customer_ids", "event_type", "properties", "timestamp"] {
            problems.append("the command holds \(body.object?.keys ?? [])")
        }
        if properties["event_key"]?.string != delivery.key { problems.append("event_key is not the delivery's key") }
        for attribute in declaration.attributes {
            guard let value = properties[attribute.name] else {
                if attribute.presence == .always { problems.append("\(attribute.name) is missing") }
                continue
            }
            problems += typeProblems(value, attribute)
        }
        for name in properties.keys where declaration.attribute(name) == nil {
            problems.append("\(name) is not declared")
        }
        return problems
    }

    private func typeProblems(_ value: JSON, _ attribute: EventAttribute) -> [String] {
        switch (attribute.type, value) {
        case (.string, .string(let text)): return text.isEmpty ? ["\(attribute.name) is empty"] : []
        case (.number, .number), (.boolean, .bool): return []
        case (.list, .array(let elements)):
            return elements.flatMap { element -> [String] in
                guard let members = element.object?.keys else {
                    return attribute.members.isEmpty ? [] : ["\(attribute.name) has an element that is no object"]
                }
                return members.filter { !attribute.members.contains($0) }
                    .map { "\(attribute.name) has an undeclared member \($0)" }
            }
        default: return ["\(attribute.name) is no \(attribute.type.rawValue)"]
        }
    }

    private func rowProblems(_ delivery: Delivery) throws -> [String] {
        let properties = try #require(try delivery.properties().object)
        var problems: [String] = []
        for field in OrdersCatalog.fields {
            guard let value = properties[field.name] else {
                // Blank until the order is void, and where the row shows its own order.
                if !["cancel_reason", "cancelled_at", "mirrors"].contains(field.name) {
                    problems.append("\(field.name) is missing")
                }
                continue
            }
            if !isOf(field.type, value) { problems.append("\(field.name) is no \(field.type.rawValue)") }
        }
        for name in properties.keys where !OrdersCatalog.fields.contains(where: { $0.name == name }) {
            problems.append("\(name) is not declared")
        }
        let text = String(decoding: delivery.body, as: UTF8.self).lowercased()
        for personal in OrderPlanLife.personal where text.contains(personal.lowercased()) {
            problems.append("the row says \(personal)")
        }
        return problems
    }

    private func isOf(_ type: OrdersCatalog.Field.FieldType, _ value: JSON) -> Bool {
        switch (type, value) {
        case (.string, .string), (.number, .number), (.boolean, .bool): return true
        case (.longText, .string(let text)):
            let members = [
                "line_id", "product_id", "variant_id", "sku", "title", "quantity", "price", "total_price",
                "fulfillment_status",
            ]
            guard let lines = try? JSON.parse(text).array else { return false }
            return lines.allSatisfy { Set($0.object?.keys ?? ["none"]).isSubset(of: members) }
        case (.list, .array(let elements)): return elements.allSatisfy { $0.string != nil }
        default: return false
        }
    }
}
