import Foundation

/// The exact one-sided sign test: whether wins over losses could be chance.
package enum SignTest {
    /// The probability of at least `wins` heads when a fair coin is tossed `wins + losses` times; 1 without tosses.
    package static func probability(wins: Int, losses: Int) -> Double {
        let tosses = wins + losses
        guard tosses > 0 else { return 1 }
        let logFair = Double(tosses) * -log(2.0)
        func logFactorial(_ number: Int) -> Double { lgamma(Double(number) + 1) }
        let sum = (wins...tosses).reduce(0.0) { sum, heads in
            sum + exp(logFactorial(tosses) - logFactorial(heads) - logFactorial(tosses - heads) + logFair)
        }
        return min(1, sum)
    }
}
