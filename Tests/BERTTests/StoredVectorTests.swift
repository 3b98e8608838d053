import Foundation
import TensorFiles
import Testing

/// Vectors as databases keep them.
@Suite("Stored vectors")
struct StoredVectorTests {
    @Test("numbers are rounded to the nearest half, ties to even")
    func rounding() throws {
        let vector: [Float] = [
            0, -0.0, 1, -1.5, 0.1, 1 + 0x1p-11, 1 + 3 * 0x1p-11, 65504, 65519, 65520, -1e9, 0x1p-14, 0x1p-24, 0x1p-26,
            3 * 0x1p-25, 0.00006,
        ]
        let wanted: [Float] = [
            0, -0.0, 1, -1.5, 0.0999755859375, 1, 1 + 2 * 0x1p-10, 65504, 65504, .infinity, -.infinity, 0x1p-14,
            0x1p-24,
            0, 0x1p-23, 1007 * 0x1p-24,
        ]
        #expect(StoredVector.rounded(vector) == wanted)
        let data = StoredVector.bytes(vector)
        #expect(data.count == 1 + 2 * vector.count)
        #expect(try #require(StoredVector.vector(data)) == wanted)
        #expect(StoredVector.rounded(wanted) == wanted)
        #expect(StoredVector.rounded([.nan])[0].isNaN)
    }

    @Test("float32 of earlier programs is read exactly, and what is no vector is not")
    func earlier() {
        let vector: [Float] = [0.1, -2, .pi]
        let data = vector.map(\.bitPattern.littleEndian).withUnsafeBytes { Data($0) }
        #expect(StoredVector.vector(data) == vector)
        #expect(StoredVector.vector(Data([2, 0, 0])) == nil)
        #expect(StoredVector.vector(Data([1, 0])) == nil)
        #expect(StoredVector.vector(Data([1])) == [])
        #expect(StoredVector.vector(Data()) == [])
    }
}
