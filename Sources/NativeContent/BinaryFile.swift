internal import Foundation

/// Files that are no text, told by their first bytes.
enum BinaryFile {
    case zip, compound, pdf, gzip, archive7z

    static func kind(of data: Data) -> BinaryFile? {
        if data.starts(with: [0x50, 0x4B, 0x03, 0x04]) || data.starts(with: [0x50, 0x4B, 0x05, 0x06]) { return .zip }
        if data.starts(with: [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) { return .compound }
        if data.starts(with: Data("%PDF".utf8)) { return .pdf }
        if data.starts(with: [0x1F, 0x8B]) { return .gzip }
        return data.starts(with: [0x37, 0x7A, 0xBC, 0xAF]) ? .archive7z : nil
    }

    /// Why it cannot be read, and what to do.
    func refusal(_ data: Data) -> String {
        switch self {
        case .zip: "a zip archive or an Excel workbook, expected text"
        case .compound:
            data.range(of: Self.encryptedPackage) != nil
                ? "an Excel workbook that is protected by a password; save it without one"
                : "an old Excel workbook (.xls) or another Office file; save it as .xlsx or .csv"
        case .pdf: "a PDF file; expected a table, JSON or YAML"
        case .gzip: "a gzip archive; unpack it first"
        case .archive7z: "a 7z archive; unpack it first"
        }
    }

    /// The name of the stream that an encrypted workbook is in.
    private static let encryptedPackage = Data("EncryptedPackage".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] })
}
