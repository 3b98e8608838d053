public import BERTTraining

extension RunCurve {
    /// From the trainer's own curves, which are whole also when the training was stopped and went on.
    /// - Parameter recorded: what was recorded of this process, for the times; steps before it get its first time.
    public init(name: String, curves: TrainingCurves, recorded: RunCurve?) {
        let known = recorded?.points ?? []
        func seconds(at step: Int) -> Double { (known.last { $0.step <= step } ?? known.first)?.seconds ?? 0 }
        var accuracies = Dictionary(curves.evaluations.map { ($0.step, $0.accuracy) }, uniquingKeysWith: { $1 })
        var points = curves.points.map { point in
            Point(
                step: point.step, seconds: seconds(at: point.step), loss: point.loss,
                accuracy: accuracies.removeValue(forKey: point.step), learningRate: Double(point.learningRate))
        }
        points += accuracies.map { Point(step: $0.key, seconds: seconds(at: $0.key), accuracy: $0.value) }
        self.init(name: name, points: points.sorted { $0.step < $1.step })
    }
}
