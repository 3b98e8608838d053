internal import ConversationDomain
import NativeContent

/// What of a project has no place here, by kind.
struct ProjectLeftovers {
    private struct Kind {
        let what: String
        let advice: String
        let first: SourcePlace
        var count = 0
        var names: [String] = []
        var last: (name: String, place: SourcePlace)?
    }

    private static let shown = 20
    private var kinds: [Kind] = []

    /// - Parameters:
    ///   - what: in the plural.
    ///   - advice: what to do about it.
    mutating func add(_ name: String, _ place: SourcePlace, _ what: String, _ advice: String) {
        let index = kinds.firstIndex { $0.what == what } ?? kinds.count
        if index == kinds.count { kinds.append(Kind(what: what, advice: advice, first: place)) }
        // Variants of one answer have the same.
        if kinds[index].last?.name == name, kinds[index].last?.place == place { return }
        kinds[index].last = (name, place)
        kinds[index].count += 1
        if kinds[index].names.count <= Self.shown { kinds[index].names.append(String(name.prefix(80))) }
    }

    func tell(_ log: inout IssueLog) {
        for kind in kinds {
            let names = kind.names.prefix(Self.shown).joined(separator: ", ")
            let more = kind.count > Self.shown ? ", …" : ""
            log.warning(kind.first, "left out, \(kind.what) (\(kind.count)): \(names)\(more); \(kind.advice)")
        }
    }
}
