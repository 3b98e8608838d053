#if os(Linux)
    import Foundation
    import Testing

    /// What the program needs of the machine, and what it tells about itself. No models, no server.
    @Suite("The program's file", .timeLimit(.minutes(1)))
    struct ProgramFileTests {
        /// The libraries that INSTALL.md names; everything else, Swift's own above all, is part of the program.
        private static let libraries: Set<String> = [
            "libc.so.6", "libm.so.6", "libgcc_s.so.1", "libstdc++.so.6", "libsqlite3.so.0", "libz.so.1",
            "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1",
        ]

        @Test("needs the libraries of a plain Debian and none of the Swift toolchain")
        func libraries() throws {
            let dynamic = try DynamicSection(of: Installation.program)
            #expect(dynamic.needed.contains("libc.so.6"), "\(dynamic.needed)")
            #expect(dynamic.needed.contains("libsqlite3.so.0"), "\(dynamic.needed)")
            #expect(Set(dynamic.needed).subtracting(Self.libraries) == [])
        }

        @Test("looks for libraries in no folder of the machine that built it")
        func searchPath() throws {
            #expect(try DynamicSection(of: Installation.program).searchPaths.allSatisfy { $0 == "$ORIGIN" })
        }

        @Test("tells its version and a commit")
        func version() async throws {
            let output = try await versionLine()
            #expect(output.wholeMatch(of: /\d+\.\d+\.\d+ \(([0-9a-f]{12}(-dirty)?|unknown)\)\n/) != nil, "\(output)")
        }

        @Test(
            "was built from the commit that it tells",
            .enabled(if: Installation.isBuiltWithTests, "another build may be of another commit"))
        func commit() async throws {
            let header = Installation.packageRoot.appendingPathComponent("Sources/CBuildInfo/commit.h")
            let written = try? String(contentsOf: header, encoding: .utf8)
            let commit = written.flatMap { $0.split(separator: "\"").dropFirst().first }.map(String.init) ?? "unknown"
            #expect(try await versionLine().hasSuffix(" (\(commit))\n"))
        }

        private func versionLine() async throws -> String {
            let child = try Child(["--version"])
            #expect(try await child.wait(within: 10) == 0)
            #expect(child.errors == "")
            return child.output
        }
    }

    /// What a 64-bit little-endian ELF file asks of the dynamic linker.
    private struct DynamicSection {
        /// DT_NEEDED.
        let needed: [String]
        /// DT_RPATH and DT_RUNPATH, split at the colons.
        let searchPaths: [String]

        init(of file: URL) throws {
            let bytes = try Data(contentsOf: file, options: .alwaysMapped)
            let magic: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1]
            try #require(bytes.prefix(6).elementsEqual(magic), "\(file.path) is no 64-bit ELF")
            func number<Number: FixedWidthInteger>(_ offset: Int, _: Number.Type) throws -> Int {
                try #require(offset >= 0 && offset + MemoryLayout<Number>.size <= bytes.count)
                let value = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Number.self) }
                return Int(truncatingIfNeeded: Number(littleEndian: value))
            }
            // Program headers: type u32, flags u32, then offset, address, physical address, size in file, as u64 each.
            let (table, size, count) = try (number(32, UInt64.self), number(54, UInt16.self), number(56, UInt16.self))
            let headers = try (0..<count).map { index in
                let start = table + index * size
                return try (
                    type: number(start, UInt32.self), offset: number(start + 8, UInt64.self),
                    address: number(start + 16, UInt64.self), bytes: number(start + 32, UInt64.self)
                )
            }
            let dynamic = try #require(headers.first { $0.type == 2 }, "\(file.path) has no dynamic section")
            let entries = try (0..<dynamic.bytes / 16).map { index in
                let start = dynamic.offset + 16 * index
                return try (tag: number(start, UInt64.self), value: number(start + 8, UInt64.self))
            }.prefix { $0.tag != 0 }
            let strings = try #require(entries.first { $0.tag == 5 }).value
            let segment = try #require(
                headers.first { $0.type == 1 && ($0.address..<$0.address + $0.bytes).contains(strings) })
            func text(_ offset: Int) throws -> String {
                let start = strings - segment.address + segment.offset + offset
                try #require(start >= 0 && start < bytes.count)
                return String(decoding: bytes[start...].prefix { $0 != 0 }, as: UTF8.self)
            }
            needed = try entries.filter { $0.tag == 1 }.map { try text($0.value) }
            searchPaths = try entries.filter { [15, 29].contains($0.tag) }
                .flatMap { try text($0.value).split(separator: ":").map(String.init) }
        }
    }
#endif
