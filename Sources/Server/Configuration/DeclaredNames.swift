/// Every connection and brand that the file declares, valid or not. A reference to an invalid one is not reported as a
/// reference to an unknown one.
struct DeclaredNames {
    struct Connection {
        /// `nil` where it cannot be read.
        var system: Configuration.SystemName?
    }
    /// `nil` where the section cannot be read: then nobody knows which names there are.
    var connections: [String: Connection]?
    var brands: Set<String>?
}
