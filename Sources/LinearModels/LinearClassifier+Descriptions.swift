/// Rows for classes that nobody has given an example of.
extension LinearClassifier {
    /// The length of such a row over that of the others.
    ///
    /// Of the starter bot's intents, six at a time were left with their description only: 0.75 to 1 found half to three
    /// quarters of their sentences and cost the others none to one point; more takes sentences away from the others.
    static let describedLength: Float = 0.85

    /// The classifier with rows for `unseen` classes made from descriptions.
    ///
    /// What sets a description apart from the descriptions of other classes points where its sentences are set apart from
    /// other sentences: the row is their difference, as long as the other rows are, and its bias lets the mean sample
    /// answer as it answers to the others.
    /// - Parameters:
    ///   - hints: embeddings of names and descriptions of all classes, [hints, dimension]
    ///   - classes: the class of each hint.
    ///   - samples: what the classifier was trained on, [samples, dimension]
    package func adding(
        _ unseen: Set<Int>, describedBy hints: FeatureMatrix, of classes: [Int], samples: FeatureMatrix
    ) -> LinearClassifier {
        let known = (0..<self.classes).filter { !unseen.contains($0) }
        guard !known.isEmpty, samples.rows > 0 else { return self }
        let features = transform.apply(hints)
        let middle = Self.mean(transform.apply(samples), rows: Array(0..<samples.rows))
        func described(_ label: Int) -> [Float]? {
            let rows = classes.indices.filter { classes[$0] == label }
            return rows.isEmpty ? nil : Self.mean(features, rows: rows)
        }
        let others = known.compactMap(described)
        let centre = others.count > 1 ? Self.mean(of: others) : middle
        let lengths = known.map { FloatVector.dot(row($0), row($0)).squareRoot() }.sorted()
        let length = lengths[lengths.count / 2] * Self.describedLength
        let answer = known.reduce(Float(0)) { $0 + bias[$1] + FloatVector.dot(row($1), middle) } / Float(known.count)
        var newWeights = weights
        var newBias = bias
        for label in unseen {
            guard let own = described(label) else { continue }
            let apart = zip(own, centre).map { $0 - $1 }
            let norm = FloatVector.dot(apart, apart).squareRoot()
            guard norm > 0 else { continue }
            let new = apart.map { $0 * length / norm }
            newWeights.replaceSubrange(label * dimension..<(label + 1) * dimension, with: new)
            newBias[label] = answer - FloatVector.dot(new, middle)
        }
        return LinearClassifier(
            classes: self.classes, dimension: dimension, transform: transform, weights: newWeights,
            bias: newBias)
    }

    private func row(_ label: Int) -> ArraySlice<Float> { weights[label * dimension..<(label + 1) * dimension] }

    private static func mean(_ matrix: FeatureMatrix, rows: [Int]) -> [Float] {
        mean(of: rows.map { Array(matrix.row($0)) })
    }

    private static func mean(of vectors: [[Float]]) -> [Float] {
        var sum = [Float](repeating: 0, count: vectors.first?.count ?? 0)
        for vector in vectors {
            for index in sum.indices { sum[index] += vector[index] }
        }
        return sum.map { $0 / Float(max(1, vectors.count)) }
    }
}
