internal import ConversationDomain
import NativeContent
import Tables

/// What the reader of another product's project found, until it becomes content.
struct ProjectContent {
    /// A value that an intent takes.
    struct Slot {
        /// What it is here: dashes of other products are underscores.
        let name: String
        let entity: EntityName
        /// Whether it is asked for although no answer names it.
        let isRequired: Bool
        var asks: [BotLocale: String] = [:]
        let place: SourcePlace
    }

    /// What is said to an intent.
    struct Said {
        var slots: [Slot] = []
        var variants: [ProjectVariant] = []
        let place: SourcePlace
    }

    let options: ReadOptions
    var examples: ProjectExamples
    var entities: ProjectEntities
    var leftovers = ProjectLeftovers()
    private(set) var said: [String: Said] = [:]
    private var order: [String] = []

    init(root: SourcePlace, options: ReadOptions) {
        self.options = options
        examples = ProjectExamples(root: root, options: options)
        entities = ProjectEntities(options: options)
    }

    /// Notes what is said to an intent; the first counts.
    mutating func say(_ said: Said, to label: String) {
        let label = LabelledRows.trimmed(label)
        guard self.said[label] == nil else { return }
        self.said[label] = said
        order.append(label)
    }

    /// Adds all of it.
    /// - Parameter what: the project, such as `a Dialogflow agent`.
    mutating func finish(_ what: String, into assembly: inout ContentAssembly, _ log: inout IssueLog) {
        guard log.errors.isEmpty else { return }
        let marks = examples.marks
        let labelsByText = examples.labelsByText
        examples.nameLabels(order.compactMap { label in said[label].map { (label, $0.place) } }, &log)
        guard examples.finish(into: &assembly, &log) else { return }
        let spoken = examples.locales(in: assembly)
        let learnt = marks.filter { $0.value >= EntitySpan.fewestToLearn }.keys.compactMap(EntityName.init)
        let fillable = Set(EntityName.builtIn).union(entities.names).union(learnt)
        var projects: [ProjectIntent] = []
        for label in order {
            guard let name = examples.names[label], var said = said[label], !said.variants.isEmpty else { continue }
            if name == .outOfScope {
                leftovers.add(
                    label, said.place, "answers to what no intent fits",
                    "what the bot says there is 'says' in phrases/<locale>.yaml")
                continue
            }
            for index in said.variants.indices { link(&said.variants[index], labelsByText) }
            let slots = slots(of: said, name, spoken[name] ?? [], fillable, &log)
            let variants = said.variants.filter { isSayable($0, slots, name, &log) }
            if !variants.isEmpty {
                projects.append(ProjectIntent(name: name, slots: slots, variants: variants, place: said.place))
            }
        }
        var answers = ProjectAnswers(options: options, names: examples.names, locales: spoken)
        let intents = answers.intents(projects, &log)
        for intent in intents { assembly.add(intent) }
        assembly.places.merge(answers.places)
        let definitions = entities.definitions
        assembly.add(definitions)
        leftovers.tell(&log)
        let taken = Set(spoken.keys).union(intents.map(\.name)).count
        let count = intents.reduce(0) { $0 + $1.answers.count }
        let entries = examples.entryCount > 0 ? ", \(examples.entryCount) questions with answers" : ""
        log.note(
            examples.root,
            "read as \(what): \(taken) intents, \(examples.count) examples, \(count) answers\(entries) and \(definitions.count) entities are taken"
        )
    }

    /// Makes buttons of the replies that are a text of an intent.
    private mutating func link(_ variant: inout ProjectVariant, _ labelsByText: [UTF8Text: String]) {
        for reply in variant.replies {
            guard let label = labelsByText[ComparableText.key(reply)] else {
                leftovers.add(
                    reply, variant.place, "quick replies that are no example of an intent",
                    "add such an example, or write the button with its 'intent'")
                continue
            }
            variant.buttons.append(ProjectButton(title: reply, intent: label, place: variant.place))
        }
    }

    // MARK: Slots

    /// The slots that the intent asks for or its answers name.
    private func slots(
        of said: Said, _ name: IntentName, _ spoken: Set<BotLocale>, _ fillable: Set<EntityName>,
        _ log: inout IssueLog
    ) -> [SlotDefinition] {
        let named = Set(said.variants.flatMap(\.slots))
        var slots: [SlotDefinition] = []
        for slot in said.slots where slot.isRequired || named.contains(slot.name) {
            guard let slotName = SlotName(slot.name), !slots.contains(where: { $0.name == slotName }) else { continue }
            let available = slot.asks.keys.sorted()
            let why: String
            if !fillable.contains(slot.entity) {
                why =
                    "nothing recognises '\(slot.entity)'; list it in entities.yaml, or mark it in at least \(EntitySpan.fewestToLearn) examples"
            } else if slot.asks.isEmpty || !spoken.allSatisfy({ $0.nearest(in: available) != nil }) {
                why = "it has no question in each language of the examples; write it with 'ask'"
            } else {
                slots.append(SlotDefinition(name: slotName, entity: slot.entity, ask: slot.asks))
                continue
            }
            log.warning(slot.place, "the slot '\(slot.name)' is left out of '\(name)': \(why)")
        }
        return slots
    }

    private func isSayable(
        _ variant: ProjectVariant, _ slots: [SlotDefinition], _ name: IntentName, _ log: inout IssueLog
    ) -> Bool {
        let known = Set(slots.map(\.name.rawValue))
        guard let missing = variant.slots.first(where: { !known.contains($0) }) else { return true }
        log.warning(
            variant.place,
            "an answer of '\(name)' is left out: it needs '\(missing)', which is no slot of the intent; write it under 'slots' with 'entity' and 'ask'"
        )
        return false
    }
}
