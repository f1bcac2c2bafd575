import Commerce
import Testing

/// Whether everything on an order was paid for, when refunds hide it.
@Suite("Paid in full")
struct PaidInFullTests {
    /// An order of two lines, 20.00 and 10.00.
    private func order(
        _ status: Order.FinancialStatus, outstanding: String, change: (inout SampleOrder) throws -> Void = { _ in }
    ) throws -> Order {
        var sample = try SampleOrder()
        try sample.add("1", 2, at: "10.00")
        try sample.add("2", 1, at: "10.00")
        try change(&sample)
        sample.order.financialStatus = status
        sample.order.totals.outstanding = try sample.bag(outstanding).shop
        return sample.order
    }

    @Test("E1 goods that came back for all of their money were paid")
    func returned() throws {
        let order = try order(.partiallyRefunded, outstanding: "0") { try $0.giveBack("1", 2, money: "20.00") }
        #expect(order.hasBeenPaid)
    }

    @Test("E1 of a deposit that went back with all goods, the goods were not paid")
    func depositAndGoodsBack() throws {
        // 5.00 were received and given back; the goods went without money, and the shop owes none.
        let order = try order(.refunded, outstanding: "0") { sample in
            try sample.giveBack("1", 2, money: "5.00")
            try sample.giveBack("2", 1, money: "0")
            sample.order.refunds[1].moneyPending = try sample.bag("1.00")
        }
        #expect(!order.hasBeenPaid)
    }

    @Test("E1 an appeasement, of part or of everything, leaves an order paid")
    func appeased() throws {
        for money in ["4.00", "30.00"] {
            let order = try order(money == "4.00" ? .partiallyRefunded : .refunded, outstanding: "0") { sample in
                try sample.giveBack("1", 0, money: money)
                sample.order.refunds[0].discrepancy = try sample.bag(money)
            }
            #expect(order.hasBeenPaid)
        }
    }

    @Test("E1 a deposit that went back, and lines that were edited away, are no sale")
    func depositAndNothingLeft() throws {
        let order = try order(.refunded, outstanding: "0") { sample in
            try sample.remove("1", 2)
            try sample.remove("2", 1)
            try sample.giveBack("1", 0, money: "5.00")
        }
        #expect(!order.hasBeenPaid)
    }

    @Test("E1 where the source does not say what is owed, a refund proves nothing")
    func silent() throws {
        var order = try order(.refunded, outstanding: "0")
        order.totals.outstanding = nil
        #expect(!order.hasBeenPaid)
    }
}
