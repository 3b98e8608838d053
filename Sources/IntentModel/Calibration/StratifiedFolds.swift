import BERTTraining
import LinearModels

/// Splits samples into folds that each hold the same share of every class, as far as its size allows.
package struct StratifiedFolds: Hashable, Sendable {
    package let count: Int
    /// The fold of each sample, from 0; −1 for those that every training and no testing part holds.
    let fold: [Int]

    /// - Parameters:
    ///   - labels: the class of each sample.
    ///   - count: folds, at least 2.
    ///   - seed: which sample of a class goes where; the same seed gives the same folds.
    ///   - untested: samples that are in every training part and in no testing part.
    package init(labels: [Int], count: Int, seed: UInt64, untested: Set<Int> = []) {
        self.count = max(2, count)
        var generator = SeededGenerator(seed: seed)
        var fold = [Int](repeating: -1, count: labels.count)
        let tested = labels.indices.filter { !untested.contains($0) }
        var next = 0
        for members in Dictionary(grouping: tested, by: { labels[$0] }).sorted(by: { $0.key < $1.key }) {
            // Going on where the last class stopped keeps the folds of equal size.
            for index in members.value.shuffled(using: &generator) {
                fold[index] = next
                next = (next + 1) % self.count
            }
        }
        self.fold = fold
    }

    package func testing(_ index: Int) -> [Int] { fold.indices.filter { fold[$0] == index } }
    package func training(_ index: Int) -> [Int] { fold.indices.filter { fold[$0] != index } }
}
