extension BloomreachConfiguration {
    /// By what a brand names a sellable unit (docs/configuration.md, Brands).
    public enum ProductKey: String, Sendable, Hashable, CaseIterable {
        /// The shop's own id of the variant.
        case id
        /// The merchant's article number: the same in every shop of the brand.
        case sku

        /// The one name of a sellable unit: `variant_id` in events and `item_id` in the variants catalogue, which must
        /// be equal for a look-up to find the row (docs/vendors/bloomreach.md, Event and column names).
        ///
        /// - Returns: `nil` where the unit has no such name, or one that no row can have: item ids must not contain
        ///   `/` (docs/vendors/bloomreach.md, Catalogues). An event then names the unit by its `sku` attribute alone.
        public func variantItemID(id: String?, sku: String?) -> String? {
            let name = self == .id ? id : sku.map(Self.trimmed)
            guard let name, !name.isEmpty, !name.utf8.contains(UInt8(ascii: "/")) else { return nil }
            return name
        }

        private static func trimmed(_ text: String) -> String {
            var text = Substring(text)
            while let first = text.first, first.isWhitespace { text.removeFirst() }
            while let last = text.last, last.isWhitespace { text.removeLast() }
            return String(text)
        }
    }
}
