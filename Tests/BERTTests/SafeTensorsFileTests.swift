import BERT
import Foundation
import TensorFiles
import Testing

@Suite("Safetensors files")
struct SafeTensorsFileTests {
    private func file(_ header: String, data: [UInt8] = [], length: UInt64? = nil) -> Data {
        let length = length ?? UInt64(header.utf8.count)
        return withUnsafeBytes(of: length.littleEndian) { Data($0) } + Data(header.utf8) + Data(data)
    }

    private func open<Result>(_ data: Data, limit: Int = 4096, _ body: (SafeTensorsFile) throws -> Result) throws
        -> Result
    {
        try TestModel.withTemporaryDirectory { directory in
            let url = directory.appendingPathComponent("model.safetensors")
            try data.write(to: url)
            return try body(SafeTensorsFile(url: url, headerLimit: limit))
        }
    }

    private func code(_ data: Data, limit: Int = 4096) -> ModelError.Code? {
        TestModel.code { try open(data, limit: limit) { _ in } }
    }

    @Test("float32, float16 and bfloat16 become float32, aligned or not")
    func conversions() throws {
        let header = """
            {"__metadata__":{"format":"pt"},"b":{"dtype":"BF16","shape":[2],"data_offsets":[9,13]},\
            "h":{"dtype":"F16","shape":[4],"data_offsets":[1,9]},"f":{"dtype":"F32","shape":[1,2],"data_offsets":[13,21]},\
            "u":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}
            """
        let half: [UInt8] = [0x00, 0x3C, 0x00, 0xC0, 0x01, 0x00, 0x00, 0xFC]  // 1, -2, 2⁻²⁴, -∞
        let brain: [UInt8] = [0x80, 0x3F, 0x20, 0xC1]  // 1, -10
        let single: [UInt8] = [0, 0, 0x80, 0x3E, 0, 0, 0x80, 0x7F]  // 0.25, ∞
        try open(file(header, data: [7] + half + brain + single)) { (file) throws in
            #expect(file.metadata == ["format": "pt"])
            #expect(try file.floats("h") == [1, -2, 0x1p-24, -.infinity])
            #expect(try file.floats("b", shape: [2]) == [1, -10])
            #expect(try file.floats("f", shape: [1, 2]) == [0.25, .infinity])
            #expect(try file.tensor("u").count == 1)
            #expect(TestModel.code { _ = try file.floats("u") } == .unsupported)
            #expect(TestModel.code { _ = try file.floats("b", shape: [1, 2]) } == .invalidFile)
            #expect(TestModel.code { _ = try file.floats("missing") } == .invalidFile)
            #expect(try file.rows("f").columns == 2)
            #expect(TestModel.code { _ = try file.rows("b") } == .invalidFile)
        }
    }

    @Test("every half-precision number is converted exactly")
    func halves() throws {
        let bytes = (UInt16.min...UInt16.max).flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        let header = #"{"h":{"dtype":"F16","shape":[65536],"data_offsets":[0,131072]}}"#
        try open(file(header, data: bytes)) { file in
            for (bits, value) in try file.floats("h").enumerated() {
                let exponent = bits >> 10 & 31
                let fraction = Float(bits & 1023) / 1024
                let magnitude: Float =
                    switch exponent {
                    case 0: Float(sign: .plus, exponent: -14, significand: 1) * fraction
                    case 31: fraction == 0 ? .infinity : .nan
                    default: Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction)
                    }
                let expected = bits >> 15 == 1 ? -magnitude : magnitude
                #expect(value == expected || (value.isNaN && expected.isNaN), "bits \(bits)")
            }
        }
    }

    @Test(
        "a file that lies about its lengths or offsets is refused",
        arguments: [
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#,
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}"#,
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[8,4]}}"#,
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#,
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#,
            #"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#,
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,99999999999999999999]}}"#,
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
            #"{"a":{"shape":[1],"data_offsets":[0,4]}}"#, #"{"a":[]}"#, "[]", "{", "", "null",
        ])
    func lies(header: String) {
        #expect(code(file(header, data: [0, 0, 0, 0])) == .invalidFile)
    }

    @Test("a shape whose product overflows is refused as too large")
    func overflow() {
        let shape = "[4294967296,4294967296,4294967296]"
        #expect(code(file(#"{"a":{"dtype":"F32","shape":\#(shape),"data_offsets":[0,0]}}"#)) == .tooLarge)
    }

    @Test("headers longer than the limit or the file, short files and unknown types are refused")
    func bounds() {
        #expect(code(file("{}", length: 5000)) == .tooLarge)
        #expect(code(file("{}", length: .max)) == .tooLarge)
        #expect(code(file("{}", length: 3)) == .invalidFile)
        #expect(code(Data([1, 0, 0])) == .invalidFile)
        #expect(code(Data()) == .invalidFile)
        #expect(code(file(#"{"a":{"dtype":"F4","shape":[0],"data_offsets":[0,0]}}"#)) == .unsupported)
        #expect(code(file("{}")) == nil)
        #expect(TestModel.code { _ = try SafeTensorsFile(url: URL(fileURLWithPath: "/nonexistent")) } == .io)
        #expect(TestModel.code { _ = try SafeTensorsFile(url: URL(fileURLWithPath: "/")) } == .io)
    }
}
