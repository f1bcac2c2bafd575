extension BloomreachDocumentation {
    private static let kinds = [
        [
            "an app cancels and recreates an order",
            "`purchase_cancellation` with `reason: replaced_by_edit` and `replaced_by`, even if the new order is "
                + "free",
            "`purchase` with `is_replacement` and `replaces`", "each until the other is known",
        ],
        [
            "it does so again", "the middle order has both", "as above",
            "the middle order's cancellation, until its own replacement is known",
        ],
        [
            "an app creates a copy and leaves the first order open", "the same, once the copy is paid (see below)",
            "as above",
            "the cancellation, if the copy lacks some of the goods",
        ],
        ["a free reshipment", "nothing", "nothing", ""],
        [
            "an exchange as a new order", "`return` of the returned goods", "`purchase`",
            "the new order, if it has a mark",
        ],
        [
            "an order split in two", "`purchase_cancellation` when the shop cancels it", "a `purchase` for each part",
            "the parts, if they have a mark",
        ],
        ["a note: \"ship together with #1029\"", "nothing", "`purchase`", "the new order: the note is a mark"],
    ]

    /// What a marketer sees of orders that name one another.
    static let journeys =
        """
        ## Orders that name another order

        Editing apps, reshipments, exchanges and split orders all name an earlier order. Only the first kind replaces
        it. Everything that waits does so for `replacement_hold` at most.


        """ + table(["in the shop", "told of the first order", "told of the other order", "what waits"], kinds)
            + """


            If the shop did not cancel an order, Plumbline takes it back in favour of another one only if

            - nothing of it was shipped, and no money was refunded on it before the other order was created;
            - the other order has more than half of its units (half, if its name is the first one's with the next
              letter), was created within `policies.journeys.window` (48 hours by default), and no third order with
              some of its goods also names it;
            - the other order is itself told: paid, with a value, not a test, not migrated.

            If one of the first two conditions fails, Plumbline tells both orders and asks customer service
            (`replacement_doubtful`), unless the first order was shipped before the other was created: then there is
            nothing to ask. Later facts can change this: if an original that was taken back is shipped after all, or its
            copy is cancelled, Plumbline tells it again with a `purchase_update` with `is_reinstatement: true`. The
            `purchase` of the copy keeps its `is_replacement`, because history never changes. The row of the first
            order, its `mirrors`, and the customer's totals follow at once.
            """
}
