import ConversationDomain
import Wording

/// The values of a message as its speaker means them: a corrected one does not count, nor one that is denied.
struct SlotValues {
    let entities: [Entity]
    /// Whether the message speaks of another thing than the one that was talked about, without naming it.
    let meansAnother: Bool

    init(_ heard: Heard?, _ phrases: PhraseBook) {
        guard let heard else {
            (entities, meansAnother) = ([], false)
            return
        }
        entities = Self.meant(heard.whole.entities.sorted { $0.start < $1.start }, in: heard.text, phrases)
        meansAnother = phrases.meansAnother(PhraseMatcher.Text(heard.text))
    }

    private static func meant(_ entities: [Entity], in text: String, _ phrases: PhraseBook) -> [Entity] {
        let scalars = Array(text.unicodeScalars)
        var result = entities
        for kind in Set(entities.map(\.entity)) {
            let same = entities.filter { $0.entity == kind }
            guard same.count > 1 else { continue }
            var isDenied: [Bool] = []
            var corrects = false
            for (index, entity) in same.enumerated() {
                let from = index == 0 ? 0 : min(same[index - 1].end, scalars.count)
                let before = PhraseMatcher.Text(
                    String(String.UnicodeScalarView(scalars[from..<max(from, min(entity.start, scalars.count))])))
                isDenied.append(phrases.hasNegation(before))
                if index > 0, phrases.hasCorrection(before) { corrects = true }
            }
            var kept: Entity?
            if isDenied.contains(true), let index = isDenied.lastIndex(of: false) {
                // "it's not A, it's B", "B, not A"; after "A … no, B" the last one counts.
                kept = corrects && isDenied[0] == false ? same.last : same[index]
                if same.count == 2, isDenied == [false, true], !corrects { kept = same[0] }
            } else if corrects {
                kept = same.last
            }
            if let kept { result.removeAll { $0.entity == kind && $0 != kept } }
        }
        return result
    }
}

extension Heard {
    /// The message without the values that were found in it.
    var rest: String { without(whole.entities) }

    /// The message without these values.
    func without(_ entities: [Entity]) -> String {
        let scalars = Array(text.unicodeScalars)
        var isValue = [Bool](repeating: false, count: scalars.count)
        for entity in entities {
            for place in entity.start..<min(entity.end, scalars.count) where place >= 0 { isValue[place] = true }
        }
        return String(String.UnicodeScalarView(zip(scalars, isValue).map { $1 ? " " : $0 }))
    }
}
