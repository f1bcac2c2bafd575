import JSON

/// What a query costs (docs/vendors/shopify.md, Reads and rate limits). Shopify publishes the parts and not the formula
/// for connections; this one fits the published samples: a scalar is 0, an object 1, a mutation 10; a connection or
/// list of page size n over children that cost c together is `base + ⌈c × max(6, base) ÷ 6⌉`, base = ⌊2 + 2·ln n⌋. So
/// `customers(first: 100) {nodes {id}}` is 11 and `fulfillmentOrders(first: 250)` 13. `nodes(ids:)` has no such
/// discount: each id costs its object. Edges, nodes and `pageInfo` cost nothing; a money bag is three objects.
enum ShopifyCost {
    static let mutation = 10

    /// ⌊2 + 2·ln n⌋ without floating point: the smallest n of each value, e^((v−2)/2) rounded up.
    private static let thresholds = [1, 2, 3, 5, 8, 13, 21, 34, 55, 91, 149, 245]

    static func base(_ size: Int) -> Int { 1 + max(1, thresholds.prefix { $0 <= size }.count) }

    static func sized(_ size: Int, inner: Int) -> Int {
        let base = base(size)
        return base + (inner * max(6, base) + 5) / 6
    }

    static func isWrapper(_ type: String) -> Bool {
        type.hasSuffix("Edge") || type == "PageInfo"
    }

    /// The price of one field whose selections cost `inner`, at the page size that was asked for.
    static func requested(
        _ field: GraphQLField, _ definition: GraphQLSchema.Field, parent: String, inner: Int, variables: [String: JSON]
    ) -> Int {
        func size(_ name: String) -> Int? {
            guard let value = field.arguments.first(where: { $0.name == name })?.value else { return nil }
            return switch value {
            case .literal(let json): json.int64.map { Int($0) }
            case .variable(let variable):
                variables[variable]?.int64.map { Int($0) } ?? variables[variable]?.array?.count
            case .list(let values): values.count
            default: nil
            }
        }
        let size = size("ids") ?? size("first") ?? size("last")
        return price(definition, parent: parent, name: field.name, inner: inner, size: size)
    }

    /// `size` is the page size or, for the actual cost, what was found; `nil` for plain objects and lists.
    static func price(
        _ definition: GraphQLSchema.Field, parent: String, name: String, inner: Int, size: Int?
    ) -> Int {
        let type = definition.type.name
        if parent == "Mutation" { return mutation + inner }
        if name == "nodes", parent == "QueryRoot" { return max(1, size ?? 1) * (1 + inner) }
        if type.hasSuffix("Connection") { return sized(max(1, size ?? 1), inner: inner) }
        if parent.hasSuffix("Connection") || parent.hasSuffix("Edge") || isWrapper(type) { return inner }
        if definition.type.isList, let size { return sized(max(1, size), inner: inner) }
        return 1 + inner
    }
}
