import BERT
import CKernels

extension TrainingPass {
    /// result = norm(dropout(gelu(input · wᵢᵀ + bᵢ) · wₒᵀ + bₒ) + input)
    func feedForward(layer: Int, _ member: TrainingMember) {
        let place = memory.layers[layer]
        let wide = configuration.intermediateSize
        let own = project(
            place.attentionNorm.result, matrix(.feedForwardInput, layer: layer), into: place.wide, member)
        for row in 0..<batch.tokens {
            let begin = row * wide + own.lowerBound
            kernels.gelu(own.count, place.wide + begin, place.activated + begin)
        }
        member.meet()
        project(place.activated, matrix(.feedForwardOutput, layer: layer), into: memory.update, member)
        member.meet()
        addNorm(
            memory.update, residual: place.attentionNorm.result, dropout.mask(.feedForward(layer: layer)),
            norm: network.layout.norm(.afterFeedForward, layer: layer), into: place.outputNorm, member)
        member.meet()
    }

    /// From the gradient of the result in `gradient` to that of the input in `otherGradient`.
    func feedForwardBackward(layer: Int, _ adds: Bool, _ member: TrainingMember) {
        let place = memory.layers[layer]
        let wide = configuration.intermediateSize
        let (input, output) = (
            matrix(.feedForwardInput, layer: layer), matrix(.feedForwardOutput, layer: layer)
        )
        normBackward(
            memory.gradient, place.outputNorm, dropout.mask(.feedForward(layer: layer)),
            norm: network.layout.norm(.afterFeedForward, layer: layer), sum: memory.otherGradient,
            update: memory.update, adding: adds, member)
        member.meet()
        learn(memory.update, place.activated, output, adding: adds, member)
        let own = projectBack(memory.update, output, into: memory.wideGradient, adding: false, member)
        for row in 0..<batch.tokens {
            let begin = row * wide + own.lowerBound
            kernels.gelu_backward(
                own.count, place.wide + begin, memory.wideGradient + begin, memory.wideGradient + begin)
        }
        member.meet()
        learn(memory.wideGradient, place.attentionNorm.result, input, adding: adds, member)
        projectBack(memory.wideGradient, input, into: memory.otherGradient, adding: true, member)
        member.meet()
    }
}
