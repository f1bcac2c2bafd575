/// A column of a catalogue.
public struct CatalogField: Sendable, Hashable {
    /// The vendor's type names (docs/vendors/bloomreach.md, Catalogues).
    public enum FieldType: String, Sendable, Hashable {
        case string, longText = "long text", number, boolean, list
    }

    public var name: String
    public var type: FieldType
    /// Campaigns look rows up by it; a catalogue has at most ``OrdersCatalog/searchableMax`` of these.
    public var isSearchable: Bool
    /// `nil` for names and texts.
    public var unit: String?
    /// Where it comes from in the language of shops.
    public var source: String
    public var description: String

    init(
        _ name: String, _ type: FieldType, unit: String? = nil, _ source: String, _ description: String,
        searchable: Bool = false
    ) {
        self.name = name
        self.type = type
        self.unit = unit
        self.source = source
        self.description = description
        isSearchable = searchable
    }
}
