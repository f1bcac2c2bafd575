import Commerce
import Testing

@testable import Sync

/// Products that share a SKU are planned with each other, whoever comes first.
@Suite("Namesakes")
struct NamesakeTests {
    /// Every order in which three facts can arrive.
    private static let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]

    @Test(
        "E10 three products with one SKU, in any order and in one go or apart: the row is the oldest's",
        arguments: orders)
    func anyOrder(order: [Int]) throws {
        let lines = ["1 1 A,X", "2 1 A,Y", "3 1 A,Z"]
        for isTogether in [true, false] {
            var rig = try NamesakeRig()
            let ordered = order.map { lines[$0] }
            if isTogether {
                try rig.hear(ordered[0], ordered[1], ordered[2])
                try rig.carryOn()
            } else {
                for line in ordered { try rig.hearAndCarryOn(line) }
            }
            #expect(rig.rows == ["A": "1", "X": "1", "Y": "2", "Z": "3"])
            for id in ["1", "2", "3"] {
                #expect(try rig.namesakes(id) == ["1", "2", "3"].filter { $0 != id }.map { "shop:\($0)" })
            }
            rig.expectQuiet()
        }
    }

    @Test("E10 a product gives its SKU up, or is gone: the next one has the row, and gives it back")
    func handover() throws {
        var rig = try NamesakeRig()
        for line in ["2 1 A", "1 1 A", "3 1 A"] { try rig.hearAndCarryOn(line) }
        #expect(rig.rows["A"] == "1")
        try rig.hearAndCarryOn("1 2 B")
        #expect(rig.rows == ["A": "2", "B": "1"])
        #expect(try rig.planned("3").last == "shop:1,shop:2", "who left is still known at that time")
        try rig.hearAndCarryOn("gone 2")
        #expect(rig.rows["A"] == "3")
        try rig.hearAndCarryOn("1 3 A,B")
        #expect(rig.rows == ["A": "1", "B": "1"])
        rig.expectQuiet()
    }

    @Test("E10 a new name that a known namesake has too is one like any other: whoever else has it is found")
    func newNameOfOneKnown() throws {
        var rig = try NamesakeRig()
        for line in ["1 1 A", "2 1 A,B", "3 1 B", "3 2 A", "3 3 A,B"] { try rig.hearAndCarryOn(line) }
        for line in ["5 1 B", "4 1 A"] { try rig.hearAndCarryOn(line) }
        try rig.hearAndCarryOn("4 2 A,B")
        #expect(try rig.namesakes("4") == ["1", "2", "3", "5"].map { "shop:\($0)" })
        #expect(try rig.namesakes("5").contains("shop:4"))
    }

    @Test("who shares no name any more is forgotten with the next plan, on both sides")
    func forgotten() throws {
        var rig = try NamesakeRig()
        for line in ["1 1 A", "2 1 A", "1 2 B"] { try rig.hearAndCarryOn(line) }
        for line in ["1 3 B,C", "2 2 A,D", "1 4 B"] { try rig.hearAndCarryOn(line) }
        #expect(try rig.namesakes("1") == [] && rig.namesakes("2") == [])
    }

    @Test("A7 a name is searched for once: what comes with every sale asks the store for nobody")
    func searchedOnce() throws {
        var rig = try NamesakeRig()
        try rig.hearAndCarryOn("1 1 A,B")
        #expect(rig.searched.sorted() == ["A", "B"])
        for second in 2...9 { try rig.hearAndCarryOn("1 \(second) A,B") }
        #expect(rig.searched.count == 2)
        try rig.hearAndCarryOn("1 10 A,C")
        #expect(rig.searched.last == "C" && rig.searched.count == 3)
    }

    @Test("a product stored before names were searched finds the others with its next change, and they it")
    func storedEarlier() throws {
        var rig = try NamesakeRig()
        for line in ["1 1 A", "2 1 A"] { try rig.hearAndCarryOn(line) }
        for id in ["1", "2"] {
            var record = try rig.record(id)
            record.generation += 1
            record.truth.namesakes = nil
            var commit = Commit(id: .max - (Int64(id) ?? 0))
            commit.records = [
                RecordChange(
                    record: record, truthChanged: true, work: [], counts: RecordCounts())
            ]
            try rig.store.commit(commit)
        }
        try rig.crash()
        try rig.hearAndCarryOn("2 2 A")
        #expect(try rig.namesakes("1") == ["shop:2"] && rig.namesakes("2") == ["shop:1"])
        #expect(rig.rows["A"] == "1")
        #expect(try rig.record("1").truth.namesakes?.wasSearched == false)
        // What found it may not be all there is.
        try rig.hearAndCarryOn("1 2 A")
        #expect(rig.searched.filter { $0 == "A" }.count == 2)
        #expect(try rig.record("1").truth.namesakes?.wasSearched == true)
    }

    // MARK: Order across records

    @Test(
        "law 4 a row that another product has under way is written after it, however late that ends",
        arguments: [true, false])
    func underWay(isTaken: Bool) throws {
        var rig = try NamesakeRig()
        try rig.hear("2 1 A")
        let late = try #require(rig.exchanges.first)
        try rig.hear("1 1 A")
        #expect(rig.exchanges.map(\.id) == [late.id], "it waits")
        try rig.answer(late, isLost: true, isTaken: isTaken)
        try rig.carryOn()
        #expect(rig.rows["A"] == "1")
        #expect(try rig.record("2")[flow: "edits"].toldSlot("A") == nil, "what the younger told is not there any more")
        #expect(try rig.store.status().holds == 0)
        rig.expectQuiet()
    }

    @Test("law 4 a product that left its SKU while its row was under way: the next one's comes after it")
    func leftWhileUnderWay() throws {
        var rig = try NamesakeRig()
        try rig.hearAndCarryOn("2 1 A")
        try rig.hear("1 1 A")
        try rig.carryOn(for: .zero)
        try rig.hear("1 2 A,C")
        let late = try #require(rig.exchanges.first)
        try rig.hear("1 3 B")
        try rig.answer(late, isLost: true)
        for second in 10...12 { try rig.hear("2 \(second) A") }
        try rig.carryOn()
        #expect(rig.rows["A"] == "2" && rig.rows["B"] == "1")
        rig.expectQuiet()
    }

    @Test("A1 a crash before the others are at hand: the store brings the record back, and it is planned with them")
    func crashWhileWaiting() throws {
        var rig = try NamesakeRig()
        for line in ["3 1 A,B", "5 1 A", "4 1 B"] { try rig.hearAndCarryOn(line) }
        #expect(rig.rows == ["A": "3", "B": "3"])
        // Product 3 must give its row up; but it is planned with product 4 too, which is not in memory.
        let isWaiting = try rig.hear("1 1 A", crashingWhen: "3") { $0[flow: "edits"].planAgainAt != nil }
        #expect(isWaiting)
        try rig.carryOn()
        #expect(try rig.store.status().holds == 0)
        #expect(try rig.planned("3").last == "shop:1,shop:4,shop:5")
        #expect(rig.rows == ["A": "1", "B": "3"])
        #expect(try rig.record("3")[flow: "edits"].toldSlot("A") == nil)
        rig.expectQuiet()
    }

    // MARK: Whose business it is

    @Test("E10 two shops of one brand share names; of two brands, or where only one is told, nobody does")
    func shops() throws {
        let shop = NamesakeRig.flow("edits", from: "shop")
        for (other, isShared) in [
            (NamesakeRig.flow("more", from: "outlet"), true),
            (NamesakeRig.flow("more", from: "outlet", brand: "umbrella"), false),
            (NamesakeRig.flow("more", from: "outlet", .observe), false),
        ] {
            var rig = try NamesakeRig(flows: [shop, other])
            try rig.hearAndCarryOn("1 1 A", from: "outlet")
            try rig.hearAndCarryOn("2 1 A")
            #expect(try rig.planned("2").last == (isShared ? "outlet:1" : ""))
            #expect(rig.rows["A"] == (isShared ? "1" : "2"))
        }
    }

    @Test("E10 shops that tell other destinations share no rows")
    func destinations() throws {
        var other = NamesakeRig.flow("more", from: "outlet")
        other.destination = "esp"
        var rig = try NamesakeRig(flows: [NamesakeRig.flow("edits", from: "shop"), other])
        try rig.hearAndCarryOn("1 1 A", from: "outlet")
        try rig.hearAndCarryOn("2 1 A")
        #expect(try rig.planned("2").last == "")
    }

    // MARK: What grows old

    @Test(
        "law 8 what grows old by itself is planned again in time, holds nothing up, and is silent where nothing changes"
    )
    func refresh() throws {
        var rig = try NamesakeRig()
        try rig.hear("1 1 DAILY", "2 1 A")
        try rig.carryOn(for: .seconds(1))
        #expect(rig.rows == ["DAILY": "1@0", "A": "2"])
        #expect(try rig.store.status().holds == 0, "nobody waits for it")
        let (said, silent) = (try rig.planned("1").count, try rig.planned("2").count)
        try rig.carryOn(for: .days(3))
        #expect(rig.rows == ["DAILY": "1@3", "A": "2"])
        #expect(try rig.planned("1").count == said + 3)
        #expect(try rig.planned("2").count == silent)
        try rig.crash()
        try rig.carryOn(for: .days(1))
        #expect(rig.rows["DAILY"] == "1@4", "the store brings it back")
        rig.expectQuiet()
    }

    // MARK: Limits

    @Test("law 5 of a name that too many carry those who came last know nothing, and those before them all")
    func crowded() throws {
        var limits = EngineLimits()
        limits.namesakesMax = 3
        var rig = try NamesakeRig(limits: limits)
        for id in 1...8 { try rig.hearAndCarryOn("\(id) 1 A") }
        for id in 1...4 { #expect(try rig.namesakes(String(id)).count == 3) }
        for id in 5...8 {
            #expect(try rig.namesakes(String(id)) == [])
            #expect(try rig.record(String(id)).truth.namesakes?.crowded == ["A"])
        }
        // A change of theirs puts nobody out who was there before.
        for id in [6, 1, 2, 7] { try rig.hearAndCarryOn("\(id) 2 A") }
        #expect(try rig.namesakes("1").count == 3)
        #expect(try rig.record("1").truth.namesakes?.crowded == [])
        // Once there is room, the next change takes it.
        for line in ["1 3 B", "5 3 B5", "7 3 B7", "8 3 B8", "1 4 B", "2 3 A", "3 3 A", "4 3 A", "6 3 A"] {
            try rig.hearAndCarryOn(line)
        }
        #expect(try rig.record("6").truth.namesakes?.crowded == [])
        #expect(try rig.namesakes("6").count == 3)
    }

    @Test("law 5 another brand's products fill a search too: what it may have left out is not taken for nobody")
    func crowdedByAnotherBrand() throws {
        var limits = EngineLimits()
        limits.namesakesMax = 3
        var rig = try NamesakeRig(
            flows: [
                NamesakeRig.flow("edits", from: "shop"), NamesakeRig.flow("more", from: "outlet", brand: "umbrella"),
            ], limits: limits)
        for id in 1...4 { try rig.hearAndCarryOn("\(id) 1 A", from: "outlet") }
        try rig.hearAndCarryOn("1 1 A")
        #expect(try rig.record("1").truth.namesakes?.crowded == ["A"])
        try rig.hearAndCarryOn("4 2 B", from: "outlet")
        try rig.hearAndCarryOn("1 2 A")
        #expect(try rig.record("1").truth.namesakes?.crowded == [])
        #expect(try rig.namesakes("1") == [])
    }

    @Test("law 5 a claim asks for one match more than may be kept, so that too many are noticed")
    func matches() throws {
        var limits = EngineLimits()
        limits.namesakesMax = 3
        let store = MemoryStore()
        var rig = try NamesakeRig(store: store, limits: limits)
        for id in 1...9 { try rig.hearAndCarryOn("\(id) 1 A") }
        let claim = try store.claim(
            ClaimRequest(
                id: 1, now: rig.now, searches: [NameSearch(.product, Lookup(.sku, "A"))],
                matchesMax: limits.namesakesMax + 2))
        #expect(claim.records.count == 5)
    }
}
