import BERT
import CKernels

extension TrainingPass {
    /// result = norm(dropout(attention(input) · wₒᵀ + bₒ) + input)
    func attend(layer: Int, _ member: TrainingMember) {
        let place = memory.layers[layer]
        let input = input(of: layer)
        project(input, matrix(.attentionInput, layer: layer), into: place.attentionInput, member)
        member.meet()
        forEachSequence(layer: layer, member) { attention, begin in
            kernels.attention(&attention, place.context + begin * hidden, scratch(member))
        }
        member.meet()
        project(place.context, matrix(.attentionOutput, layer: layer), into: memory.update, member)
        member.meet()
        addNorm(
            memory.update, residual: input, dropout.mask(.attentionOutput(layer: layer)),
            norm: network.layout.norm(.afterAttention, layer: layer), into: place.attentionNorm, member)
        member.meet()
    }

    /// From the gradient of the result in `otherGradient` to that of the input in `gradient`.
    func attendBackward(layer: Int, _ adds: Bool, _ member: TrainingMember) {
        let place = memory.layers[layer]
        let output = matrix(.attentionOutput, layer: layer)
        normBackward(
            memory.otherGradient, place.attentionNorm, dropout.mask(.attentionOutput(layer: layer)),
            norm: network.layout.norm(.afterAttention, layer: layer), sum: memory.gradient, update: memory.update,
            adding: adds, member)
        member.meet()
        learn(memory.update, place.context, output, adding: adds, member)
        projectBack(memory.update, output, into: memory.contextGradient, adding: false, member)
        member.meet()
        forEachSequence(layer: layer, member) { attention, begin in
            kernels.attention_backward(
                &attention, memory.contextGradient + begin * hidden, memory.inputGradient + begin * 3 * hidden,
                scratch(member))
        }
        member.meet()
        let projection = matrix(.attentionInput, layer: layer)
        learn(memory.inputGradient, input(of: layer), projection, adding: adds, member)
        if layer > firstTrainedLayer || trainsEmbeddings {
            projectBack(memory.inputGradient, projection, into: memory.gradient, adding: true, member)
        }
        member.meet()
    }

    /// Calls `body` with this member's heads of every sequence and the number of the sequence's first token.
    private func forEachSequence(layer: Int, _ member: TrainingMember, _ body: (inout ck_self_attention, Int) -> Void) {
        let place = memory.layers[layer]
        let heads = member.share(of: configuration.heads)
        let mask = dropout.mask(.attention(layer: layer))
        var (begin, probabilities) = (0, place.probabilities)
        for length in batch.lengths {
            var attention = ck_self_attention(
                t: length, heads: configuration.heads, first: heads.lowerBound, last: heads.upperBound,
                d: configuration.headSize, row: firstRow + begin, dropout: mask,
                qkv: place.attentionInput + begin * 3 * hidden, probabilities: probabilities)
            body(&attention, begin)
            begin += length
            probabilities += configuration.heads * length * ck_attention_row(length)
        }
    }
}
