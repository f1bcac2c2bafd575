enum ShopifyPlaceholder {}
