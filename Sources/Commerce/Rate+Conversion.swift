/// Money in another currency, exact and half-even to the minor unit.
extension Rate {
    /// Rounded half-even to the minor unit of ``to``. Money of another currency than ``from`` is a programming error
    /// and traps.
    public func convert(_ money: Money) -> Money {
        precondition(money.currency == from, "a rate of \(from) cannot convert \(money.currency)")
        let step = (0..<(6 - to.minorUnitDigits)).reduce(Int128(1)) { step, _ in step * 10 }
        // One division, so that nothing is rounded twice.
        let units = Amount.divideHalfEven(money.amount.millionths * numerator, by: denominator * step)
        return Money(Amount(millionths: units * step), to)
    }

    /// The side of a bag that this rate converts. `nil` where it has neither currency.
    public func side(of bag: MoneyBag) -> Money? {
        if bag.shop.currency == from { return bag.shop }
        return bag.presentment.currency == from ? bag.presentment : nil
    }

    /// That side, converted.
    public func convert(_ bag: MoneyBag) -> Money? { side(of: bag).map(convert) }

    /// Converts a sum and the parts that make it, so that the parts make it afterwards too: each is rounded by itself,
    /// and what is then missing or too much goes to the largest one, the first of equals.
    ///
    /// Where the parts do not make the total, to the minor unit, they keep their own sum: a difference that is no
    /// rounding is not hidden in a line.
    public func convert(total: Money, lines: [Money]) -> (total: Money, lines: [Money]) {
        let sum = lines.reduce(Money.zero(from), +)
        let convertedTotal = convert(total)
        let goal = sum.equals(total) ? convertedTotal : convert(sum)
        var converted = lines.map(convert)
        let remainder = goal - converted.reduce(Money.zero(to), +)
        if let largest = Self.largest(of: lines) { converted[largest] = converted[largest] + remainder }
        return (convertedTotal, converted)
    }

    private static func largest(of lines: [Money]) -> Int? {
        var largest: Int?
        for index in lines.indices
        where largest.map({ lines[index].amount.magnitude > lines[$0].amount.magnitude }) ?? true {
            largest = index
        }
        return largest
    }
}
