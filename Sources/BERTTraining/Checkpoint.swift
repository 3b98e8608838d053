import BERT
import Foundation
import TensorFiles

/// Everything that a run needs to go on as if it had never stopped, in one file.
///
/// Magic `FDTRAIN1`, u64 length of a JSON header, the header, the arrays that it counts as float32, u64 checksum of all
/// bytes before; little-endian. A file is written under a temporary name, brought to the disk and renamed.
struct Checkpoint {
    /// The state of a run that is not numbers in arrays.
    struct State: Codable, Equatable {
        /// Steps done.
        var step = 0
        var curves = TrainingCurves()
        /// Losses since the last point of the curve.
        var lossSum = 0.0
        var lossCount = 0
        var best: TrainingCurves.Evaluation?
        /// Evaluations since the best one.
        var evaluationsWithoutGain = 0
    }

    private struct Header: Codable {
        let format: Int
        /// Stands for data, options and model.
        let fingerprint: String
        let state: State
        let counts: [Int]
    }

    private static let magic = Data("FDTRAIN1".utf8)
    private static let format = 2
    private static let headerLimit = 64 * 1024 * 1024

    /// Writes `state` and `arrays` to `url`.
    ///
    /// - Throws: `ModelError` with `io`; what stood there before is untouched then.
    static func write(_ state: State, arrays: [FloatMemory], fingerprint: String, to url: URL) throws {
        let header = try JSONEncoder().encode(
            Header(format: format, fingerprint: fingerprint, state: state, counts: arrays.map(\.count)))
        var file = BinaryWriter()
        file.append(magic + withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) } + header)
        for array in arrays { file.append(array) }
        let written = file.write(to: url) { parts in
            var sum = RunningChecksum()
            for part in parts { sum.add(part) }
            return withUnsafeBytes(of: sum.value.littleEndian) { Data($0) }
        }
        guard written else {
            throw ModelError(.io, "\(url.path): the checkpoint cannot be written: \(AtomicFile.reason)")
        }
    }

    /// Reads `url` into `arrays`, which are untouched unless everything about the file is right.
    ///
    /// - Returns: nil when there is no such file.
    /// - Throws: `ModelError` with `invalidFile` for a damaged file, `invalidInput` for one of another run.
    static func read(_ url: URL, into arrays: [FloatMemory], fingerprint: String) throws -> State? {
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        guard let data = try? Data(contentsOf: url, options: .alwaysMapped) else {
            throw ModelError(.io, "\(url.path): the checkpoint cannot be read")
        }
        return try data.withUnsafeBytes { bytes in
            try read(bytes, into: arrays, fingerprint: fingerprint, path: url.path)
        }
    }

    private static func read(
        _ bytes: UnsafeRawBufferPointer, into arrays: [FloatMemory], fingerprint: String, path: String
    ) throws -> State {
        func damaged(_ what: String) -> ModelError { ModelError(.invalidFile, "\(path): damaged checkpoint, \(what)") }
        guard bytes.count >= 24, bytes.prefix(8).elementsEqual(magic) else {
            throw ModelError(.invalidFile, "\(path): not a checkpoint")
        }
        let body = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - 8)])
        let stored = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self))
        let length = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        guard length <= UInt64(headerLimit), 16 + Int(length) <= body.count else {
            throw damaged("its header is too long")
        }
        let begin = 16 + Int(length)
        var sum = RunningChecksum()
        sum.add(UnsafeRawBufferPointer(rebasing: body[..<begin]))
        guard let header = try? JSONDecoder().decode(Header.self, from: Data(body[16..<begin])) else {
            throw damaged("its header cannot be read")
        }
        guard header.format == format else {
            throw ModelError(.unsupported, "\(path): checkpoint format \(header.format), expected \(format)")
        }
        guard header.fingerprint == fingerprint, header.counts == arrays.map(\.count) else {
            throw ModelError(
                .invalidInput, "\(path): the checkpoint belongs to a run with other data, options or another model")
        }
        let sizes = header.counts.map { $0 * MemoryLayout<Float>.size }
        guard begin + sizes.reduce(0, +) == body.count else { throw damaged("its length is wrong") }
        var offset = begin
        for size in sizes {
            sum.add(UnsafeRawBufferPointer(rebasing: body[offset..<offset + size]))
            offset += size
        }
        guard sum.value == stored else { throw damaged("its checksum is wrong") }
        offset = begin
        for (array, size) in zip(arrays, sizes) {
            UnsafeMutableRawBufferPointer(array.buffer).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: body[offset..<offset + size]))
            offset += size
        }
        return header.state
    }
}
