enum TwinsPlaceholder {}
