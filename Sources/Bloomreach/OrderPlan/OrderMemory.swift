import Commerce
import Foundation

/// What the plan remembers of an order's chain: the edited state as last told or attempted, kept in the slot `edited`.
struct ChainState: Codable, Hashable {
    static let slotName = "edited"

    /// 0 for the purchase; each told revision has the next number.
    var revision: Int
    /// A cancellation has zeroed what was told.
    var isVoid: Bool
    /// Cancellations so far; a reinstated order can be cancelled again.
    var cancellations: Int
    /// When the last fact of the chain happened: the next cannot be earlier.
    var at: Instant
    var state: EditedState
    /// Refund records whose units were told as edited away, because no money moved with them then; sorted. Should money
    /// follow, it settles that edit.
    var editRecords: [String]?

    init(
        revision: Int, isVoid: Bool, cancellations: Int, at: Instant, state: EditedState, editRecords: [String] = []
    ) {
        self.revision = revision
        self.isVoid = isVoid
        self.cancellations = cancellations
        self.at = at
        self.state = state
        self.editRecords = editRecords.isEmpty ? nil : editRecords
    }

    /// `nil` where nothing of the chain was told.
    init?(slot text: String?) {
        guard let text else { return nil }
        guard let state = try? JSONDecoder().decode(ChainState.self, from: Data(text.utf8)) else {
            preconditionFailure("the told state of an order cannot be read; it was written by a newer program")
        }
        self = state
    }

    /// Sorted keys: equal states have equal text in every process (docs/architecture.md, law 1).
    var slotText: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { preconditionFailure("a chain state is always encodable") }
        return String(decoding: data, as: UTF8.self)
    }
}
