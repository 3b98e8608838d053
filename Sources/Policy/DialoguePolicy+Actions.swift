package import Actions
package import ConversationDomain

// What is asked of services of the shop: decided here, called by the engine, and put into words afterwards.

extension PolicyInput {
    /// The call that comes before an intent's answer; nil without an action, or where nobody said where the service is.
    func call(before intent: Intent, slots: [String: String]) -> ActionCall? {
        guard let action = intent.action, targets.contains(action.target) else { return nil }
        return ActionCall(action, of: intent, known: slots)
    }

    /// What says an intent's answer when its values are known.
    func answer(_ intent: Intent, slots: [String: String]) -> TurnPlan.Saying {
        call(before: intent, slots: slots).map(TurnPlan.Saying.call) ?? .answer(intent.name)
    }

    /// Whether the visitor is asked before it is acted on.
    func isConfirmed(before intent: Intent) -> Bool {
        intent.confirms || intent.action.map { $0.confirms && targets.contains($0.target) } ?? false
    }
}

extension TurnPlan {
    /// The rule where a service gave no answer.
    package static let actionFailed = "action.failed"

    /// What is to be called before anything is said.
    package var calls: [ActionCall] {
        sayings.compactMap { if case .call(let call) = $0 { call } else { nil } }
    }

    /// The same plan when the calls have ended: an answer filled with what came back, or the owner's words for a service that
    /// gives no answer, with a person beside them.
    package func after(_ outcomes: [ActionCall: ActionOutcome], status: ConversationStatus) -> TurnPlan {
        guard !outcomes.isEmpty else { return self }
        var plan = self
        let offers = status == .bot && !state.hasDeclinedPerson
        plan.sayings = sayings.map { saying in
            guard case .call(let call) = saying else { return saying }
            guard case .success(let fields)? = outcomes[call] else {
                plan.rule = Self.actionFailed
                if call.intent == intent, action == .answer { plan.action = .fallback }
                return .failed(call.intent, offersPerson: offers)
            }
            return .outcome(call.intent, fields)
        }
        if plan.rule == Self.actionFailed, offers, plan.state.awaitedSlot == nil, !plan.asksToConfirm {
            plan.state.handoffOffered = true
        }
        return plan
    }
}
