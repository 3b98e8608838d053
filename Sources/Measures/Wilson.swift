/// The Wilson score interval for a share of successes (E. B. Wilson, Probable inference, the law of succession, and
/// statistical inference, JASA 22, 1927):
///
///     ( p + z²/2n ± z · √( p(1−p)/n + z²/4n² ) ) / ( 1 + z²/n )
package enum Wilson {
    /// The quantile of a two-sided 95 % interval.
    static let twoSided95 = 1.959963984540054
    /// The quantile of a one-sided 90 % bound.
    package static let oneSided90 = 1.2815515655446004

    /// Both bounds, 0 to 1; everything is possible without trials.
    package static func interval(successes: Int, trials: Int, z: Double = twoSided95) -> (lower: Double, upper: Double)
    {
        guard trials > 0 else { return (0, 1) }
        let n = Double(trials)
        let share = Double(successes) / n
        let centre = share + z * z / (2 * n)
        let reach = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
        let scale = 1 + z * z / n
        return (max(0, (centre - reach) / scale), min(1, (centre + reach) / scale))
    }
}
