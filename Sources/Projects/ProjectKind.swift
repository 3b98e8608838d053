package import ConversationDomain
package import NativeContent
package import Tables

/// Whose project a folder, an archive or a JSON file is.
package enum ProjectKind {
    /// Nil when it is none that is known.
    package static func reader(of tree: ProjectTree, options: ReadOptions) -> (any ProjectReader)? {
        if DialogflowCXAgent.isAgent(tree) { return DialogflowCXAgent(tree, options: options) }
        if DialogflowAgent.isAgent(tree) { return DialogflowAgent(tree, options: options) }
        if BotpressBot.isBot(tree) { return BotpressBot(tree, options: options) }
        return nil
    }

    /// Nil when it is none that is known.
    package static func reader(of root: JSONNode, path: String, options: ReadOptions) -> (any ProjectReader)? {
        if CLUProject.isProject(root) { return CLUProject(root, path: path, options: options) }
        if BotpressBot.isExport(root) { return BotpressBot(root, path: path, options: options) }
        if let intents = DialogflowIntents(export: root, path: path, options: options) { return intents }
        return HelpCentreExport(root, path: path, options: options)
    }
}

/// Reads what another product exports.
package protocol ProjectReader {
    /// Adds the project, and tells what is changed and left out; nothing is added when something cannot be read.
    /// - Returns: the foreign labels of the options that an example had.
    mutating func read(into assembly: inout ContentAssembly, _ log: inout IssueLog) -> Set<UTF8Text>
}
