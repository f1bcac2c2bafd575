enum BloomreachPlaceholder {}
