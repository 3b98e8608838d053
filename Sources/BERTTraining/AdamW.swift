import BERT
import CKernels

/// AdamW with decoupled weight decay (Loshchilov, Hutter 2019) and clipping by the norm of all gradients.
///
/// The work is cut into pieces of fixed size, so that results do not depend on the number of threads.
final class AdamW {
    /// A run of parameters that share their settings.
    struct Part {
        let values: UnsafeMutablePointer<Float>
        let gradients: UnsafeMutablePointer<Float>
        let count: Int
        let isDecayed: Bool
        /// The part's learning rate over that of the step.
        let rateScale: Float
    }

    struct Settings: Sendable {
        var beta1: Float = 0.9
        var beta2: Float = 0.999
        var epsilon: Float = 1e-8
        var decay: Float = 0.01
        /// The largest norm of all gradients together; larger ones are scaled down to it. Nil clips nothing.
        var largestNorm: Float? = 1
    }

    private struct Piece {
        let part: Part
        let begin: Int
        let count: Int
        /// Where its averages lie.
        let average: Int
    }

    let settings: Settings
    /// The averages of gradients and of their squares, part behind part.
    let firstAverages: FloatMemory
    let secondAverages: FloatMemory
    private let pieces: [Piece]
    private var squares: [Double]

    init(parts: [Part], settings: Settings) {
        self.settings = settings
        let pieceSize = 1 << 15
        var pieces: [Piece] = []
        var total = 0
        for part in parts {
            for begin in stride(from: 0, to: part.count, by: pieceSize) {
                let count = min(pieceSize, part.count - begin)
                pieces.append(Piece(part: part, begin: begin, count: count, average: total + begin))
            }
            total += part.count
        }
        self.pieces = pieces
        squares = Array(repeating: 0, count: pieces.count)
        firstAverages = FloatMemory(total)
        secondAverages = FloatMemory(total)
    }

    /// One step with the gradients as they are. `number` counts steps from 1.
    ///
    /// - Returns: the norm of all gradients before clipping.
    func step(_ number: Int, rate: Float, kernels: ck_training_kernels, team: TrainingTeam) -> Double {
        let pieces = pieces
        squares.withUnsafeMutableBufferPointer { squares in
            team.run { member in
                for index in member.share(of: pieces.count) {
                    let piece = pieces[index]
                    squares[index] = kernels.sum_of_squares(piece.count, piece.part.gradients + piece.begin)
                }
            }
        }
        let norm = squares.reduce(0, +).squareRoot()
        var step = ck_adamw(
            rate: 0, beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon, decay: 0,
            correction1: Self.correction(settings.beta1, number), correction2: Self.correction(settings.beta2, number),
            gradient_scale: 1)
        // PyTorch's clip_grad_norm_ divides by the norm plus this small number, too.
        if let largest = settings.largestNorm { step.gradient_scale = min(1, largest / (Float(norm) + 1e-6)) }
        guard norm.isFinite else { return norm }
        let common = step
        team.run { member in
            for piece in pieces[member.share(of: pieces.count)] {
                var own = common
                own.rate = rate * piece.part.rateScale
                own.decay = piece.part.isDecayed ? settings.decay : 0
                kernels.adamw(
                    piece.count, own, piece.part.values + piece.begin, piece.part.gradients + piece.begin,
                    firstAverages.start + piece.average, secondAverages.start + piece.average)
            }
        }
        return norm
    }

    private static func correction(_ beta: Float, _ number: Int) -> Float {
        var (power, base, exponent) = (1.0, Double(beta), number)
        while exponent > 0 {
            if exponent & 1 == 1 { power *= base }
            base *= base
            exponent >>= 1
        }
        return Float(1 - power)
    }
}

/// The learning rate over the steps of a run: it rises over the warm-up and falls in a line to zero.
struct RateSchedule: Sendable, Equatable {
    let peak: Float
    let steps: Int
    let warmUp: Int

    init(peak: Float, steps: Int, warmUpShare: Float) {
        self.peak = peak
        self.steps = max(1, steps)
        warmUp = max(1, Int((Float(steps) * warmUpShare).rounded()))
    }

    /// The rate of the step `index`, counted from 0.
    func rate(at index: Int) -> Float {
        let rising = min(1, Float(index + 1) / Float(warmUp))
        return peak * rising * max(0, Float(steps - index) / Float(steps))
    }
}
