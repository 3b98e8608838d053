import CKernels

/// Numbers in one allocation, aligned for vectors and padded at the end, zero at first. Not for use by several threads
/// at once, except where they touch different numbers.
final class FloatMemory: @unchecked Sendable {
    let start: UnsafeMutablePointer<Float>
    let count: Int

    init(_ count: Int) {
        let bytes = (count + Int(CK_PADDING)) * MemoryLayout<Float>.size
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        start = memory.assumingMemoryBound(to: Float.self)
        self.count = count
    }

    deinit { UnsafeMutableRawPointer(start).deallocate() }

    /// All numbers.
    var buffer: UnsafeMutableBufferPointer<Float> { UnsafeMutableBufferPointer(start: start, count: count) }

    /// Writes `numbers` from `offset` on; what would not fit is left out.
    func put(_ numbers: [Float], at offset: Int) {
        numbers.withUnsafeBufferPointer { source in
            guard let base = source.baseAddress, offset >= 0, offset < count else { return }
            (start + offset).update(from: base, count: min(source.count, count - offset))
        }
    }

    /// A copy of the numbers of `range`, which lies inside.
    func numbers(_ range: Range<Int>) -> [Float] {
        Array(UnsafeBufferPointer(rebasing: buffer[range]))
    }

    func copy(from other: FloatMemory) { start.update(from: other.start, count: min(count, other.count)) }

    func clear(_ range: Range<Int>) { (start + range.lowerBound).update(repeating: 0, count: range.count) }
}
