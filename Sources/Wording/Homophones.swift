import ConversationDomain
internal import CEmbeddedFiles
import Foundation
import Synchronization

/// Brings Chinese that was typed by sound to the spelling that the content has: 丁单号 to 订单号, "wo de dingdan" to 我的订单.
///
/// What is written is kept wherever the content or the phrases write it so. Else two to four characters become what the content
/// writes for the same syllables without tones, if that is a word: it occurs often, and more often together than its parts would by
/// chance (pointwise mutual information, K. Church, P. Hanks, 1990). Three syllables and more may also differ in what many
/// speakers do not tell apart (zh and z, ing and in).
final class Homophones: Sendable {
    /// Characters of one word, as 16 bits each from the lowest on.
    private typealias Gram = UInt64

    private struct Words: Sendable {
        /// How often each run of one to four characters is written, anywhere.
        var known: [Gram: Int32] = [:]
        /// The words that are written for syllables.
        var bySound: [Gram: Gram] = [:]
        /// The commonest character of a syllable.
        var bySyllable: [UInt16: UInt16] = [:]
    }

    static let longest = 4
    /// Sentences that are learned from, and characters of one.
    private static let sentenceLimit = 20_000
    private static let lengthLimit = 200
    /// Runs of characters that are counted; about as many as 40,000 sentences have.
    private static let gramLimit = 500_000
    /// Unicode scalars of a text that is looked at.
    private static let textLimit = 1_000
    /// How often a word of two, three and four characters must occur.
    private static let leastCount: [Int: Int32] = [2: 5, 3: 4, 4: 3]
    private static let leastInformation = 2.5
    /// Syllables in Latin letters that are taken for Chinese, and the share of them that must be in words of the content.
    private static let leastSyllables = 3
    private static let leastInWords = 0.5

    private let content: [String]
    private let others: [String]
    private let words = Mutex<Words?>(nil)

    /// Nothing is read before it is needed.
    /// - Parameters:
    ///   - content: the sentences whose words are put in the place of others that sound alike.
    ///   - others: sentences whose words are kept as they are.
    init(content: [String], others: [String]) {
        self.content = content
        self.others = others
    }

    /// - Parameter phrases: those in Chinese.
    convenience init(_ phrases: [Phrases], _ content: BotContent?) {
        let entries = content?.knowledge.filter { $0.locale.language == BotLocale.chinese.language } ?? []
        let intents = content?.intents ?? []
        let own = intents.flatMap { intent in
            intent.examples.lazy.filter { $0.locale.language == BotLocale.chinese.language }.map(\.text)
                + intent.title.filter { $0.key.language == BotLocale.chinese.language }.values.sorted()
        }
        self.init(
            content: own + entries.flatMap { $0.questions + [$0.title].compactMap(\.self) },
            others: phrases.flatMap { $0.acts.values.flatMap(\.self) + $0.says.values.flatMap(\.self) }
                + entries.map(\.answer))
    }

    /// Nil where nothing sounds like something else, or the text is too long to be looked at.
    func spelledOut(_ text: String) -> String? {
        let scalars = Array(text.unicodeScalars)
        guard scalars.count <= Self.textLimit, !content.isEmpty else { return nil }
        let words = words.withLock { words in
            if let words { return words }
            let learned = learn()
            words = learned
            return learned
        }
        var result = String.UnicodeScalarView()
        var isChanged = false
        var place = 0
        while place < scalars.count {
            let start = place
            if Self.isHan(scalars[place]) {
                while place < scalars.count, Self.isHan(scalars[place]) { place += 1 }
                let run = scalars[start..<place].map { UInt16($0.value) }
                let plain = Self.written(run, words)
                isChanged = isChanged || plain != run
                result.append(contentsOf: plain.compactMap { Unicode.Scalar($0) })
            } else if Self.isLetter(scalars[place]) {
                while place < scalars.count, Self.isLetter(scalars[place]) || scalars[place] == " " { place += 1 }
                let run = String(String.UnicodeScalarView(scalars[start..<place]))
                if let plain = Self.characters(ofPinyin: run, words) {
                    isChanged = true
                    result.append(contentsOf: plain.unicodeScalars)
                } else {
                    result.append(contentsOf: scalars[start..<place])
                }
            } else {
                result.append(scalars[place])
                place += 1
            }
        }
        return isChanged ? String(result) : nil
    }

    // MARK: Characters

    private static func written(_ run: [UInt16], _ words: Words) -> [UInt16] {
        var result: [UInt16] = []
        var place = 0
        scan: while place < run.count {
            for count in stride(from: min(longest, run.count - place), through: 2, by: -1) {
                let part = run[place..<place + count]
                if words.known[gram(part)] != nil {
                    // Its last character may begin the next word.
                    result.append(contentsOf: part.dropLast())
                    place += count - 1
                    continue scan
                }
                guard let sound = sound(part), let word = words.bySound[sound] else { continue }
                let meant = characters(word)
                // A word of which no character is right is another word.
                guard zip(meant, part).contains(where: { $0 == $1 }) else { continue }
                result.append(contentsOf: meant)
                place += count
                continue scan
            }
            result.append(run[place])
            place += 1
        }
        return result
    }

    // MARK: Pinyin

    private static func characters(ofPinyin text: String, _ words: Words) -> String? {
        var syllables: [UInt16] = []
        for token in text.lowercased().split(separator: " ") {
            guard let own = Syllables.shared.parts(of: String(token)) else { return nil }
            syllables += own
        }
        guard syllables.count >= leastSyllables else { return nil }
        var result: [UInt16] = []
        var inWords = 0
        var place = 0
        scan: while place < syllables.count {
            for count in stride(from: min(longest, syllables.count - place), through: 2, by: -1) {
                let part = syllables[place..<place + count]
                guard let word = words.bySound[sound(syllables: part)] else { continue }
                result.append(contentsOf: characters(word))
                inWords += count
                place += count
                continue scan
            }
            guard let single = words.bySyllable[syllables[place]] else { return nil }
            result.append(single)
            place += 1
        }
        guard Double(inWords) >= leastInWords * Double(syllables.count) else { return nil }
        return String(String.UnicodeScalarView(result.compactMap { Unicode.Scalar($0) }))
    }

    // MARK: Learning

    private func learn() -> Words {
        var words = Words()
        var own: [Gram: Int32] = [:]
        func count(_ sentences: some Sequence<String>, isContent: Bool) {
            for sentence in sentences.prefix(Self.sentenceLimit) where words.known.count < Self.gramLimit {
                let scalars = sentence.unicodeScalars.prefix(Self.lengthLimit)
                for run in scalars.split(whereSeparator: { !Self.isHan($0) }) {
                    let run = run.map { UInt16($0.value) }
                    for start in run.indices {
                        for end in start + 1...min(start + Self.longest, run.count) {
                            let gram = Self.gram(run[start..<end])
                            words.known[gram, default: 0] += 1
                            if isContent { own[gram, default: 0] += 1 }
                        }
                    }
                }
            }
        }
        count(content, isContent: true)
        count(others, isContent: false)
        var total = 0
        for (gram, count) in words.known where gram >> 16 == 0 { total += Int(count) }
        var best: [Gram: (count: Int32, gram: Gram)] = [:]
        var commonest: [UInt16: (count: Int32, character: UInt16)] = [:]
        for (gram, count) in own {
            let characters = Self.characters(gram)
            if characters.count == 1 {
                guard let syllable = Syllables.shared.of[characters[0]] else { continue }
                if (commonest[syllable].map { ($0.count, $0.character) } ?? (0, 0)) < (count, characters[0]) {
                    commonest[syllable] = (count, characters[0])
                }
            } else if count >= Self.leastCount[characters.count] ?? .max,
                Self.information(characters, words.known, total: total) >= Self.leastInformation,
                let sound = Self.sound(characters[...]),
                (best[sound].map { ($0.count, $0.gram) } ?? (0, 0)) < (count, gram)
            {
                best[sound] = (count, gram)
            }
        }
        words.bySound = best.mapValues(\.gram)
        words.bySyllable = commonest.mapValues(\.character)
        return words
    }

    /// The least pointwise mutual information of two parts of the word, in nats.
    private static func information(_ word: [UInt16], _ known: [Gram: Int32], total: Int) -> Double {
        let whole = Double(known[gram(word[...])] ?? 0) * Double(total)
        return (1..<word.count).map { split in
            let first = Double(known[gram(word[..<split])] ?? 1)
            let second = Double(known[gram(word[split...])] ?? 1)
            return log(whole / (first * second))
        }.min() ?? 0
    }

    private static func gram(_ characters: ArraySlice<UInt16>) -> Gram {
        characters.reversed().reduce(0) { $0 << 16 | Gram($1) }
    }

    private static func characters(_ gram: Gram) -> [UInt16] {
        (0..<longest).map { UInt16(truncatingIfNeeded: gram >> Gram(16 * $0)) }.filter { $0 != 0 }
    }

    private static func sound(_ characters: ArraySlice<UInt16>) -> Gram? {
        let syllables = characters.compactMap { Syllables.shared.of[$0] }
        return syllables.count == characters.count ? sound(syllables: syllables[...]) : nil
    }

    /// Syllables count from 1, so that words of different lengths differ.
    private static func sound(syllables: ArraySlice<UInt16>) -> Gram {
        gram(syllables.count > 2 ? ArraySlice(syllables.map { Syllables.shared.alike[Int($0)] }) : syllables)
    }

    private static func isHan(_ scalar: Unicode.Scalar) -> Bool { (0x4E00...0x9FFF).contains(scalar.value) }
    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        (0x41...0x5A).contains(scalar.value) || (0x61...0x7A).contains(scalar.value)
    }
}

/// The syllables of Chinese without tones: `Resources/pinyin.txt`, a syllable a line with the characters that are read so, each
/// character once. Readings by the Unicode CLDR's transform Han-Latin; the characters of GB 2312 and the common ones of Big5.
private struct Syllables: Sendable {
    static let shared: Syllables = {
        let file = embedded_pinyin()
        return Syllables(String(decoding: UnsafeRawBufferPointer(start: file.bytes, count: file.count), as: UTF8.self))
    }()

    /// The syllable of a character, from 1.
    let of: [UInt16: UInt16]
    /// For each syllable the first of those that sound alike to many speakers.
    let alike: [UInt16]
    private let numbers: [String: UInt16]
    private static let longest = 6
    /// Letters of one token.
    private static let tokenLimit = 60

    private init(_ table: String) {
        var of: [UInt16: UInt16] = [:]
        var alike: [UInt16] = [0]
        var numbers: [String: UInt16] = [:]
        var groups: [String: UInt16] = [:]
        for line in table.split(separator: "\n") {
            let parts = line.split(separator: " ")
            guard parts.count == 2 else { continue }
            let number = UInt16(alike.count)
            numbers[String(parts[0])] = number
            for scalar in parts[1].unicodeScalars { of[UInt16(truncatingIfNeeded: scalar.value)] = number }
            let group = Self.group(of: String(parts[0]))
            alike.append(groups[group] ?? number)
            if groups[group] == nil { groups[group] = number }
        }
        (self.of, self.alike, self.numbers) = (of, alike, numbers)
    }

    private static func group(of syllable: String) -> String {
        var group = syllable
        if ["zh", "ch", "sh"].contains(where: group.hasPrefix) {
            group.remove(at: group.index(after: group.startIndex))
        }
        if ["ang", "eng", "ing"].contains(where: group.hasSuffix) { group.removeLast() }
        return group
    }

    /// The fewest syllables that the letters consist of; nil when they are no pinyin.
    func parts(of token: String) -> [UInt16]? {
        let letters = Array(token.utf8)
        guard letters.count <= Self.tokenLimit else { return nil }
        var best: [[UInt16]?] = Array(repeating: nil, count: letters.count + 1)
        best[0] = []
        for end in 1...max(1, letters.count) where end <= letters.count {
            for start in max(0, end - Self.longest)..<end {
                guard let before = best[start],
                    let number = numbers[String(decoding: letters[start..<end], as: UTF8.self)],
                    before.count + 1 < best[end]?.count ?? .max
                else { continue }
                best[end] = before + [number]
            }
        }
        return best[letters.count]
    }
}
