package import ConversationDomain

/// What the columns of a table hold, as their names tell.
package struct ColumnNames {
    /// A column of texts.
    package struct Texts: Hashable {
        package let column: Int
        /// Told by the name: `question_de`.
        package let locale: BotLocale?
        /// Whether a cell may hold several texts.
        let isList: Bool
    }

    package private(set) var texts: [Texts] = []
    package private(set) var label: Int?
    package private(set) var answers: [Texts] = []
    package private(set) var alternatives: [Int] = []
    package private(set) var link: Int?
    package private(set) var title: Int?
    package private(set) var locale: Int?
    package private(set) var split: Int?
    package private(set) var knowledge: Int?
    package private(set) var id: Int?
    package private(set) var category: Int?
    /// Whether the rows are questions with their answers, and not examples of intents.
    package private(set) var areEntries = false
    /// A column of numbers that stand for the labels.
    package private(set) var numbers: Int?
    let width: Int
    /// Whether rows may go on beyond the names with more texts.
    var isRagged: Bool { texts.last.map { $0.column == width - 1 && $0.isList } ?? false }
    private let takesKnowledge: Bool
    private var isAnyKnown = false

    /// - Parameter names: as they stand in the table.
    package init(_ names: [String], _ columns: RowColumns) {
        width = names.count
        takesKnowledge = columns.takesKnowledge
        let plain = names.map { ColumnName($0) }
        let wholes = plain.map(\.whole)
        func position(_ names: [String]) -> Int? {
            RowColumns.position(of: names.map { ColumnName($0).whole }, in: wholes)
        }
        locale = position(RowColumns.locale + ColumnName.moreLocales)
        split = position(RowColumns.split + ColumnName.moreSplits)
        knowledge = columns.takesKnowledge ? position([RowColumns.knowledge]) : nil
        let label = position(columns.strongLabels)
        let weak = position(ColumnName.weakLabels)
        let answers = Self.columns(plain, ColumnName.answers)
        let questions = Self.columns(plain, ColumnName.questions)
        areEntries =
            columns.takesEntries && !answers.isEmpty && label == nil && (!questions.isEmpty || weak == nil)
        self.label = areEntries ? nil : label ?? weak
        if label != nil, plain.indices.contains(where: { $0 == self.label && plain[$0].isNameOfLabel }) {
            numbers = plain.firstIndex { $0.whole == "label" || $0.whole == "labelid" || $0.whole == "class" }
        }
        texts = Self.texts(plain, areEntries: areEntries, label: self.label)
        if areEntries || columns.takesEntries { self.answers = answers }
        if columns.takesEntries { title = position(ColumnName.titles) }
        if areEntries {
            alternatives = Self.columns(plain, ColumnName.alternatives).map(\.column)
            link = position(ColumnName.links)
            id = position(ColumnName.ids)
            category = weak
        } else if columns.takesEntries, !texts.isEmpty {
            let more = Self.columns(plain, ColumnName.alternatives)
            texts += more.map { Texts(column: $0.column, locale: $0.locale, isList: true) }
        }
        texts += Self.continuation(of: texts.last, in: plain)
        isAnyKnown = plain.contains { ColumnName.isKnown($0, columns) }
    }

    /// Whether the columns that a row needs are there.
    package var isSufficient: Bool {
        guard !texts.isEmpty else { return false }
        return areEntries ? !answers.isEmpty : label != nil || knowledge != nil || takesKnowledge && knowledge != nil
    }

    /// Whether any of the names is one that we know, so that the line names columns and is no row.
    var areNames: Bool { isAnyKnown }

    /// The columns that are read.
    package var used: Set<Int> {
        let single = [label, link, title, locale, split, knowledge, id, category]
        return Set(single.compactMap(\.self) + texts.map(\.column) + answers.map(\.column) + alternatives)
    }

    private static func columns(_ names: [ColumnName], _ wanted: [String]) -> [Texts] {
        // All columns of the best name: example 1, example 2, ….
        for word in wanted {
            let found = names.indices.filter { names[$0].word == word }
            if !found.isEmpty {
                return found.map { Texts(column: $0, locale: names[$0].locale, isList: names[$0].isList) }
            }
        }
        return []
    }

    private static func texts(_ names: [ColumnName], areEntries: Bool, label: Int?) -> [Texts] {
        let words = ColumnName.texts
        let found = columns(names, areEntries ? ColumnName.questions + words : words + ColumnName.questions)
        if !found.isEmpty || label == nil { return found }
        // Columns that are named after the language of their texts.
        return names.indices.compactMap { index in
            ColumnName.language(names[index].whole).map { Texts(column: index, locale: $0, isList: true) }
        }
    }

    /// Columns without a name right of the last one with texts go on with it.
    private static func continuation(of last: Texts?, in names: [ColumnName]) -> [Texts] {
        guard let last, last.isList, last.column + 1 < names.count,
            names[(last.column + 1)...].allSatisfy({ $0.whole.isEmpty })
        else { return [] }
        return names.indices.dropFirst(last.column + 1).prefix { names[$0].whole.isEmpty }
            .map { Texts(column: $0, locale: last.locale, isList: last.isList) }
    }
}
