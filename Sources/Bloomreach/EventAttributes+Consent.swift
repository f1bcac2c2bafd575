/// What is told about a person's wish to be written to. The first four attributes are required: without one of them the
/// event revokes the consent (docs/vendors/bloomreach.md, Consent).
extension EventAttributes {
    public static let consent = EventDeclaration(
        eventType: "consent",
        when:
            "A person opted in or out on one channel. Only the newest decision is sent; a person who was never "
            + "asked gets no event.",
        attributes: [
            EventAttribute("action", .string, "consent", "`accept` or `reject`."),
            EventAttribute("category", .string, "configuration", "The project's consent category of the channel."),
            EventAttribute(
                "timestamp", .number, unit: "UNIX seconds", "consent",
                "When the person decided. An opt-out gets half a millisecond more, so that it wins a tie; an "
                    + "opt-out without a "
                    + "time gets the time of its evidence."),
            EventAttribute("valid_until", .string, "consent", "`unlimited`."),
            EventAttribute("source", .string, "configuration", "`private_api`."),
            EventAttribute("channel", .string, "consent", "`email` or `sms`."),
            EventAttribute(
                "event_key", .string, "flow", "Identifies this fact: two events with the same key are one fact."),
            EventAttribute(
                "live", .boolean, "flow",
                "The flow was in stage `live` when the person decided; campaigns require it."),
        ])
}
