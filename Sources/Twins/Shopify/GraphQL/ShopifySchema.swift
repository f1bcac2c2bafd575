/// The part of Admin GraphQL 2026-04 that the twin serves, by the names of the vendor's own schema
/// (docs/vendors/shopify.md, Payload conventions; Orders: totals; Customers). A field outside it is answered
/// `undefinedField`, even where the real schema has it: a twin must not pretend.
enum ShopifySchema {
    static let schema: GraphQLSchema = {
        do throws(GraphQLProblem) {
            return try GraphQLSchema(scalars + roots + order + children + people + products + subscriptions)
        } catch {
            // The text below is part of the program; a test loads it.
            fatalError("the twin's own schema does not parse: \(error.message)")
        }
    }()

    /// Arguments of every connection.
    private static let page = "first: Int after: String last: Int before: String reverse: Boolean = false"

    private static func connection(_ name: String) -> String {
        """
        type \(name)Connection { edges: [\(name)Edge!]! nodes: [\(name)!]! pageInfo: PageInfo! }
        type \(name)Edge { cursor: String! node: \(name)! }

        """
    }

    private static let scalars = """
        scalar DateTime scalar Decimal scalar URL scalar UnsignedInt64 scalar CurrencyCode scalar CountryCode
        scalar OrderDisplayFinancialStatus scalar OrderDisplayFulfillmentStatus scalar OrderReturnStatus
        scalar OrderCancelReason scalar OrderTransactionKind scalar OrderTransactionStatus scalar FulfillmentStatus
        scalar FulfillmentDisplayStatus scalar RefundLineItemRestockType scalar OrderAdjustmentDiscrepancyReason
        scalar OrderActionType scalar SaleActionType scalar SaleLineType scalar CustomerState
        scalar CustomerEmailAddressMarketingState scalar CustomerSmsMarketingState scalar CustomerMarketingOptInLevel
        scalar DiscountApplicationAllocationMethod scalar DiscountApplicationTargetSelection
        scalar DiscountApplicationTargetType scalar CountPrecision scalar Money scalar OrderTransactionErrorCode
        scalar CustomerConsentCollectedFrom scalar ProductStatus scalar HTML scalar MediaContentType scalar MediaStatus
        scalar MediaPreviewImageStatus

        """

    private static let roots = """
        interface Node { id: ID! }
        type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
        type QueryRoot {
          order(id: ID!): Order
          orders(\(page) query: String sortKey: OrderSortKeys = PROCESSED_AT): OrderConnection!
          node(id: ID!): Node
          nodes(ids: [ID!]!): [Node]!
          shop: Shop!
          currentAppInstallation: AppInstallation!
          webhookSubscriptions(\(page) topics: [WebhookSubscriptionTopic!] uri: String): WebhookSubscriptionConnection!
          customer(id: ID!): Customer
          customers(\(page) query: String sortKey: CustomerSortKeys = ID): CustomerConnection!
          product(id: ID!): Product
          products(\(page) query: String sortKey: ProductSortKeys = ID): ProductConnection!
        }
        enum ProductSortKeys { CREATED_AT ID UPDATED_AT }
        enum CustomerSortKeys { CREATED_AT ID UPDATED_AT }
        enum OrderSortKeys { CREATED_AT ID ORDER_NUMBER PROCESSED_AT UPDATED_AT }
        type Shop implements Node { id: ID! name: String! currencyCode: CurrencyCode! myshopifyDomain: String!
          ianaTimezone: String! email: String! url: URL! taxesIncluded: Boolean! timezoneOffset: String! }
        type AppInstallation implements Node { id: ID! accessScopes: [AccessScope!]! app: App! }
        type AccessScope { handle: String! description: String! }
        type App implements Node { id: ID! title: String! handle: String }
        type OrderApp { id: ID! name: String! }
        type StaffMember implements Node { id: ID! }
        type Location implements Node { id: ID! name: String! }
        type MoneyBag { shopMoney: MoneyV2! presentmentMoney: MoneyV2! }
        type MoneyV2 { amount: Decimal! currencyCode: CurrencyCode! }
        type Attribute { key: String! value: String }
        type Count { count: Int! precision: CountPrecision! }
        type MailingAddress implements Node { id: ID! firstName: String lastName: String name: String company: String
          address1: String address2: String city: String province: String provinceCode: String zip: String country:
          String
          countryCodeV2: CountryCode phone: String formattedArea: String }
        type Metafield implements Node { id: ID! namespace: String! key: String! value: String! type: String! }
        type Return implements Node { id: ID! name: String! }

        """ + connection("Order") + connection("Metafield") + connection("Return")

    private static let order =
        """
        type Order implements Node {
          id: ID! legacyResourceId: UnsignedInt64! name: String! number: Int! confirmationNumber: String email: String
          phone: String createdAt: DateTime! processedAt: DateTime! updatedAt: DateTime! closedAt: DateTime closed:
          Boolean!
          cancelledAt: DateTime cancelReason: OrderCancelReason cancellation: OrderCancellation confirmed: Boolean!
          test: Boolean! edited: Boolean! merchantEditable: Boolean! merchantEditableErrors: [String!]!
          sourceName: String sourceIdentifier: String app: OrderApp staffMember: StaffMember retailLocation: Location
          displayFinancialStatus: OrderDisplayFinancialStatus displayFulfillmentStatus: OrderDisplayFulfillmentStatus!
          returnStatus: OrderReturnStatus! fullyPaid: Boolean! unpaid: Boolean! capturable: Boolean! refundable:
          Boolean!
          requiresShipping: Boolean! currencyCode: CurrencyCode! presentmentCurrencyCode: CurrencyCode!
          taxesIncluded: Boolean! taxExempt: Boolean! dutiesIncluded: Boolean! estimatedTaxes: Boolean! poNumber: String
          note: String tags: [String!]! customAttributes: [Attribute!]! customer: Customer customerLocale: String
          customerAcceptsMarketing: Boolean! purchasingEntity: PurchasingEntity shippingAddress: MailingAddress
          billingAddress: MailingAddress billingAddressMatchesShippingAddress: Boolean! paymentGatewayNames: [String!]!
          discountCode: String discountCodes: [String!]! statusPageUrl: URL!
          paymentCollectionDetails: OrderPaymentCollectionDetails! taxLines: [TaxLine!]! currentTaxLines: [TaxLine!]!
          originalTotalPriceSet: MoneyBag! totalPriceSet: MoneyBag! subtotalPriceSet: MoneyBag totalDiscountsSet:
          MoneyBag
          totalTaxSet: MoneyBag totalShippingPriceSet: MoneyBag! totalTipReceivedSet: MoneyBag!
          currentTotalPriceSet: MoneyBag! currentSubtotalPriceSet: MoneyBag! currentTotalTaxSet: MoneyBag!
          currentTotalDiscountsSet: MoneyBag! currentShippingPriceSet: MoneyBag! currentCartDiscountAmountSet: MoneyBag!
          currentTotalDutiesSet: MoneyBag currentTotalAdditionalFeesSet: MoneyBag originalTotalDutiesSet: MoneyBag
          originalTotalAdditionalFeesSet: MoneyBag additionalFees: [AdditionalFee!]!
          totalReceivedSet: MoneyBag! totalRefundedSet: MoneyBag! totalRefundedShippingSet: MoneyBag!
          netPaymentSet: MoneyBag! totalOutstandingSet: MoneyBag! totalCapturableSet: MoneyBag!
          refundDiscrepancySet: MoneyBag! subtotalLineItemsQuantity: Int! currentSubtotalLineItemsQuantity: Int!
          totalWeight: UnsignedInt64 currentTotalWeight: UnsignedInt64! fulfillmentsCount: Count transactionsCount:
          Count
          shippingLine: ShippingLine shippingLines(\(page) includeRemovals: Boolean = false): ShippingLineConnection!
          lineItems(\(page)): LineItemConnection! discountApplications(\(page)): DiscountApplicationConnection!
          transactions(first: Int capturable: Boolean manuallyResolvable: Boolean): [OrderTransaction!]!
          refunds(first: Int): [Refund!]! fulfillments(first: Int query: String): [Fulfillment!]!
          agreements(\(page) query: String): SalesAgreementConnection!
          metafield(namespace: String key: String!): Metafield
          metafields(\(page) namespace: String keys: [String!]): MetafieldConnection!
          returns(\(page) query: String): ReturnConnection!
        }
        union PurchasingEntity = Customer | PurchasingCompany
        type PurchasingCompany { company: Company! location: CompanyLocation! contact: CompanyContact }
        type Company implements Node { id: ID! }
        type CompanyLocation implements Node { id: ID! }
        type CompanyContact implements Node { id: ID! }
        type OrderCancellation { staffNote: String }
        type OrderPaymentCollectionDetails { additionalPaymentCollectionUrl: URL }

        """

    private static let children =
        """
        type LineItem implements Node { id: ID! sku: String title: String! name: String! variantTitle: String vendor:
          String
          quantity: Int! currentQuantity: Int! unfulfilledQuantity: Int! fulfillableQuantity: Int! refundableQuantity:
          Int!
          nonFulfillableQuantity: Int! fulfillmentStatus: String! merchantEditable: Boolean! restockable: Boolean!
          requiresShipping: Boolean! taxable: Boolean! isGiftCard: Boolean! variant: ProductVariant product: Product
          customAttributes: [Attribute!]! lineItemGroup: LineItemGroup originalUnitPriceSet: MoneyBag!
          originalTotalSet: MoneyBag! discountedUnitPriceSet: MoneyBag! discountedUnitPriceAfterAllDiscountsSet:
          MoneyBag!
          discountedTotalSet(withCodeDiscounts: Boolean = false): MoneyBag! totalDiscountSet: MoneyBag!
          unfulfilledOriginalTotalSet: MoneyBag! unfulfilledDiscountedTotalSet: MoneyBag!
          discountAllocations: [DiscountAllocation!]! taxLines(first: Int): [TaxLine!]! duties: [Duty!]! }
        type Duty implements Node { id: ID! countryCodeOfOrigin: CountryCode harmonizedSystemCode: String
          price: MoneyBag! taxLines: [TaxLine!]! }
        type AdditionalFee implements Node { id: ID! name: String! price: MoneyBag! taxLines: [TaxLine!]! }
        type LineItemGroup implements Node { id: ID! title: String! quantity: Int! variantSku: String }
        type TaxLine { title: String! rate: Float ratePercentage: Float priceSet: MoneyBag! channelLiable: Boolean }
        type DiscountAllocation { allocatedAmountSet: MoneyBag! discountApplication: DiscountApplication! }
        interface DiscountApplication { allocationMethod: DiscountApplicationAllocationMethod! index: Int!
          targetSelection: DiscountApplicationTargetSelection! targetType: DiscountApplicationTargetType!
          value: PricingValue! }
        type DiscountCodeApplication implements DiscountApplication { code: String!
          allocationMethod: DiscountApplicationAllocationMethod! index: Int!
          targetSelection: DiscountApplicationTargetSelection! targetType: DiscountApplicationTargetType!
          value: PricingValue! }
        type ManualDiscountApplication implements DiscountApplication { title: String! description: String
          allocationMethod: DiscountApplicationAllocationMethod! index: Int!
          targetSelection: DiscountApplicationTargetSelection! targetType: DiscountApplicationTargetType!
          value: PricingValue! }
        union PricingValue = MoneyV2 | PricingPercentageValue
        type PricingPercentageValue { percentage: Float! }
        type ShippingLine { id: ID title: String! code: String source: String carrierIdentifier: String phone: String
          custom: Boolean! isRemoved: Boolean! deliveryCategory: String originalPriceSet: MoneyBag!
          discountedPriceSet: MoneyBag! currentDiscountedPriceSet: MoneyBag! taxLines: [TaxLine!]!
          discountAllocations: [DiscountAllocation!]! }
        type OrderTransaction implements Node { id: ID! kind: OrderTransactionKind! status: OrderTransactionStatus!
          gateway: String formattedGateway: String amountSet: MoneyBag! parentTransaction: OrderTransaction
          createdAt: DateTime! processedAt: DateTime paymentId: String errorCode: OrderTransactionErrorCode test:
          Boolean! order: Order
          authorizationExpiresAt: DateTime manuallyCapturable: Boolean! multiCapturable: Boolean!
          manualPaymentGateway: Boolean! totalUnsettledSet: MoneyBag }
        type Refund implements Node { id: ID! legacyResourceId: UnsignedInt64! createdAt: DateTime processedAt:
          DateTime!
          updatedAt: DateTime! note: String order: Order! return: Return staffMember: StaffMember duties: [RefundDuty!]
          totalRefundedSet: MoneyBag! refundLineItems(\(page)): RefundLineItemConnection!
          refundShippingLines(\(page)): RefundShippingLineConnection! orderAdjustments(\(page)):
          OrderAdjustmentConnection!
          transactions(\(page)): OrderTransactionConnection! }
        type RefundDuty { amountSet: MoneyBag! originalDuty: Duty }
        type RefundLineItem { id: ID quantity: Int! restockType: RefundLineItemRestockType! restocked: Boolean!
          lineItem: LineItem! location: Location priceSet: MoneyBag! subtotalSet: MoneyBag! totalTaxSet: MoneyBag! }
        type RefundShippingLine implements Node { id: ID! shippingLine: ShippingLine! subtotalAmountSet: MoneyBag!
          taxAmountSet: MoneyBag! }
        type OrderAdjustment implements Node { id: ID! amountSet: MoneyBag! taxAmountSet: MoneyBag!
          reason: OrderAdjustmentDiscrepancyReason }
        type Fulfillment implements Node { id: ID! legacyResourceId: UnsignedInt64! name: String!
          status: FulfillmentStatus! displayStatus: FulfillmentDisplayStatus createdAt: DateTime! updatedAt: DateTime!
          deliveredAt: DateTime inTransitAt: DateTime estimatedDeliveryAt: DateTime totalQuantity: Int!
          requiresShipping: Boolean! location: Location order: Order! trackingInfo(first: Int):
          [FulfillmentTrackingInfo!]!
          fulfillmentLineItems(\(page)): FulfillmentLineItemConnection! }
        type FulfillmentTrackingInfo { company: String number: String url: URL }
        type FulfillmentLineItem implements Node { id: ID! quantity: Int lineItem: LineItem! originalTotalSet: MoneyBag!
          discountedTotalSet: MoneyBag! }
        interface SalesAgreement { id: ID! happenedAt: DateTime! reason: OrderActionType! app: App user: StaffMember
          sales(\(page)): SaleConnection! }
        type OrderAgreement implements SalesAgreement { id: ID! happenedAt: DateTime! reason: OrderActionType! app: App
          user: StaffMember sales(\(page)): SaleConnection! order: Order! }
        type OrderEditAgreement implements SalesAgreement { id: ID! happenedAt: DateTime! reason: OrderActionType! app:
          App
          user: StaffMember sales(\(page)): SaleConnection! }
        type RefundAgreement implements SalesAgreement { id: ID! happenedAt: DateTime! reason: OrderActionType! app: App
          user: StaffMember sales(\(page)): SaleConnection! }
        interface Sale { id: ID! actionType: SaleActionType! lineType: SaleLineType! quantity: Int totalAmount:
          MoneyBag!
          totalTaxAmount: MoneyBag! totalDiscountAmountAfterTaxes: MoneyBag! }
        type ProductSale implements Sale { id: ID! actionType: SaleActionType! lineType: SaleLineType! quantity: Int
          totalAmount: MoneyBag! totalTaxAmount: MoneyBag! totalDiscountAmountAfterTaxes: MoneyBag! lineItem: LineItem!
          }
        type GiftCardSale implements Sale { id: ID! actionType: SaleActionType! lineType: SaleLineType! quantity: Int
          totalAmount: MoneyBag! totalTaxAmount: MoneyBag! totalDiscountAmountAfterTaxes: MoneyBag! lineItem: LineItem!
          }
        type TipSale implements Sale { id: ID! actionType: SaleActionType! lineType: SaleLineType! quantity: Int
          totalAmount: MoneyBag! totalTaxAmount: MoneyBag! totalDiscountAmountAfterTaxes: MoneyBag! lineItem: LineItem!
          }
        type ShippingLineSale implements Sale { id: ID! actionType: SaleActionType! lineType: SaleLineType! quantity:
          Int
          totalAmount: MoneyBag! totalTaxAmount: MoneyBag! totalDiscountAmountAfterTaxes: MoneyBag! }

        """
        + [
            "LineItem", "ShippingLine", "RefundLineItem", "RefundShippingLine", "OrderAdjustment", "OrderTransaction",
            "FulfillmentLineItem", "SalesAgreement", "Sale", "DiscountApplication",
        ].map { connection($0) }.joined()

    private static let people =
        """
        type Customer implements Node { id: ID! legacyResourceId: UnsignedInt64! firstName: String lastName: String
          displayName: String! email: String phone: String state: CustomerState! verifiedEmail: Boolean! locale: String!
          note: String tags: [String!]! taxExempt: Boolean! createdAt: DateTime! updatedAt: DateTime!
          numberOfOrders: UnsignedInt64! amountSpent: MoneyV2! canDelete: Boolean! defaultAddress: MailingAddress
          defaultEmailAddress: CustomerEmailAddress defaultPhoneNumber: CustomerPhoneNumber }
        type CustomerEmailAddress { emailAddress: String! marketingState: CustomerEmailAddressMarketingState!
          marketingOptInLevel: CustomerMarketingOptInLevel marketingUpdatedAt: DateTime validFormat: Boolean! }
        type CustomerPhoneNumber { phoneNumber: String! marketingState: CustomerSmsMarketingState!
          marketingOptInLevel: CustomerMarketingOptInLevel marketingUpdatedAt: DateTime
          marketingCollectedFrom: CustomerConsentCollectedFrom }

        """ + connection("Customer")

    private static let products =
        """
        type ProductVariant implements Node { id: ID! legacyResourceId: UnsignedInt64! sku: String barcode: String
          title: String! price: Money! compareAtPrice: Money displayName: String! position: Int! taxable: Boolean!
          inventoryQuantity: Int selectedOptions: [SelectedOption!]! createdAt: DateTime! updatedAt: DateTime!
          product: Product! inventoryItem: InventoryItem! media(\(page)): MediaConnection! }
        type SelectedOption { name: String! value: String! }
        type Product implements Node { id: ID! legacyResourceId: UnsignedInt64! title: String! handle: String!
          vendor: String! productType: String! status: ProductStatus! tags: [String!]! descriptionHtml: HTML!
          createdAt: DateTime! updatedAt: DateTime! publishedAt: DateTime onlineStoreUrl: URL isGiftCard: Boolean!
          totalInventory: Int! tracksInventory: Boolean! variantsCount: Count featuredMedia: Media
          variants(\(page) sortKey: ProductVariantSortKeys = POSITION): ProductVariantConnection! }
        enum ProductVariantSortKeys { POSITION }
        interface Media { id: ID! alt: String mediaContentType: MediaContentType! status: MediaStatus!
          preview: MediaPreviewImage }
        type MediaImage implements Media & Node { id: ID! alt: String mediaContentType: MediaContentType!
          status: MediaStatus! preview: MediaPreviewImage image: Image }
        type MediaPreviewImage { image: Image status: MediaPreviewImageStatus! }
        type Image { id: ID url: URL! altText: String width: Int height: Int }
        type InventoryItem implements Node { id: ID! sku: String tracked: Boolean! }

        """ + connection("Product") + connection("ProductVariant") + connection("Media")

    private static let subscriptions =
        """
        enum WebhookSubscriptionTopic { \(ShopifyTopics.all.map(ShopifyTopics.enumName).joined(separator: " ")) }
        enum WebhookSubscriptionFormat { JSON XML }
        input WebhookSubscriptionInput { uri: String format: WebhookSubscriptionFormat
          includeFields: [String!] filter: String metafieldNamespaces: [String!] name: String }
        type WebhookSubscription implements Node { id: ID! legacyResourceId: UnsignedInt64!
          topic: WebhookSubscriptionTopic! uri: String! format: WebhookSubscriptionFormat! name: String filter: String
          includeFields: [String!]! createdAt: DateTime! updatedAt: DateTime! }
        type UserError { field: [String!] message: String! }
        type WebhookSubscriptionCreatePayload { webhookSubscription: WebhookSubscription userErrors: [UserError!]! }
        type WebhookSubscriptionDeletePayload { deletedWebhookSubscriptionId: ID userErrors: [UserError!]! }
        type Mutation {
          webhookSubscriptionCreate(topic: WebhookSubscriptionTopic! webhookSubscription: WebhookSubscriptionInput!):
            WebhookSubscriptionCreatePayload
          webhookSubscriptionDelete(id: ID!): WebhookSubscriptionDeletePayload
        }

        """ + connection("WebhookSubscription")
}
