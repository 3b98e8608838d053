public import ConversationDomain
public import Foundation
public import ModelRecords
import NativeContent

/// Writes content as the native files: one YAML file per intent, the knowledge of each locale, and each label set as JSON
/// lines.
///
/// What ``ContentReader`` reads from the folder is the same content, in the order of the names, locales and ids.
public enum ContentWriter {
    /// Which files there are now, by their paths inside the folder.
    public struct Outcome: Hashable, Sendable {
        public let written: [String]
        /// Intent and knowledge files that were there before and are not of this content. They are left alone, but a
        /// later import of the folder would read them too.
        public let leftOver: [String]
        /// What of the content the format cannot hold, such as `buttons (3)`.
        public var left: [String] = []
    }

    /// - Parameter overwriting: whether the folder may have files already.
    /// - Throws: ``ContentWriteError`` when the folder is not empty or a file cannot be written; files that were there
    ///   keep their text as long as not every new one could be written.
    public static func write(
        _ content: BotContent, labelSets: [LabelSet] = [], as format: ExportFormat = .native, to directory: URL,
        overwriting: Bool = false
    ) throws(ContentWriteError) -> Outcome {
        let before = try existing(in: directory, overwriting: overwriting)
        var found = ForeignFiles.files(of: content, format)
        if format == .native {
            found.files += labelSets.map(LabelSetFile.file(of:))
        } else {
            found.leave("classifiers", labelSets.count)
        }
        let files = found.files
        do {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            for file in files {
                try FileManager.default.createDirectory(
                    at: directory.appending(path: file.path).deletingLastPathComponent(),
                    withIntermediateDirectories: true)
            }
        } catch {
            throw ContentWriteError(directory, "the folder cannot be made")
        }
        try put(files, in: directory)
        let written = files.map(\.path)
        let leftOver = before.filter { !written.contains($0) }
        return Outcome(written: written, leftOver: format == .native ? leftOver : [], left: found.left)
    }

    /// The files that a reader of the folder would read.
    private static func existing(in directory: URL, overwriting: Bool) throws(ContentWriteError) -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: directory.path, isDirectory: &isFolder) else { return [] }
        guard isFolder.boolValue else { throw ContentWriteError(directory, "is a file, expected a folder") }
        let names = names(in: directory)
        guard names.isEmpty || overwriting else {
            throw ContentWriteError(directory, "the folder is not empty, expected a new or empty one")
        }
        let knowledge = self.names(in: directory.appending(path: "knowledge"))
        let sets = self.names(in: directory.appending(path: LabelSetReader.folderName))
        return names.filter { ["yaml", "yml"].contains(SourceText.fileExtension(of: $0)) }
            + knowledge.filter { ["yaml", "yml", "md", "markdown"].contains(SourceText.fileExtension(of: $0)) }
            .map { "knowledge/" + $0 }
            + sets.map { "\(LabelSetReader.folderName)/\($0)" }
    }

    private static func names(in directory: URL) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []).sorted()
    }

    /// Writes everything under temporary names first, so that a full disk destroys nothing.
    private static func put(_ files: [ContentFile], in directory: URL) throws(ContentWriteError) {
        var temporary: [(from: URL, to: URL)] = []
        defer { for file in temporary { try? FileManager.default.removeItem(at: file.from) } }
        for file in files {
            let target = directory.appending(path: file.path)
            let name = ".\(target.lastPathComponent).\(UInt32.random(in: 0 ... .max)).partial"
            let from = target.deletingLastPathComponent().appending(path: name)
            temporary.append((from, target))
            do {
                try Data(file.text.utf8).write(to: from)
            } catch {
                throw ContentWriteError(target, "the file cannot be written")
            }
        }
        for file in temporary {
            guard rename(file.from.path, file.to.path) == 0 else {
                throw ContentWriteError(file.to, "the file cannot be written")
            }
        }
    }
}

/// Content could not be written.
public struct ContentWriteError: Error, Hashable, Sendable, CustomStringConvertible {
    public let path: String
    public let message: String

    init(_ url: URL, _ message: String) {
        path = url.relativePath
        self.message = message
    }

    /// `path: message`.
    public var description: String { "\(path): \(message)" }
}
