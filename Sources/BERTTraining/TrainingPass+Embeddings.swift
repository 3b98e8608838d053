import BERT
import CKernels

extension TrainingPass {
    /// result = dropout(norm(word + type 0 + position))
    func embed(_ member: TrainingMember) {
        let layout = network.layout
        let type = values + layout.typeTable
        let target = memory.embeddingNorm
        forEachRun(member) { first, count, position in
            let begin = first * hidden
            let update = memory.update + begin
            for row in 0..<count {
                let word = values + layout.wordTable + Int(batch.rows[first + row]) * hidden
                (update + row * hidden).update(from: word, count: hidden)
                kernels.add_scaled(hidden, 1, type, update + row * hidden)
            }
            kernels.add_norm(
                count, hidden, 0, DropoutPlan.none.mask(.embeddings), update,
                values + layout.positionTable + position * hidden, values + layout.embeddingNorm,
                values + layout.embeddingNorm + hidden, configuration.layerNormEpsilon, target.normalised + begin,
                target.scales + first, target.result + begin)
            kernels.dropout(
                count, hidden, firstRow + first, dropout.mask(.embeddings), target.result + begin,
                target.result + begin)
        }
        member.meet()
    }

    /// From the gradient of the result in `gradient` to the tables. Rows are added in their order, column by column
    /// shared among the members.
    func embedBackward(_ adds: Bool, _ member: TrainingMember) {
        let layout = network.layout
        let own = member.share(of: batch.tokens)
        let begin = own.lowerBound * hidden
        kernels.dropout(
            own.count, hidden, firstRow + own.lowerBound, dropout.mask(.embeddings), memory.gradient + begin,
            memory.gradient + begin)
        member.meet()
        normGradients(memory.gradient, memory.embeddingNorm, norm: layout.embeddingNorm, adding: adds, member)
        kernels.norm_backward(
            own.count, hidden, memory.gradient + begin, memory.embeddingNorm.normalised + begin,
            memory.embeddingNorm.scales + own.lowerBound, values + layout.embeddingNorm, memory.otherGradient + begin)
        member.meet()
        let columns = columns(of: hidden, member)
        if !adds { clearTables(columns) }
        kernels.column_sums(
            batch.tokens, hidden, columns.lowerBound, columns.upperBound, memory.otherGradient,
            gradients + layout.typeTable)
        var row = 0
        for length in batch.lengths {
            for index in 0..<length {
                let source = memory.otherGradient + row * hidden + columns.lowerBound
                let position = layout.positionTable + (configuration.firstPosition + index) * hidden
                let word = layout.wordTable + Int(batch.rows[row]) * hidden
                kernels.add_scaled(columns.count, 1, source, gradients + position + columns.lowerBound)
                kernels.add_scaled(columns.count, 1, source, gradients + word + columns.lowerBound)
                row += 1
            }
        }
        member.meet()
    }

    private func clearTables(_ columns: Range<Int>) {
        let layout = network.layout
        let tables = [
            (layout.wordTable, layout.words), (layout.positionTable, configuration.maxPositionEmbeddings),
            (layout.typeTable, configuration.typeVocabularySize),
        ]
        for (table, rows) in tables {
            for row in 0..<rows {
                (gradients + table + row * hidden + columns.lowerBound).update(repeating: 0, count: columns.count)
            }
        }
    }

    /// Calls `body` for this member's part of every sequence: its first row, number of rows, and first position.
    private func forEachRun(_ member: TrainingMember, _ body: (_ first: Int, _ count: Int, _ position: Int) -> Void) {
        var begin = 0
        for length in batch.lengths {
            let own = member.share(of: length)
            if !own.isEmpty { body(begin + own.lowerBound, own.count, configuration.firstPosition + own.lowerBound) }
            begin += length
        }
    }
}
