import Foundation

/// The checked header of a safetensors file.
struct SafeTensorsHeader {
    let tensors: [String: SafeTensorsFile.Tensor]
    let metadata: [String: String]

    /// Reads the header of a whole file's `bytes` and checks every promise that it makes.
    static func parse(_ bytes: UnsafeRawBufferPointer, limit: Int, path: String) throws -> SafeTensorsHeader {
        guard bytes.count >= 8 else {
            throw ModelError(.invalidFile, "\(path): \(bytes.count) bytes, a safetensors file has 8 at least")
        }
        let declared = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard declared <= UInt64(limit) else {
            throw ModelError(.tooLarge, "\(path): header of \(declared) bytes, at most \(limit) are allowed")
        }
        let length = Int(declared)
        guard length <= bytes.count - 8 else {
            throw ModelError(.invalidFile, "\(path): header of \(length) bytes in a file of \(bytes.count)")
        }
        let raw: Raw
        do {
            raw = try JSONDecoder().decode(
                Raw.self, from: Data(UnsafeRawBufferPointer(rebasing: bytes[8..<8 + length])))
        } catch let error as ModelError {
            throw ModelError(error.code, "\(path): \(error.message)")
        } catch {
            throw ModelError(.invalidFile, "\(path): header is wrong (\(DecodingFault.summary(of: error)))")
        }
        let tensors = try check(raw.entries, begin: 8 + length, end: bytes.count, path: path)
        return SafeTensorsHeader(tensors: tensors, metadata: raw.metadata)
    }

    /// Tensors must cover the bytes from `begin` to `end` one after the other, without a hole or overlap.
    private static func check(
        _ entries: [String: Entry], begin: Int, end: Int, path: String
    ) throws -> [String: SafeTensorsFile.Tensor] {
        var tensors: [String: SafeTensorsFile.Tensor] = [:]
        tensors.reserveCapacity(entries.count)
        for (name, entry) in entries {
            tensors[name] = try entry.tensor(name, begin: begin, end: end, path: path)
        }
        var position = begin
        for tensor in tensors.values.sorted(by: {
            ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound)
        }) {
            guard tensor.bytes.lowerBound == position else {
                throw ModelError(.invalidFile, "\(path): tensor \(tensor.name) overlaps another or leaves a hole")
            }
            position = tensor.bytes.upperBound
        }
        guard position == end else {
            throw ModelError(.invalidFile, "\(path): \(end - position) bytes belong to no tensor")
        }
        return tensors
    }

    /// One entry as the JSON has it, nothing checked yet.
    private struct Entry: Decodable {
        let dtype: String
        let shape: [Int]
        let dataOffsets: [Int]

        enum CodingKeys: String, CodingKey {
            case dtype, shape
            case dataOffsets = "data_offsets"
        }

        func tensor(_ name: String, begin: Int, end: Int, path: String) throws -> SafeTensorsFile.Tensor {
            guard let type = SafeTensorsFile.ElementType(rawValue: dtype) else {
                throw ModelError(
                    .unsupported, "\(path): tensor \(name) has the unknown element type \(dtype.prefix(16))")
            }
            guard shape.count <= 8, shape.allSatisfy({ $0 >= 0 }) else {
                throw ModelError(.invalidFile, "\(path): tensor \(name) has a wrong shape")
            }
            var count = 1
            for dimension in shape {
                let product = count.multipliedReportingOverflow(by: dimension)
                guard !product.overflow else { throw ModelError(.tooLarge, "\(path): tensor \(name) is too large") }
                count = product.partialValue
            }
            let size = count.multipliedReportingOverflow(by: type.size)
            guard !size.overflow, dataOffsets.count == 2, dataOffsets[0] >= 0, dataOffsets[0] <= dataOffsets[1],
                dataOffsets[1] <= end - begin, dataOffsets[1] - dataOffsets[0] == size.partialValue
            else {
                throw ModelError(
                    .invalidFile, "\(path): tensor \(name) lies outside the file or its length does not fit its shape")
            }
            return SafeTensorsFile.Tensor(
                name: name, type: type, shape: shape, count: count,
                bytes: begin + dataOffsets[0]..<begin + dataOffsets[1])
        }
    }

    /// The header object: tensors by name, and one reserved key.
    private struct Raw: Decodable {
        var entries: [String: Entry] = [:]
        var metadata: [String: String] = [:]

        struct Key: CodingKey {
            let stringValue: String
            let intValue: Int? = nil
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            for key in container.allKeys {
                if key.stringValue == "__metadata__" {
                    metadata = try container.decode([String: String].self, forKey: key)
                } else {
                    entries[key.stringValue] = try container.decode(Entry.self, forKey: key)
                }
            }
        }
    }
}
