import TensorFiles
import Testing

@testable import Tokenizers

@Suite("BERT's normaliser")
struct TokenizerScalarTableTests {
    @Test("every Unicode scalar is normalised and classified as the published tokenizers do")
    func everyScalar() throws {
        let builder = TokenizerScalarTableBuilder(.init())
        let image = TokenizerImage.assemble(
            key: 0,
            sections: [
                .scalarBlocks: builder.blocks.withUnsafeBytes { Array($0) },
                .scalarEntries: builder.entries.withUnsafeBytes { Array($0) },
                .scalarSequences: builder.sequences.withUnsafeBytes { Array($0) },
            ])
        let source = try TokenizerImage(copying: image)
        let table = try TokenizerScalarTable(
            blocks: source.table(.scalarBlocks, of: UInt16.self),
            entries: source.table(.scalarEntries, of: TokenizerScalarTable.Entry.self),
            sequences: source.table(.scalarSequences, of: UInt32.self))

        var content = TokenizerAlignedText(isTracking: false)
        var text: [UInt8] = []
        for value in UInt32(0)...0x10FFFF where Unicode.Scalar(value) != nil {
            let entry = table.entry(value)
            withUnsafeBytes(of: value.littleEndian) { content.bytes += $0 }
            content.bytes.append(entry.isWord ? 0 : entry.isSpace ? 1 : 2)
            text.removeAll(keepingCapacity: true)
            TokenizerUTF8.append(value, to: &text)
            text.withUnsafeBufferPointer { table.normalize($0, into: &content) }
            content.bytes.append(0)
        }
        // Length and checksum of the same list made with Hugging Face tokenizers 0.23.3 (normalisation of the scalar
        // between two letters; how many pre-tokens the three make).
        #expect(content.bytes.count == 10_732_902)
        #expect(content.bytes.withUnsafeBytes { Checksum.of($0) } == 0x5f9_b3cc_567f_4236)
    }
}
