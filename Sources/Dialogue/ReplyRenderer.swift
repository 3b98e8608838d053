import Actions
import ConversationDomain
import Policy
import Wording

/// Turns a plan into words and buttons.
struct ReplyRenderer {
    /// One reply before it has an identifier.
    struct Draft: Hashable {
        let text: String
        let buttons: [Button]
    }

    /// The replies with the template that was used, and the dialogue's state with the used variant noted.
    struct Rendering {
        var drafts: [Draft] = []
        var template: String?
        var state: DialogueState
    }

    /// Unicode scalars of a question that stands for a title.
    private static let titleLimit = 60

    let templates: TemplateRenderer
    let snapshot: ContentSnapshot
    let locale: BotLocale
    let defaultLocale: BotLocale
    let channel: ChannelName
    /// Any number; picks among an intent's answers.
    let choice: Int
    /// Counts the turns, so that the bot's own phrases are not the same twice in a row.
    let turn: Int
    /// What the bot said last, for a visitor who asks for it again.
    var lastReplies: [Draft] = []

    func render(_ plan: TurnPlan) throws -> Rendering {
        var rendering = Rendering(state: plan.state)
        for saying in plan.sayings { try render(saying, into: &rendering) }
        return rendering
    }

    private func render(_ saying: TurnPlan.Saying, into rendering: inout Rendering) throws {
        switch saying {
        case .answer(let intent): try answer(intent, into: &rendering)
        case .outcome(let intent, let fields): try answer(intent, fields: fields, into: &rendering)
        case .failed(let intent, let offersPerson):
            rendering.drafts.append(
                Draft(text: failure(of: intent), buttons: offersPerson ? [personButton] : []))
        // The engine has put what came of it in its place.
        case .call(let call): try answer(call.intent, into: &rendering)
        case .ask(let intent, let slot, let before):
            let question = question(for: slot, of: intent)
            let text = before.map { Self.joined(lead($0, to: slot, of: intent), question) } ?? question
            rendering.drafts.append(Draft(text: text, buttons: []))
        case .knowledge(let entry, let others):
            rendering.drafts.append(Draft(text: knowledge(entry), buttons: others.compactMap { button(for: $0) }))
        case .choose(let question, let subjects, let values):
            let choices = subjects.filter { $0 != .intent(.agentRequest) }.compactMap { button(for: $0) }
            rendering.drafts.append(
                Draft(text: phrase(question, values: values), buttons: choices + [personButton]))
        case .confirm(let intent):
            rendering.drafts.append(confirmation(of: intent, rendering.state))
        case .beside(let subjects):
            guard let last = rendering.drafts.popLast() else { return }
            let more = subjects.compactMap { button(for: $0) }.filter { !last.buttons.contains($0) }
            rendering.drafts.append(Draft(text: last.text, buttons: last.buttons + more))
        case .alsoAsked(let subject):
            guard let button = button(for: subject) else { return }
            rendering.drafts.append(
                Draft(text: phrase(.alsoAsked, values: ["title": button.title]), buttons: [button]))
        case .danger(let act): rendering.drafts.append(Draft(text: danger(act), buttons: []))
        case .lastReply:
            rendering.drafts += lastReplies.isEmpty ? [Draft(text: phrase(.nothingToRepeat), buttons: [])] : lastReplies
        case .naming(let phrase, let values):
            rendering.drafts.append(Draft(text: self.phrase(phrase, values: values), buttons: []))
        case .missed(let notice): rendering.drafts.append(Draft(text: text(of: notice), buttons: []))
        case .phrase(let phrase, let offersPerson):
            rendering.drafts.append(Draft(text: self.phrase(phrase), buttons: offersPerson ? [personButton] : []))
        }
    }

    private func confirmation(of name: IntentName, _ state: DialogueState) -> Draft {
        let title = snapshot.intents[name].flatMap { localized($0.title) } ?? name.rawValue
        let known = snapshot.intents[name]?.slots.compactMap { state.slots[$0.name.rawValue] } ?? []
        let subject = known.isEmpty ? title : title + " (\(known.joined(separator: ", ")))"
        return Draft(
            text: phrase(.confirm, values: ["title": subject]), buttons: [Button(title: phrase(.yes), intent: name)])
    }

    /// Names the contact only where the owner has confirmed it.
    private func danger(_ act: SpeechAct) -> String {
        let phrase: BotPhrase =
            switch act {
            case .dangerMedical: .dangerMedical
            case .dangerSelfHarm: .dangerSelfHarm
            case .dangerThreat: .dangerThreat
            default: .dangerFire
            }
        let contact = snapshot.phrases.contact(for: act, in: locale)
        return self.phrase(phrase, values: contact.map { ["contact": $0] } ?? [:])
    }

    /// What is said when the intent's service gives no answer, or one that no answer is for.
    private func failure(of name: IntentName) -> String {
        snapshot.intents[name]?.action.flatMap { localized($0.failure) } ?? phrase(.noAnswerYet)
    }

    /// - Parameter fields: what a service said; nil when none was asked.
    private func answer(_ name: IntentName, fields: [String: String]? = nil, into rendering: inout Rendering) throws {
        // No field has the name of a slot.
        let values = rendering.state.slots.merging(fields ?? [:]) { slot, _ in slot }
        var chooser = VariantChooser(
            locale: locale, fallback: defaultLocale, channel: channel, slots: rendering.state.slots, choice: choice
        ) { templates.canRender($0, values: values) }
        chooser.fields = fields ?? [:]
        let answers = snapshot.intents[name]?.answers ?? []
        guard let chosen = chooser.choose(answers, last: rendering.state.lastVariants[name.rawValue]) else {
            // No answer can be said here, say for this channel. A person who was asked for comes all the same.
            let isHandoff = name == .agentRequest
            rendering.drafts.append(
                Draft(
                    text: isHandoff ? phrase(.personAsked) : failure(of: name), buttons: isHandoff ? [] : [personButton]
                ))
            rendering.state.handoffOffered = !isHandoff
            return
        }
        rendering.drafts.append(
            Draft(
                text: try templates.render(chosen.text, values: values),
                buttons: chosen.template.buttons.compactMap { button(from: $0) }))
        rendering.state.lastVariants[name.rawValue] = chosen.template.ordinal
        rendering.template = chosen.template.reference
    }

    private func knowledge(_ entry: KnowledgeEntry) -> String {
        guard let link = entry.link else { return entry.answer }
        return entry.answer + "\n\n" + Self.joined(phrase(.source), link)
    }

    /// What comes before a question; the owner's own words for the value where it was not given or not understood.
    private func lead(_ phrase: BotPhrase, to slot: SlotName, of intent: IntentName) -> String {
        guard [.askAgain, .expectOrderNumber].contains(phrase),
            let entity = snapshot.intents[intent]?.slots.first(where: { $0.name == slot })?.entity,
            let hint = snapshot.content.entities.first(where: { $0.name == entity }).flatMap({ localized($0.hint) })
        else { return self.phrase(phrase) }
        return hint
    }

    private func question(for slot: SlotName, of intent: IntentName) -> String {
        let asks = snapshot.intents[intent]?.slots.first { $0.name == slot }?.ask ?? [:]
        return localized(asks) ?? phrase(.fallback)
    }

    /// One of the choices; nil for an intent without a title. What customers say is no title.
    private func button(for subject: Candidate.Subject) -> Button? {
        switch subject {
        case .intent(let name):
            snapshot.intents[name].flatMap { localized($0.title) }.map { Button(title: $0, intent: name) }
        case .knowledge(let id): title(of: id).map { Button(title: $0, knowledge: id) }
        }
    }

    /// An entry's title, else its question, shortened when it is long.
    private func title(of id: KnowledgeID) -> String? {
        guard let entry = snapshot.knowledge[id] else { return nil }
        if let title = entry.title { return title }
        return entry.questions.first.map { question in
            let scalars = question.unicodeScalars
            return scalars.count <= Self.titleLimit
                ? question : String(String.UnicodeScalarView(scalars.prefix(Self.titleLimit - 1))) + "…"
        }
    }

    private func button(from template: ButtonTemplate) -> Button? {
        localized(template.title).map { Button(title: $0, intent: template.intent, slots: template.slots) }
    }

    /// How a pressed button stands in the history: by the title that an answer gives it, else by what the intent is called.
    func title(ofPressed name: IntentName, slots: [String: String]) -> String {
        let buttons = snapshot.content.intents.lazy.flatMap(\.answers).flatMap(\.buttons).filter { $0.intent == name }
        if let same = buttons.first(where: { ($0.slots ?? [:]) == slots }) ?? buttons.first,
            let title = localized(same.title)
        {
            return title
        }
        if name == .agentRequest { return phrase(.talkToPerson) }
        guard let intent = snapshot.intents[name] else { return name.rawValue }
        return localized(intent.title) ?? (intent.description.isEmpty ? name.rawValue : intent.description)
    }

    /// How a pressed button that stands for an entry is shown in the history.
    func title(ofPressed id: KnowledgeID) -> String { title(of: id) ?? id.rawValue }

    private var personButton: Button { Button(title: phrase(.talkToPerson), intent: .agentRequest) }

    func localized(_ texts: [BotLocale: String]) -> String? {
        let available = texts.keys.sorted()
        let chosen = locale.nearest(in: available) ?? defaultLocale.nearest(in: available) ?? available.first
        return chosen.flatMap { texts[$0] }
    }

    /// One of the variants that can be said with these values.
    func phrase(_ phrase: BotPhrase, values: [String: String] = [:]) -> String {
        let variants = snapshot.phrases.variants(phrase, in: locale).filter { templates.canRender($0, values: values) }
        // Those that name a value say more than those that name none.
        let naming = variants.filter { values.isEmpty || $0.contains("{{") }
        let pool = naming.isEmpty ? variants : naming
        guard !pool.isEmpty else { return "" }
        return (try? templates.render(pool[Int(turn.magnitude % UInt(pool.count))], values: values)) ?? ""
    }

    /// Two sentences; East Asian punctuation brings its own space.
    static func joined(_ first: String, _ second: String) -> String {
        let isSpaced = first.unicodeScalars.last.map { $0.value < 0x3000 } ?? false
        return first + (isSpaced ? " " : "") + second
    }
}
