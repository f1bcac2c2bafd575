import Commerce

/// What an order tells about its buyer, and whether Shopify shows us personal data at all.
///
/// Without access to protected customer data of level 2 Shopify leaves names, e-mail, phone and street out
/// (docs/vendors/shopify.md, Protected customer data). What is left out is unknown; it must never overwrite what is
/// known.
struct PersonalData {
    var customerID: String?
    var customerCreatedAt: Instant?
    /// `nil` inside `known` is a field that is there and empty.
    var email: Known<String?>
    var phone: Known<String?>
    var shipping: Known<PostalAddress?>
    var billing: PostalAddress?

    /// Nothing personal is to be seen, so an empty field proves nothing.
    var isRedacted: Bool {
        if email.value?.flatMap({ $0 }) != nil || phone.value?.flatMap({ $0 }) != nil { return false }
        if !email.isKnown, !phone.isKnown { return true }
        let addresses = [shipping.value?.flatMap { $0 }, billing].compactMap { $0 }
        if addresses.contains(where: Self.isRedacted) { return true }
        return customerID == nil && !addresses.contains { $0.name != nil }
    }

    var buyer: Buyer {
        let isRedacted = isRedacted
        return Buyer(
            customerID: customerID == nil && isRedacted ? .unknown : .known(customerID),
            email: isRedacted ? .unknown : email, phone: isRedacted ? .unknown : phone,
            customerSince: customerCreatedAt.map { .known($0) } ?? .unknown)
    }

    /// Of the two addresses the payer's is nearer to the buyer: presents go to others.
    var buyerName: String? { billing?.name ?? shipping.value.flatMap { $0 }?.name }

    /// Unknown where the address shows a country and province only.
    var shippingAddress: Known<PostalAddress?> {
        guard case .known(let address) = shipping else { return .unknown }
        guard let address else { return isRedacted ? .unknown : .known(nil) }
        return Self.isRedacted(address) ? .unknown : .known(address)
    }

    /// Whether a read could bring more. An absent shipping address alone is no reason: till sales have none.
    var isPartial: Bool {
        let isAddressRedacted = shipping.isKnown && !shippingAddress.isKnown
        return isRedacted || isAddressRedacted || !email.isKnown || !phone.isKnown
    }

    private static func isRedacted(_ address: PostalAddress) -> Bool {
        [address.name, address.address1, address.city, address.zip, address.phone].allSatisfy { $0 == nil }
    }

    static func email(_ text: String?) -> String? {
        let trimmed = OrderMapping.trimmed(text ?? "")
        return trimmed.isEmpty ? nil : trimmed
    }
}
