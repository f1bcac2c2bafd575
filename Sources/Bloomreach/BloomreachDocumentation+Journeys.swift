extension BloomreachDocumentation {
    private static let kinds = [
        [
            "an app cancels an order and makes it anew",
            "`purchase_cancellation` with `reason: replaced_by_edit` and `replaced_by`, even where the new order is "
                + "free",
            "`purchase` with `is_replacement` and `replaces`", "each until the other is known",
        ],
        [
            "it does so again", "the middle order says both", "as above",
            "the middle order's cancellation, until its own replacement is known",
        ],
        [
            "an app makes a copy and leaves the first open", "the same, once the copy is paid (see below)", "as above",
            "the cancellation, where the copy lacks a part of the goods",
        ],
        ["a free reshipment of what was sent", "nothing", "nothing", ""],
        [
            "an exchange as a new order", "`return` of what came back", "`purchase`",
            "the new order, where it has a mark",
        ],
        [
            "an order split in two", "`purchase_cancellation` when the shop cancels it", "a `purchase` for each part",
            "the parts, where they have a mark",
        ],
        ["a note: \"ship together with #1029\"", "nothing", "`purchase`", "the new order: the note is a mark"],
    ]

    /// What a marketer sees of orders that name one another.
    static let journeys =
        """
        ## Orders that name another order

        Edit apps, reshipments, exchanges and split orders all name an earlier order. Only the first kind takes its
        place. What waits, waits for `replacement_hold` at most.


        """ + table(["in the shop", "told of the first order", "told of the other order", "what waits"], kinds)
            + """


            An order that the shop did not cancel is taken back for another one only if

            - nothing of it was sent, and no money was given back on it before the other order was made;
            - the other order has more than half of its units (half, where its name is the first one's with the next
              letter), was made within `policies.journeys.window` (48 hours by default), and no third order that has
              some of its goods names it too;
            - the other order is itself told: paid, of some value, no test, not migrated.

            Where one of the first two fails, both are told. Customer service is asked (`replacement_doubtful`),
            unless the first order was sent out before the other was made: then there is nothing to ask. Facts may
            change it later: if an original that was taken back is sent out after all, or its copy is cancelled, it
            is told again by a `purchase_update` with `is_reinstatement: true`. The `purchase` of the copy keeps its
            `is_replacement`, because history never changes. The row of the first order, its `mirrors`, and the
            customer's totals follow at once.
            """
}
