/// What a key or a token may do, in the words of the vendor's permission page (docs/vendors/bloomreach.md, Access and
/// permissions).
public struct BloomreachPermissions: Sendable, Equatable {
    /// Either everything but some names, or nothing but some names.
    public struct Allowance: Sendable, Equatable {
        private var isOpen: Bool
        private var exceptions: Set<String>

        public static let all = Allowance(isOpen: true, exceptions: [])
        public static let none = Allowance(isOpen: false, exceptions: [])
        public static func only(_ names: [String]) -> Allowance { Allowance(isOpen: false, exceptions: Set(names)) }

        private init(isOpen: Bool, exceptions: Set<String>) {
            self.isOpen = isOpen
            self.exceptions = exceptions
        }

        public func allows(_ name: String) -> Bool { isOpen != exceptions.contains(name) }

        public mutating func permit(_ name: String) { set(name, isException: !isOpen) }
        public mutating func forbid(_ name: String) { set(name, isException: isOpen) }

        private mutating func set(_ name: String, isException: Bool) {
            if isException { exceptions.insert(name) } else { exceptions.remove(name) }
        }
    }

    /// Events > Set and Events > Get, per event type (`consent` is one).
    public var eventsSet: Allowance
    public var eventsGet: Allowance
    /// Customer properties > Set and > Get, per property.
    public var propertiesSet: Allowance
    public var propertiesGet: Allowance
    /// Names of ``CatalogRight``.
    public var catalogs: Allowance
    /// `export_customer` and `anonymize_customer`.
    public var privacy: Allowance

    public enum CatalogRight: String, Sendable, CaseIterable {
        case getCatalog = "get_catalog"
        case createCatalog = "create_catalog"
        case updateCatalog = "update_catalog"
        case deleteCatalog = "delete_catalog"
        case getItems = "get_catalog_items"
        case writeItem = "create_or_update_catalog_item"
        case partialUpdateItem = "partial_update_catalog_item"
        case deleteItem = "delete_catalog_item"
        case deleteAllItems = "delete_all_catalog_items"
    }

    public enum PrivacyRight: String, Sendable, CaseIterable {
        case exportCustomer = "export_customer"
        case anonymizeCustomer = "anonymize_customer"
    }

    public init(
        eventsSet: Allowance = .all, eventsGet: Allowance = .all, propertiesSet: Allowance = .all,
        propertiesGet: Allowance = .all, catalogs: Allowance = .all, privacy: Allowance = .all
    ) {
        self.eventsSet = eventsSet
        self.eventsGet = eventsGet
        self.propertiesSet = propertiesSet
        self.propertiesGet = propertiesGet
        self.catalogs = catalogs
        self.privacy = privacy
    }

    public static let everything = BloomreachPermissions()
}
