internal import ConversationDomain

/// Whose project a folder or an archive is.
enum ProjectKind {
    case dialogflow

    /// Nil when it is none that is known.
    static func of(_ tree: ProjectTree) -> ProjectKind? {
        if DialogflowAgent.isAgent(tree) { return .dialogflow }
        return nil
    }

    /// Adds what the project holds.
    /// - Returns: the foreign labels of the options that an example had.
    func read(
        _ tree: ProjectTree, options: ReadOptions, into assembly: inout ContentAssembly, _ log: inout IssueLog
    ) -> Set<UTF8Text> {
        switch self {
        case .dialogflow:
            var agent = DialogflowAgent(tree, options: options)
            return agent.read(into: &assembly, &log)
        }
    }
}
