import CKernels

/// How the encoder calculates.
public enum Precision: String, Sendable, CaseIterable, Codable {
    /// Everything in float32: agrees with PyTorch to six digits.
    case float32
}

/// One compiled variant of the numeric kernels. The fastest that the CPU has is chosen unless a test forces one.
public enum KernelSet: String, Sendable, CaseIterable, Codable {
    /// Plain C for any CPU.
    case portable
    /// x86-64 with AVX2 and FMA.
    case avx2
    /// x86-64 with AVX-512F.
    case avx512
    /// arm64.
    case neon

    /// The sets that this CPU can run with `precision`, slowest first.
    public static func available(for precision: Precision = .float32) -> [KernelSet] {
        allCases.filter { $0.isAvailable(for: precision) }
    }

    /// The fastest set that this CPU can run with `precision`.
    public static func best(for precision: Precision = .float32) -> KernelSet {
        available(for: precision).last ?? .portable
    }

    /// Whether this CPU can run the set with `precision`.
    public func isAvailable(for precision: Precision = .float32) -> Bool {
        switch precision {
        case .float32: ck_float_kernels_of(native) != nil
        }
    }

    var native: ck_set {
        switch self {
        case .portable: CK_SET_PORTABLE
        case .avx2: CK_SET_AVX2
        case .avx512: CK_SET_AVX512
        case .neon: CK_SET_NEON
        }
    }
}
