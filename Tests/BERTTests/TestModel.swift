import BERT
import Foundation
import TensorFiles
import Testing

/// A two-layer encoder with values computed by PyTorch, and room for a copy of it on disk.
enum TestModel {
    struct Expected: Decodable {
        let input_ids: [[Int32]]
        let logits: [[Float]]
    }

    static func fixture(_ name: String) throws -> URL {
        let root = try #require(Bundle.module.resourceURL)
        return root.appendingPathComponent("Fixtures").appendingPathComponent(name)
    }

    static func expected() throws -> Expected {
        let data = try Data(contentsOf: fixture("tiny/expected.json"))
        return try JSONDecoder().decode(Expected.self, from: data)
    }

    /// A copy of the tiny model in a directory of its own, removed after `body`.
    static func withCopy<Result>(_ body: (URL) throws -> Result) throws -> Result {
        try withTemporaryDirectory { directory in
            for file in ["config.json", "model.safetensors"] {
                try FileManager.default.copyItem(
                    at: fixture("tiny/\(file)"), to: directory.appendingPathComponent(file))
            }
            return try body(directory)
        }
    }

    static func withTemporaryDirectory<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: directory) }
        return try body(directory)
    }

    /// Writes float32 tensors as a safetensors file.
    static func writeTensors(_ tensors: [(name: String, shape: [Int], values: [Float])], to url: URL) throws {
        var (header, data): ([String: Any], Data) = ([:], Data())
        for (name, shape, values) in tensors {
            let begin = data.count
            values.withUnsafeBytes { data.append(contentsOf: $0) }
            header[name] = ["dtype": "F32", "shape": shape, "data_offsets": [begin, data.count]]
        }
        let json = try JSONSerialization.data(withJSONObject: header)
        let length = withUnsafeBytes(of: UInt64(json.count).littleEndian) { Data($0) }
        try (length + json + data).write(to: url)
    }

    static func code(of body: () throws -> Void) -> ModelError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? ModelError)?.code
        }
    }
}
