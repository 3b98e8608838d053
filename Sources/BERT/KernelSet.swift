package import CKernels

/// How the encoder calculates.
public enum Precision: String, Sendable, CaseIterable, Codable {
    /// Everything in float32: agrees with PyTorch to six digits.
    case float32
    /// Matrix products in 8-bit integers, the rest in float32: several times faster, and embeddings differ by some
    /// thousandths (cosine to float32 above 0.99).
    case int8
}

/// One compiled variant of the numeric kernels. The fastest that the CPU has is chosen unless a test forces one.
public enum KernelSet: String, Sendable, CaseIterable, Codable {
    /// Plain C for any CPU.
    case portable
    /// x86-64 with AVX2 and FMA.
    case avx2
    /// x86-64 with AVX2 and VNNI; int8 only.
    case avxVNNI = "avx-vnni"
    /// x86-64 with AVX-512F; float32 only.
    case avx512
    /// x86-64 with AVX-512 VNNI; int8 only.
    case avx512VNNI = "avx512-vnni"
    /// arm64; float32 only.
    case neon
    /// arm64 with the dot product extension; int8 only.
    case neonDot = "neon-dot"

    /// The sets that this CPU can run with `precision`, slowest first.
    public static func available(for precision: Precision = .float32) -> [KernelSet] {
        allCases.filter { Kernels($0, precision: precision) != nil }
    }

    /// The fastest set that this CPU can run with `precision`.
    public static func best(for precision: Precision = .float32) -> KernelSet {
        available(for: precision).last ?? .portable
    }

    /// The set's name among the kernels.
    package var native: ck_set {
        switch self {
        case .portable: CK_SET_PORTABLE
        case .avx2: CK_SET_AVX2
        case .avxVNNI: CK_SET_AVX_VNNI
        case .avx512: CK_SET_AVX512
        case .avx512VNNI: CK_SET_AVX512_VNNI
        case .neon: CK_SET_NEON
        case .neonDot: CK_SET_NEON_DOT
        }
    }

    /// The float32 kernels that go with the set's integer products.
    fileprivate var floatCompanion: KernelSet {
        switch self {
        case .avxVNNI: .avx2
        case .avx512VNNI: .avx512
        case .neonDot: .neon
        case .portable, .avx2, .avx512, .neon: self
        }
    }
}

/// The functions of a kernel set that a precision needs.
struct Kernels: Sendable {
    let float: ck_float_kernels
    /// The integer products, for int8 only.
    let int8: ck_int8_kernels?

    /// The kernels of `set`, or nil when this CPU cannot run them or the set has none for `precision`.
    init?(_ set: KernelSet, precision: Precision) {
        guard let float = ck_float_kernels_of(set.floatCompanion.native)?.pointee else { return nil }
        switch precision {
        case .float32:
            guard set.floatCompanion == set else { return nil }
            int8 = nil
        case .int8:
            guard let kernels = ck_int8_kernels_of(set.native)?.pointee else { return nil }
            int8 = kernels
        }
        self.float = float
    }

    /// Output channels per panel of a packed matrix.
    var panel: Int { int8?.panel ?? float.panel }

    /// Bytes of a packed matrix.
    func packedBytes(outputs: Int, inputs: Int) -> Int {
        if let int8 { return ck_packed_int8_bytes(int8.panel, outputs, inputs) }
        return ck_packed_count(float.panel, outputs, inputs) * MemoryLayout<Float>.size
    }

    /// Packs `weight` [outputs, inputs] and `bias` [outputs] into `packedBytes` bytes at `target`, 64-byte aligned.
    ///
    /// `exact` names the columns that an int8 product keeps in float32, none or `CK_EXACT_COLUMNS`.
    func pack(
        outputs: Int, inputs: Int, weight: [Float], bias: [Float], exact: [UInt32], into target: UnsafeMutableRawPointer
    ) {
        let count = packedBytes(outputs: outputs, inputs: inputs)
        if let int8 {
            let bytes = target.bindMemory(to: UInt8.self, capacity: count)
            exact.withUnsafeBufferPointer { columns in
                let columns = columns.isEmpty ? nil : columns.baseAddress
                ck_pack_int8(int8.panel, int8.weight_limit, outputs, inputs, weight, bias, columns, bytes)
            }
        } else {
            let numbers = target.bindMemory(to: Float.self, capacity: count / MemoryLayout<Float>.size)
            ck_pack(float.panel, outputs, inputs, weight, bias, numbers)
        }
    }

    /// What a packed file's layout depends on, for its header.
    var packing: String {
        guard let int8 else { return "float32 panels of \(float.panel)" }
        return "int8 panels of \(int8.panel), weights to \(int8.weight_limit)"
    }
}
