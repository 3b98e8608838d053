#if os(Linux)
    import BERT
    import Foundation
    import Testing

    @Suite("Mapped weights")
    struct MappingTests {
        /// The files of a directory that are mapped into this process.
        private func mappings(of directory: URL) throws -> Set<String> {
            let name = directory.lastPathComponent
            // Such a file has no size: it is read until it ends.
            let maps = try FileHandle(forReadingFrom: URL(filePath: "/proc/self/maps")).readToEnd() ?? Data()
            let lines = String(decoding: maps, as: UTF8.self).split(separator: "\n")
            return Set(lines.filter { $0.contains(name) }.compactMap { $0.split(separator: "/").last.map(String.init) })
        }

        @Test("an encoder's weights are unmapped when nobody uses it any more", arguments: [Precision.float32, .int8])
        func unmapped(precision: Precision) throws {
            try TestModel.withCopy { directory in
                func use() throws {
                    let encoder = try Encoder(
                        directory: directory, weightsHash: String(repeating: "0", count: 64), precision: precision)
                    #expect(try encoder.encode([[2, 8, 3]], workspace: encoder.makeWorkspace()).count == 1)
                    let mapped = try withExtendedLifetime(encoder) { try mappings(of: directory) }
                    #expect(!mapped.isEmpty)
                }
                try use()
                #expect(try mappings(of: directory).isEmpty)
            }
        }
    }
#endif
