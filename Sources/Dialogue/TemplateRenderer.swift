import ConversationDomain
import Mustache
import Synchronization

/// Fills answer templates. Compiled templates are kept, up to a bound, since the same few serve nearly all turns.
final class TemplateRenderer: Sendable {
    private struct Compiled: Sendable {
        let template: MustacheTemplate
        let variables: [String]
    }

    /// The most compiled templates that are kept.
    private static let cacheLimit = 4096
    /// The most Unicode scalars of a filled-in value.
    private static let valueLimit = 256

    private let cache = Mutex<[String: Compiled]>([:])

    /// - Throws: `ChatError(.internal)` when a variable has no value: a reply never has a hole.
    func render(_ text: String, values: [String: String]) throws -> String {
        let compiled = try compiled(text)
        if compiled.variables.isEmpty { return text }
        for name in compiled.variables where values[name]?.isEmpty ?? true {
            throw ChatError(.internal, "an answer template needs '\(name)', which has no value")
        }
        let bounded = values.mapValues { String(String.UnicodeScalarView($0.unicodeScalars.prefix(Self.valueLimit))) }
        return compiled.template.render(bounded)
    }

    private func compiled(_ text: String) throws -> Compiled {
        if let known = cache.withLock({ $0[text] }) { return known }
        let variables: [String]
        do {
            variables = try TemplateSyntax.variables(in: text)
        } catch {
            throw ChatError(.internal, "an answer template is not well formed: \(error.message)")
        }
        // Mustache escapes for HTML unless told that the text is plain.
        let template = try MustacheTemplate(string: "{{% CONTENT_TYPE:TEXT}}" + text)
        let compiled = Compiled(template: template, variables: variables)
        cache.withLock { cache in
            if cache.count >= Self.cacheLimit { cache.removeAll() }
            cache[text] = compiled
        }
        return compiled
    }
}
