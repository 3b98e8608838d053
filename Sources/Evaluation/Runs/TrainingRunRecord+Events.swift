import ConversationDomain
public import Foundation
import ModelRecords

extension TrainingRunRecord {
    /// The event files that TensorBoard shows: for each curve a folder of its own, since TensorBoard takes a folder for a run.
    /// - Returns: paths below the folder of the export, with the files' bytes.
    public func eventFiles() -> [(path: String, data: Data)] {
        let begun = startedAt.timeIntervalSince1970
        var files: [(path: String, data: Data)] = []
        for curve in curves where !curve.points.isEmpty {
            var file = EventFile(begun: begun)
            for point in curve.points {
                for (tag, value) in RunCurve.quantities {
                    guard let number = value(point) else { continue }
                    file.add(tag, number, step: point.step, time: begun + point.seconds)
                }
            }
            files.append((path(curve.name), file.data))
        }
        if let metrics {
            var file = EventFile(begun: begun)
            let measured = [
                ("accuracy", metrics.accuracy), ("coverage", metrics.coverage), ("precision", metrics.precision),
                ("calibration_error", metrics.calibrationError),
            ]
            for (tag, value) in measured {
                file.add("cross_validated/\(tag)", value, step: 0, time: begun + seconds)
            }
            files.append((path("result"), file.data))
        }
        return files
    }

    private func path(_ part: String) -> String {
        "\(id.rawValue)/\(part)/events.out.tfevents.\(Int(startedAt.timeIntervalSince1970)).frontdesk"
    }
}
