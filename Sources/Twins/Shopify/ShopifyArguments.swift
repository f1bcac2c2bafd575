import JSON

/// The arguments of one action, or of one entry inside it, read strictly: an unknown name is refused with the names
/// that are known.
struct ShopifyArguments {
    let json: JSON
    let place: String

    init(_ json: JSON, place: String, known: [String]) throws(TwinProblem) {
        self.json = json
        self.place = place
        guard let object = json.object else { throw TwinProblem("\(place) must be an object", known) }
        for key in object.keys where !known.contains(key) {
            throw TwinProblem("\(place) has no argument \(key)", known)
        }
    }

    subscript(name: String) -> JSON? {
        guard let value = json[name], !value.isNull else { return nil }
        return value
    }

    func has(_ name: String) -> Bool { self[name] != nil }

    func string(_ name: String) throws(TwinProblem) -> String? {
        guard let value = self[name] else { return nil }
        guard let text = value.string else { throw TwinProblem("\(place): \(name) must be a string", []) }
        return text
    }

    func bool(_ name: String, default fallback: Bool) throws(TwinProblem) -> Bool {
        guard let value = self[name] else { return fallback }
        guard let flag = value.bool else { throw TwinProblem("\(place): \(name) must be true or false", []) }
        return flag
    }

    func count(_ name: String, least: Int, default fallback: Int? = nil) throws(TwinProblem) -> Int {
        guard let value = self[name] else {
            guard let fallback else { throw TwinProblem("\(place) needs \(name)", []) }
            return fallback
        }
        guard let count = value.int64, count >= least, count <= 1_000_000 else {
            throw TwinProblem("\(place): \(name) must be a whole number of at least \(least)", [])
        }
        return Int(count)
    }

    /// A decimal string or number, zero or more.
    func amount(_ name: String) throws(TwinProblem) -> TwinAmount? {
        guard let value = self[name] else { return nil }
        guard let amount = value.decimalText.flatMap({ TwinAmount($0) }), amount >= .zero else {
            throw TwinProblem("\(place): \(name) must be an amount, zero or more, like \"12.50\"", [])
        }
        return amount
    }

    func list(_ name: String) throws(TwinProblem) -> [JSON] {
        guard let value = self[name] else { return [] }
        guard let list = value.array else { throw TwinProblem("\(place): \(name) must be a list", []) }
        return list
    }

    /// A list of strings, or one string with commas, as tags are written.
    func words(_ name: String) throws(TwinProblem) -> [String]? {
        guard let value = self[name] else { return nil }
        if let text = value.string {
            return text.split(separator: ",").map { word in
                var word = word
                while word.first == " " { word = word.dropFirst() }
                while word.last == " " { word = word.dropLast() }
                return String(word)
            }.filter { !$0.isEmpty }
        }
        guard let list = value.array else { throw TwinProblem("\(place): \(name) must be a list of strings", []) }
        var words: [String] = []
        for entry in list {
            guard let word = entry.string else { throw TwinProblem("\(place): \(name) must be a list of strings", []) }
            words.append(word)
        }
        return words
    }

    /// `[{name, value}]`.
    func attributes(_ name: String) throws(TwinProblem) -> [ShopifyAttribute]? {
        guard has(name) else { return nil }
        var attributes: [ShopifyAttribute] = []
        for entry in try list(name) {
            guard let key = entry["name"]?.string, let value = entry["value"]?.string else {
                throw TwinProblem("\(place): each of \(name) is {name, value}", [])
            }
            attributes.append(ShopifyAttribute(name: key, value: value))
        }
        return attributes
    }
}
