/// Decides between the candidates of ``Journeys``: each order gets at most one original and one replacement.
///
/// Orders are known by their index in the order of their making.
struct JourneyMatching {
    let orders: [JourneyOrder]
    let rules: JourneyRules
    /// Orders before this index are beyond ``JourneyRules/ordersMax``.
    let comparedFrom: Int

    private struct Pair: Hashable {
        var original: Int
        var replacement: Int
    }
    /// Every pair that is no stranger to each other, by its indexes.
    private var candidates: [Pair: JourneyLink] = [:]
    private var replacementOf: [Int: Int] = [:]
    private var originalOf: [Int: Int] = [:]
    /// Pairs that were joined, with their links.
    private var joined: [Pair: JourneyLink] = [:]
    /// Joined pairs that have an equal: taken apart again.
    private var contested: Set<Pair> = []
    /// The known orders that an order names, whatever is believed of the two.
    private var named: [Int: Set<Int>] = [:]
    /// Orders that name an original and are not strangers to it, by its index.
    private var namers: [Int: [Int]] = [:]
    /// Originals that stand and that several orders name, as after a split.
    private var forked: Set<Int> = []

    init(orders: [JourneyOrder], rules: JourneyRules, comparedFrom: Int) {
        self.orders = orders
        self.rules = rules
        self.comparedFrom = comparedFrom
        findCandidates()
    }

    // MARK: Candidates

    private mutating func findCandidates() {
        let compared = orders.indices.dropFirst(comparedFrom)
        let marked = Set(compared.filter { rules.hasStrongMark(orders[$0]) })
        var families: [String: [Int]] = [:]
        var references: [String: [Int]] = [:]
        for index in compared {
            let order = orders[index]
            if let name = JourneyName(order.name) {
                families[order.connection + " " + name.number, default: []] += [index]
            }
            for text in Set([order.name, order.id].map(JourneyReference.normalized)) {
                references[order.connection + " " + text, default: []] += [index]
            }
        }
        for index in compared {
            let order = orders[index]
            for reference in order.originals {
                for other in references[order.connection + " " + reference] ?? [] { compare(index, other) }
            }
            if let name = JourneyName(order.name) {
                for other in families[order.connection + " " + name.number] ?? [] { compare(index, other) }
            }
            for other in neighbours(of: index)
            where marked.contains(index) || marked.contains(other) || isUnmarkedNeighbour(other, of: order) {
                compare(index, other)
            }
        }
        dropUnnamed()
        dropSkippedLetters(families)
    }

    /// An order that names another was made for that one, so it replaces no third one that some tag would fit; but one
    /// that names the same order, for some apps name the first of a chain each time.
    private mutating func dropUnnamed() {
        candidates = candidates.filter { pair, link in
            guard let originals = named[pair.replacement], !originals.contains(pair.original) else { return true }
            return !originals.isDisjoint(with: named[pair.original] ?? [])
        }
    }

    /// `#1031B` replaces `#1031A`, and `#1031` only where no `#1031A` is known: the nearer name says more than any tag.
    private mutating func dropSkippedLetters(_ families: [String: [Int]]) {
        func place(_ index: Int) -> Int? { JourneyName(orders[index].name)?.rank }
        for family in families.values where family.count > 2 {
            let places = Set(family.compactMap(place))
            for one in family {
                for other in family where one != other {
                    guard let first = place(one), let last = place(other), first < last,
                        places.contains(where: { first < $0 && $0 < last })
                    else { continue }
                    candidates[pair(one, other)] = nil
                }
            }
        }
    }

    /// Two orders that no app marked are of interest only soon after the first was cancelled.
    private func isUnmarkedNeighbour(_ index: Int, of order: JourneyOrder) -> Bool {
        guard let cancelledAt = order.cancelledAt else { return false }
        let madeAt = orders[index].createdAt
        return cancelledAt - rules.unmarkedWindow <= madeAt && madeAt <= cancelledAt + rules.unmarkedWindow
    }

    /// Later orders that were made within the window of this one's making or cancellation.
    private func neighbours(of index: Int) -> [Int] {
        let order = orders[index]
        var found = Array((index + 1)..<first(after: order.createdAt + rules.window))
        if let cancelledAt = order.cancelledAt {
            let end = first(after: cancelledAt + rules.window)
            let start = max(
                found.last.map { $0 + 1 } ?? index + 1,
                first(after: cancelledAt - rules.window - TimeSpan(microseconds: 1))
            )
            if start < end { found += start..<end }
        }
        return found
    }

    /// Index of the first order that was made later than `instant`.
    private func first(after instant: Instant) -> Int {
        var (low, high) = (0, orders.count)
        while low < high {
            let middle = (low + high) / 2
            if orders[middle].createdAt <= instant { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func compare(_ one: Int, _ other: Int) {
        guard one != other else { return }
        let pair = pair(one, other)
        guard candidates[pair] == nil else { return }
        let link = rules.link(between: orders[one], and: orders[other])
        let isNamed = link.evidence.contains(where: \.namesOriginal)
        if isNamed { named[pair.replacement, default: []].insert(pair.original) }
        guard link.verdict != .separate else { return }
        candidates[pair] = link
        if isNamed { namers[pair.original, default: []].append(pair.replacement) }
    }

    private func pair(_ one: Int, _ other: Int) -> Pair {
        rules.precedes(orders[one], orders[other])
            ? Pair(original: one, replacement: other) : Pair(original: other, replacement: one)
    }

    // MARK: Decisions

    /// A data steward's answers win over every score; where two cannot both hold, the later one does.
    mutating func follow(_ decisions: [JourneyDecision]) {
        let indexes = Dictionary(
            orders.indices.map { (orders[$0].key, $0) }, uniquingKeysWith: { first, _ in first })
        var answered: Set<Pair> = []
        for decision in decisions.reversed() {
            guard let one = indexes[decision.original], let other = indexes[decision.replacement], one != other else {
                continue
            }
            let pair = pair(one, other)
            guard answered.insert(pair).inserted else { continue }
            candidates[pair] = nil
            guard decision.isJoined, isPossible(pair) else { continue }
            var link = rules.link(between: orders[one], and: orders[other])
            link.verdict = .joined
            link.evidence.insert(.decided, at: 0)
            accept(pair, link)
        }
    }

    // MARK: Joining

    /// Joins the best pairs first. Of equal pairs the one that lies closer together comes first, so that a chain of
    /// edits is joined step by step.
    mutating func join() {
        let decided = joined
        let best = ranked.filter { candidates[$0]?.verdict == .joined }
        for pair in best where isPossible(pair) {
            if let link = candidates[pair] { accept(pair, link) }
        }
        let open = best.filter { joined[$0] != nil && decided[$0] == nil }
        forked = Set(open.filter(isForked).map(\.original))
        contested = Set(
            open.filter { forked.contains($0.original) || isContested($0, among: best, decided: decided) })
        for pair in contested {
            joined[pair] = nil
            replacementOf[pair.original] = nil
            originalOf[pair.replacement] = nil
        }
    }

    private var ranked: [Pair] {
        candidates.sorted { left, right in
            if left.value.score != right.value.score { return left.value.score > right.value.score }
            let (near, far) = (distance(left.key), distance(right.key))
            if near != far { return near < far }
            return (left.key.original, left.key.replacement) < (right.key.original, right.key.replacement)
        }.map(\.key)
    }

    private func distance(_ pair: Pair) -> Int64 {
        let original = orders[pair.original]
        return Int64(
            (orders[pair.replacement].createdAt - (original.cancelledAt ?? original.createdAt)).microseconds.magnitude)
    }

    /// Both ends are free, and the replacement is not at the head of the very chain that ends in the original.
    private func isPossible(_ pair: Pair) -> Bool {
        guard replacementOf[pair.original] == nil, originalOf[pair.replacement] == nil else { return false }
        var root = pair.original
        while let earlier = originalOf[root] { root = earlier }
        return root != pair.replacement
    }

    private mutating func accept(_ pair: Pair, _ link: JourneyLink) {
        joined[pair] = link
        replacementOf[pair.original] = pair.replacement
        originalOf[pair.replacement] = pair.original
    }

    /// Whether another choice would have been as likely: a free order in the place of one of the two, or two pairs
    /// that could exchange their replacements.
    private func isContested(_ pair: Pair, among best: [Pair], decided: [Pair: JourneyLink]) -> Bool {
        guard let score = candidates[pair]?.score else { return false }
        return best.contains { rival in
            guard rival != pair, let rivalScore = candidates[rival]?.score else { return false }
            if rival.replacement == pair.replacement {
                guard let taken = replacementOf[rival.original] else { return rivalScore + rules.clearBy > score }
                return isExchangeable(pair, Pair(original: rival.original, replacement: taken), decided)
            }
            if rival.original == pair.original, originalOf[rival.replacement] == nil {
                return rivalScore + rules.clearBy > score && !isBefore(rival.replacement, in: pair.original)
            }
            return false
        }
    }

    /// Whether another order that is not void names the original, which stands, and has goods that were ever on it: a
    /// split, or two copies. Whichever has more of the goods, the original is not replaced by one of them alone.
    private func isForked(_ pair: Pair) -> Bool {
        let original = orders[pair.original]
        guard original.stands else { return false }
        return (namers[pair.original] ?? []).contains { other in
            guard other != pair.replacement, orders[other].stands,
                candidates[Pair(original: pair.original, replacement: other)] != nil,
                originalOf[other] == nil, !isBefore(other, in: pair.original)
            else { return false }
            return original.skus.isEmpty || !Set(original.skus).isDisjoint(with: orders[other].skus)
        }
    }

    private func isExchangeable(_ one: Pair, _ other: Pair, _ decided: [Pair: JourneyLink]) -> Bool {
        guard decided[other] == nil, let first = candidates[one], let second = candidates[other],
            let third = candidates[Pair(original: one.original, replacement: other.replacement)],
            let fourth = candidates[Pair(original: other.original, replacement: one.replacement)],
            third.verdict == .joined, fourth.verdict == .joined
        else { return false }
        return third.score + fourth.score + rules.clearBy > first.score + second.score
    }

    /// Whether an order is in the chain that ends in another.
    private func isBefore(_ order: Int, in end: Int) -> Bool {
        var index = end
        while let earlier = originalOf[index] {
            if earlier == order { return true }
            index = earlier
        }
        return false
    }

    // MARK: Result

    /// Joined pairs, and doubtful ones whose ends are free; by the time of making.
    func links() -> [JourneyLink] {
        var found = joined.map { ($0.key, $0.value) }
        let open = ranked.filter { joined[$0] == nil && isPossible($0) }
        // Where the marks leave a choice, what has fewer of them is no part of it.
        let choices = open.filter { candidates[$0]?.verdict == .joined }
        let (originals, replacements) = (Set(choices.map(\.original)), Set(choices.map(\.replacement)))
        var shown: [Int: Int] = [:]
        for pair in open {
            let isForked = forked.contains(pair.original) && namers[pair.original]?.contains(pair.replacement) == true
            let isChoice = candidates[pair]?.verdict == .joined || isForked
            if !isChoice, originals.contains(pair.original) || replacements.contains(pair.replacement) { continue }
            guard var link = candidates[pair], shown[pair.original, default: 0] < rules.doubtfulMax,
                shown[pair.replacement, default: 0] < rules.doubtfulMax
            else { continue }
            shown[pair.original, default: 0] += 1
            shown[pair.replacement, default: 0] += 1
            link.verdict = .doubtful
            if isForked { link.evidence.append(.standing(.namedTwice)) }
            found.append((pair, link))
        }
        return found.sorted { ($0.0.original, $0.0.replacement) < ($1.0.original, $1.0.replacement) }.map(\.1)
    }
}
