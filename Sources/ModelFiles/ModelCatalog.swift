public import BERT
public import Foundation

/// A model directory with a sound manifest.
public struct InstalledModel: Sendable, Equatable {
    /// Where its files lie.
    public let directory: URL
    /// What it is.
    public let manifest: ModelManifest

    /// Whether it is meant for many languages.
    public var isMultilingual: Bool { manifest.languages.contains(ModelManifest.multilingual) }
}

/// Finds the installed models.
public enum ModelCatalog {
    /// Every `*/manifest.json` below `modelsDirectory` (a model's folder may be a symbolic link): multilingual models
    /// first, then by name. No directory is no model.
    ///
    /// - Parameter onFault: Gets the folders whose manifest is wrong; they are left out.
    public static func models(
        in modelsDirectory: URL, onFault: (URL, any Error) -> Void = { _, _ in }
    ) -> [InstalledModel] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: modelsDirectory.path)) ?? []
        var models: [InstalledModel] = []
        for name in names.sorted() where !name.hasPrefix(".") {
            let directory = modelsDirectory.appendingPathComponent(name, isDirectory: true)
            let manifest = directory.appendingPathComponent(ModelManifest.fileName)
            guard FileManager.default.fileExists(atPath: manifest.path) else { continue }
            do {
                models.append(InstalledModel(directory: directory, manifest: try ModelManifest.load(from: directory)))
            } catch {
                onFault(directory, error)
            }
        }
        return models.sorted { left, right in
            if left.isMultilingual != right.isMultilingual { return left.isMultilingual }
            return left.manifest.name < right.manifest.name
        }
    }
}
