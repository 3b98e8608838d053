package import Application
public import ArgumentParser
public import BERT

/// Options of every command that encodes texts.
package struct EncoderFlags: ParsableArguments {
    @Option(help: "How the encoder calculates: int8, fast, or float32, as exact as PyTorch.")
    package var precision = Precision.int8

    @Option(help: "The encoder's kernels; the fastest that this CPU has if not given.")
    package var kernels: KernelSet?

    package init() {}

    package func settings(threads: Int = 2) -> EncoderSettings {
        // Every thread may be in a long pass and in a short one between two of its blocks.
        EncoderSettings(precision: precision, kernels: kernels, idleWorkspaces: 2 * threads)
    }
}

extension Precision: ExpressibleByArgument {}
extension KernelSet: ExpressibleByArgument {}
