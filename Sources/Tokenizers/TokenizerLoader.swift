public import Foundation
import TensorFiles

/// Makes the tokenizer of a model directory.
///
/// `tokenizer.json` is the source, or `vocab.txt` when there is none. Reading it takes a while (that of multilingual
/// models has 17 MB), so it is compiled once into `tokenizer.bin`, which is mapped into memory and used as it lies.
/// The compiled file knows the content that it was made from and is made again when that or the format has changed.
public enum TokenizerLoader {
    /// The compiled tokenizer inside a model directory.
    public static let compiledFileName = "tokenizer.bin"

    /// Loads the tokenizer of `directory`, compiling it first if needed. A directory that cannot be written to works
    /// too, only more slowly at each start.
    ///
    /// - Parameter wanted: the family that the tokenizer must be of.
    /// - Throws: `ModelError` with `io` (no source file), `invalidFile`, `unsupported` or `tooLarge`.
    public static func load(directory: URL, kind wanted: TokenizerKind) throws -> any Tokenizer {
        let (tokenizer, kind) = try load(directory)
        guard kind == wanted else {
            throw ModelError(
                .invalidFile,
                "\(directory.path): the tokenizer is \(kind.rawValue), the manifest says \(wanted.rawValue)"
            )
        }
        return tokenizer
    }

    /// Compiles the tokenizer of `directory` unless that is done already, and tells its family. For the installer.
    ///
    /// - Throws: As `load`.
    @discardableResult
    public static func compile(directory: URL) throws -> TokenizerKind {
        try load(directory).kind
    }

    private static func load(_ directory: URL) throws -> (tokenizer: any Tokenizer, kind: TokenizerKind) {
        let source = try Source(directory)
        let compiled = directory.appendingPathComponent(compiledFileName)
        if let file = try? MappedFile(compiled), let image = try? TokenizerImage(file, path: compiled.path),
            image.key == source.key, let (tokenizer, specification) = try? TokenizerCompiled.tokenizer(image)
        {
            return (tokenizer, specification.kind)
        }
        let bytes = try source.compiled()
        // Without write permission the image in memory has to do. The atomic option renames a temporary file.
        try? Data(bytes).write(to: compiled, options: .atomic)
        let (tokenizer, specification) = try TokenizerCompiled.tokenizer(TokenizerImage(copying: bytes))
        return (tokenizer, specification.kind)
    }

    /// The published files, mapped.
    private struct Source {
        let path: String
        let isJSON: Bool
        let file: MappedFile
        let configuration: Data?
        /// A checksum of all that the tokenizer is made from.
        let key: UInt64

        init(_ directory: URL) throws {
            let json = directory.appendingPathComponent("tokenizer.json")
            isJSON = FileManager.default.fileExists(atPath: json.path)
            let url = isJSON ? json : directory.appendingPathComponent("vocab.txt")
            path = url.path
            guard isJSON || FileManager.default.fileExists(atPath: url.path) else {
                throw ModelError(.io, "\(directory.path): neither tokenizer.json nor vocab.txt is there")
            }
            file = try MappedFile(url)
            guard file.bytes.count <= TokenizerSource.sizeLimit else {
                throw ModelError(.tooLarge, "\(path): at most \(TokenizerSource.sizeLimit) bytes are allowed")
            }
            let options = directory.appendingPathComponent("tokenizer_config.json")
            let reads = !isJSON && FileManager.default.fileExists(atPath: options.path)
            configuration = reads ? try BoundedFile.read(options, limit: 16 * 1024 * 1024) : nil
            let seed = configuration?.withUnsafeBytes { Checksum.of($0, seed: 1) } ?? (isJSON ? 2 : 3)
            key = Checksum.of(file.bytes, seed: seed)
        }

        func compiled() throws -> [UInt8] {
            do {
                let source =
                    isJSON
                    ? try TokenizerSource(tokenizerJSON: file.bytes)
                    : try TokenizerSource(vocabularyText: file.bytes, configuration: configuration)
                return try TokenizerCompiled.image(of: source, key: key)
            } catch let error as ModelError {
                throw ModelError(error.code, "\(path): \(error.message)")
            }
        }
    }
}
