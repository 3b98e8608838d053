extension BotContent {
    /// How the bot weighs answering, asking back and giving up, as its owner wants it.
    public struct Settings: Hashable, Sendable {
        /// The share of right replies among those that are given unasked.
        public let targetPrecision: Double
        /// What the likely candidates must reach together for the bot to ask which of them was meant; the lower, the more
        /// eagerly it asks.
        public let askBack: Double
        /// The share of messages that nothing in the content answers.
        public let foreignShare: Double

        /// The bounds of each.
        public static let targetPrecisions = 0.5...0.999
        /// Two candidates that are just likely enough to be offered reach the lower one.
        public static let askBacks = 0.4...1.0
        public static let foreignShares = 0.0...0.9

        /// What is out of bounds is brought within.
        public init(targetPrecision: Double = 0.91, askBack: Double = 0.5, foreignShare: Double = 0.3) {
            self.targetPrecision = Self.targetPrecisions.clamping(targetPrecision)
            self.askBack = Self.askBacks.clamping(askBack)
            self.foreignShare = Self.foreignShares.clamping(foreignShare)
        }
    }
}

extension ClosedRange {
    fileprivate func clamping(_ value: Bound) -> Bound { Swift.min(Swift.max(value, lowerBound), upperBound) }
}
