package import ConversationDomain

/// Reads and writes the bot's settings:
///
///     target_precision: 0.91
///     ask_back: 0.5
///     foreign_share: 0.3
package struct SettingsYAML {
    private static let targetPrecision = "target_precision"
    private static let askBack = "ask_back"
    private static let foreignShare = "foreign_share"
    package static let keys = [targetPrecision, askBack, foreignShare]

    private var reader: YAMLFieldReader

    /// What the file does not name is as the program has it.
    package static func read(_ root: YAMLNode, path: String, limits: ContentLimits, log: inout IssueLog)
        -> BotContent.Settings
    {
        var yaml = SettingsYAML(reader: YAMLFieldReader(path: path, limits: limits, log: log))
        let fields = yaml.reader.fields(root, of: "the settings", expected: keys)
        let usual = BotContent.Settings()
        let settings = BotContent.Settings(
            targetPrecision: yaml.number(fields[targetPrecision], in: BotContent.Settings.targetPrecisions)
                ?? usual.targetPrecision,
            askBack: yaml.number(fields[askBack], in: BotContent.Settings.askBacks) ?? usual.askBack,
            foreignShare: yaml.number(fields[foreignShare], in: BotContent.Settings.foreignShares)
                ?? usual.foreignShare)
        log = yaml.reader.log
        return settings
    }

    private mutating func number(_ field: YAMLEntry?, in range: ClosedRange<Double>) -> Double? {
        guard let field, let text = reader.text(field.value, "'\(field.key)'", limit: reader.limits.text) else {
            return nil
        }
        if let number = Double(text), range.contains(number) { return number }
        reader.error(
            field.line,
            "'\(field.key)' is '\(text.prefix(32))', expected a number from \(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))"
        )
        return nil
    }

    static func text(of settings: BotContent.Settings) -> String {
        """
        \(targetPrecision): \(text(settings.targetPrecision))
        \(askBack): \(text(settings.askBack))
        \(foreignShare): \(text(settings.foreignShare))

        """
    }

    /// `0.95`, `1`.
    private static func text(_ number: Double) -> String {
        let text = "\(number)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
