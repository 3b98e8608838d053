import ConversationDomain
import Mustache
import Synchronization

/// Fills answer templates. Compiled templates are kept by their text, up to a bound, so a changed answer is a new one.
final class TemplateRenderer: Sendable {
    private struct Compiled: Sendable {
        /// Blank beginning of the text; Mustache would take a line end there for the pragma's.
        let indent: String
        let template: MustacheTemplate
        let variables: [String]
    }

    /// The most compiled templates that are kept.
    private static let cacheLimit = 4096
    /// The most Unicode scalars of a filled-in value.
    static let valueLimit = 256

    private let cache = Mutex<[UTF8Text: Compiled]>([:])

    /// Whether the template is well formed and each of its variables has a value.
    func canRender(_ text: String, values: [String: String]) -> Bool {
        guard let compiled = try? compiled(text) else { return false }
        return compiled.variables.allSatisfy { values[$0]?.isEmpty == false }
    }

    /// - Throws: `ChatError(.internal)` when a variable has no value: a reply never has a hole.
    func render(_ text: String, values: [String: String]) throws -> String {
        let compiled = try compiled(text)
        if compiled.variables.isEmpty { return text }
        var bounded: [String: String] = [:]
        for name in compiled.variables {
            guard let value = values[name], !value.isEmpty else {
                throw ChatError(.internal, "an answer template needs '\(name)', which has no value")
            }
            bounded[name] = String(String.UnicodeScalarView(value.unicodeScalars.prefix(Self.valueLimit)))
        }
        return compiled.indent + compiled.template.render(bounded)
    }

    private func compiled(_ text: String) throws -> Compiled {
        let key = UTF8Text(text)
        if let known = cache.withLock({ $0[key] }) { return known }
        let compiled: Compiled
        do {
            let variables = try TemplateSyntax.variables(in: text)
            let indent = text.prefix(while: \.isWhitespace)
            // Mustache escapes for HTML unless told that the text is plain.
            compiled = Compiled(
                indent: String(indent),
                template: try MustacheTemplate(string: "{{% CONTENT_TYPE:TEXT}}" + text.dropFirst(indent.count)),
                variables: variables)
        } catch {
            throw ChatError(.internal, "an answer template is not well formed: \(error)")
        }
        cache.withLock { cache in
            if cache.count >= Self.cacheLimit { cache.removeAll() }
            cache[key] = compiled
        }
        return compiled
    }
}
