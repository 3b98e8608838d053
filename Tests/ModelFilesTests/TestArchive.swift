import CZlib
import Foundation

/// Builds small zip archives, sound or with chosen faults.
struct TestArchive {
    struct File {
        var name: String
        var content: [UInt8]
        var deflates = true
        /// Written in place of the true values when set.
        var crc32: UInt32?
        var size: UInt32?
        /// Whether sizes and offset go into a zip64 field.
        var usesZip64 = false
        var localName: String?
    }

    var files: [File]
    var comment = ""

    func bytes() -> [UInt8] {
        var data: [UInt8] = []
        var directory: [UInt8] = []
        for file in files {
            let packed = file.deflates ? Self.deflate(file.content) : file.content
            let crc = file.crc32 ?? UInt32(CZlib.crc32(0, file.content, UInt32(file.content.count)))
            let size = file.size ?? UInt32(file.content.count)
            let method: UInt16 = file.deflates ? 8 : 0
            let offset = UInt64(data.count)
            let local = file.localName ?? file.name
            data += u32(0x0403_4B50) + u16(20) + u16(0) + u16(method) + u32(0) + u32(crc) + u32(UInt32(packed.count))
            data += u32(size) + u16(UInt16(local.utf8.count)) + u16(0) + Array(local.utf8) + packed
            let extra =
                file.usesZip64
                ? u16(1) + u16(24) + u64(UInt64(size)) + u64(UInt64(packed.count)) + u64(offset) : []
            let hidden: UInt32 = 0xFFFF_FFFF
            directory += u32(0x0201_4B50) + u16(20) + u16(20) + u16(0) + u16(method) + u32(0) + u32(crc)
            directory += u32(file.usesZip64 ? hidden : UInt32(packed.count)) + u32(file.usesZip64 ? hidden : size)
            directory += u16(UInt16(file.name.utf8.count)) + u16(UInt16(extra.count)) + u16(0) + u16(0) + u16(0)
            directory += u32(0) + u32(file.usesZip64 ? hidden : UInt32(offset)) + Array(file.name.utf8) + extra
        }
        return data + directory + end(directory: directory.count, at: data.count)
    }

    private func end(directory size: Int, at offset: Int) -> [UInt8] {
        var record: [UInt8] = []
        let usesZip64 = files.contains(where: \.usesZip64)
        let count = UInt16(files.count)
        if usesZip64 {
            record += u32(0x0606_4B50) + u64(44) + u16(45) + u16(45) + u32(0) + u32(0) + u64(UInt64(count))
            record += u64(UInt64(count)) + u64(UInt64(size)) + u64(UInt64(offset))
            record += u32(0x0706_4B50) + u32(0) + u64(UInt64(offset + size)) + u32(1)
        }
        record += u32(0x0605_4B50) + u16(0) + u16(0) + u16(count) + u16(count)
        record += u32(UInt32(size)) + u32(usesZip64 ? 0xFFFF_FFFF : UInt32(offset))
        return record + u16(UInt16(comment.utf8.count)) + Array(comment.utf8)
    }

    /// Raw deflate data: zlib's own format without its header and trailer.
    static func deflate(_ content: [UInt8]) -> [UInt8] {
        var length = compressBound(UInt(content.count))
        var packed = [UInt8](repeating: 0, count: Int(length))
        compress2(&packed, &length, content, UInt(content.count), 6)
        return Array(packed[2..<Int(length) - 4])
    }

    private func u16(_ value: UInt16) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    private func u32(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    private func u64(_ value: UInt64) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
}
