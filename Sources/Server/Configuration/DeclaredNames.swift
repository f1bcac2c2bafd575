/// Every connection and brand that the file declares, valid or not. A reference to an invalid one is not reported as a
/// reference to an unknown one.
struct DeclaredNames {
    struct Connection {
        /// `nil` if it cannot be read.
        var system: Configuration.SystemName?
    }
    /// `nil` if the section cannot be read: its names are then unknown.
    var connections: [String: Connection]?
    var brands: Set<String>?
}
