import BERT
import TensorFiles

extension TrainingOptions {
    /// Refuses numbers that make no sense.
    ///
    /// - Throws: `ModelError` with `invalidInput`, naming the option.
    public func validate() throws {
        func check(_ isRight: Bool, _ message: String) throws {
            if !isRight { throw ModelError(.invalidInput, message) }
        }
        try check((1...10_000).contains(epochs), "epochs is \(epochs), expected 1 to 10,000")
        try check((1...4096).contains(batchSize), "the batch size is \(batchSize), expected 1 to 4,096")
        try check((2...4096).contains(maximumTokens), "the most tokens are \(maximumTokens), expected 2 to 4,096")
        try check((64...1_000_000).contains(tokensPerPart), "tokens per part are \(tokensPerPart), expected 64 or more")
        try check((1...16).contains(threads), "\(threads) threads, expected 1 to 16")
        try check((0...128).contains(frozenLayers), "\(frozenLayers) frozen layers, expected 0 to 128")
        try check((1...1000).contains(evaluationsPerEpoch), "evaluations per epoch must be 1 to 1,000")
        try check(patience.map { $0 >= 1 } ?? true, "the patience must be 1 or more")
        try check(learningRate > 0 && learningRate < 1, "the learning rate is \(learningRate), expected 0 to 1")
        try check(headRateFactor >= 0 && headRateFactor <= 1e6, "the heads' rate factor must be 0 to 1,000,000")
        try check(layerRateDecay > 0 && layerRateDecay <= 1, "the layers' rate decay must be above 0, at most 1")
        try check(warmUpShare >= 0 && warmUpShare <= 1, "the warm-up's share must be 0 to 1")
        try check(weightDecay >= 0 && weightDecay < 1, "the weight decay must be 0 to 1")
        try check(largestGradient > 0, "the largest gradient must be above 0")
        try check(dropout >= 0 && dropout <= 0.9, "dropout is \(dropout), expected 0 to 0.9")
        try check(labelSmoothing >= 0 && labelSmoothing < 1, "label smoothing must be 0 to 1")
        try check(temperature >= 0.001 && temperature <= 100, "the temperature must be 0.001 to 100")
        switch method {
        case .lowRank(let rank, let alpha):
            try check((1...256).contains(rank), "the rank is \(rank), expected 1 to 256")
            try check(alpha > 0 && alpha <= 1e4, "alpha is \(alpha), expected above 0")
        case .contrastive:
            try check(
                examplesPerLabel >= 2 && examplesPerLabel * 2 <= batchSize,
                "examples per label are \(examplesPerLabel), expected 2 to half a batch")
        case .full, .unsupervised: break
        }
    }
}
