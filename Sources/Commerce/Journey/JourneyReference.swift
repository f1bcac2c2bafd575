/// Finds what names another order in texts that apps and people leave on an order.
///
/// No app's note format is documented (docs/vendors/shopify.md, Editing apps), so what counts is a word that has the
/// shape of this shop's own order names, or that stands behind a word such as *order*. Everything else of a note stays
/// out: it is a person's.
enum JourneyReference {
    /// Characters of a note, a tag or a value that are looked at; edit apps write a line.
    static let textMax = 2_000
    /// Characters of one reference; an address of an admin page is cut down to the id in it first.
    static let lengthMax = 32
    /// Fewer digits are a flat, a size or a quantity.
    static let digitsMin = 3

    /// As references and names are compared: upper case, without space around it and without a leading `#`.
    static func normalized(_ text: String) -> String {
        var word = Substring(text.uppercased())
        while let first = word.first, first.isWhitespace || first == "#" { word.removeFirst() }
        while let last = word.last, last.isWhitespace { word.removeLast() }
        return String(word)
    }

    /// What a free text names, in its order. `name` is the name of the order that the text is on.
    static func found(in text: String, shapedLike name: String) -> [String] {
        let own = Shape(of: name)
        var previous = ""
        var found: [String] = []
        for word in words(in: text) {
            if let id = idOfAddress(word) {
                found.append(id)
            } else if isReference(word) {
                let isNamed = word.hasPrefix("#") || introductions.contains(previous)
                if isNamed || own.matches(normalized(word)) { found.append(normalized(word)) }
            }
            previous = word.lowercased().filter(\.isLetter)
        }
        return found
    }

    /// What a value names that is *only* a reference: each of its words that has a digit.
    static func named(by value: String) -> [String] {
        words(in: value).compactMap { word in
            if let id = idOfAddress(word) { return id }
            let text = normalized(word)
            return text.count <= lengthMax && text.contains(where: isDigit) ? text : nil
        }
    }

    /// Words after which a bare number is an order's.
    private static let introductions: Set<String> = [
        "order", "original", "replaces", "replaced", "replacement", "no", "nr", "number",
    ]

    /// `gid://shopify/Order/123`, or an admin page's address that ends in `/orders/123`.
    private static func idOfAddress(_ word: String) -> String? {
        let parts = word.split(separator: "/")
        guard parts.count >= 2, let last = parts.last else { return nil }
        let kind = parts[parts.count - 2].lowercased()
        let id = last.prefix(while: isDigit)
        return ["order", "orders"].contains(kind) && !id.isEmpty && id.count <= lengthMax ? String(id) : nil
    }

    private static func isReference(_ word: String) -> Bool {
        let body = word.hasPrefix("#") ? word.dropFirst() : Substring(word)
        return body.count <= lengthMax && body.count(where: isDigit) >= digitsMin
            && body.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" || $0 == "#") }
    }

    private static func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }

    /// Split at spaces and at what encloses or ends a word; `:` and `=` end a label, but not within an address.
    private static func words(in text: String) -> [String] {
        text.prefix(textMax).split { $0.isWhitespace || "()[]{}<>\"',;|!?".contains($0) }.flatMap { word in
            word.contains("/") ? [word] : word.split { $0 == ":" || $0 == "=" }
        }.map { word in
            var word = word
            while word.last == "." { word.removeLast() }
            return String(word)
        }.filter { !$0.isEmpty }
    }

    /// The prefix of a shop's order names, `EN-` of `#EN-1031`; a shop without one has no shape of its own.
    private struct Shape {
        let prefix: String
        init(of name: String) {
            let text = normalized(name)
            prefix = String(text.prefix { !isDigit($0) })
        }
        func matches(_ word: String) -> Bool {
            !prefix.isEmpty && word.hasPrefix(prefix) && word.dropFirst(prefix.count).first.map(isDigit) == true
        }
    }
}
