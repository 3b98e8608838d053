import Actions
import ConversationDomain
import Foundation
import Policy
import Wording

/// Asking services of the shop, within the turn that needs them: other conversations do not wait, this one's next messages do.
extension ConversationEngine {
    /// The targets that can be called; nothing is looked up for content that calls none.
    func actionTargets(_ snapshot: ContentSnapshot) throws -> Set<ActionName> {
        guard let actions = parts.actions, snapshot.content.intents.contains(where: { $0.action != nil }) else {
            return []
        }
        return try actions.targets()
    }

    /// The plan with what came of its calls. They are made at the same time, so that a turn takes no longer than its slowest.
    func called(_ plan: TurnPlan, _ message: InboundMessage, _ conversation: Conversation, locale: BotLocale) async
        -> TurnPlan
    {
        let calls = Set(plan.calls)
        guard let actions = parts.actions, !calls.isEmpty else { return plan }
        let outcomes = await withTaskGroup(of: (ActionCall, ActionOutcome).self) { group in
            for call in calls {
                let request = ActionRequest(
                    call, in: conversation, locale: locale, clientMessageID: message.clientMessageID)
                group.addTask { (call, await actions.call(request)) }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        return plan.after(outcomes, status: conversation.status)
    }
}
