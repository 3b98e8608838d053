/// Why a template's text cannot be used.
public struct TemplateSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong and what was expected.
    public let message: String
    public var description: String { message }
}

/// The part of Mustache that answers may use: `{{variable}}`, nothing else.
public enum TemplateSyntax {
    /// The variables of a template in order of appearance, repeats kept.
    /// - Throws: ``TemplateSyntaxError`` for sections, partials, unescaped tags, comments and braces that do not close.
    public static func variables(in text: String) throws(TemplateSyntaxError) -> [String] {
        var variables: [String] = []
        var rest = text[...]
        while let open = rest.firstRange(of: "{{") {
            let stray = rest[..<open.lowerBound]
            if stray.contains("}}") { throw TemplateSyntaxError(message: "'}}' without '{{' before it") }
            guard let close = rest[open.upperBound...].firstRange(of: "}}") else {
                throw TemplateSyntaxError(message: "'{{' is never closed by '}}'")
            }
            let tag = rest[open.upperBound..<close.lowerBound]
            variables.append(try variable(tag))
            rest = rest[close.upperBound...]
            if rest.first == "}" { throw TemplateSyntaxError(message: "three braces are not used; write {{variable}}") }
        }
        if rest.contains("}}") { throw TemplateSyntaxError(message: "'}}' without '{{' before it") }
        return variables
    }

    private static func variable(_ tag: Substring) throws(TemplateSyntaxError) -> String {
        let name = String(
            tag.trimmingPrefix(while: \.isWhitespace).reversed().trimmingPrefix(while: \.isWhitespace).reversed())
        if SlotName.isValid(name) { return name }
        switch name.first {
        case "#", "^", "/":
            throw TemplateSyntaxError(
                message: "'{{\(name)}}': sections are not used in answers; write one answer per case, with 'when'")
        case ">", "<", "$", "*": throw TemplateSyntaxError(message: "'{{\(name)}}': partials are not used in answers")
        case "{", "&":
            throw TemplateSyntaxError(
                message: "'{{\(name)}}': write {{variable}}; answers are plain text and never escaped")
        case "!", "=", "%":
            throw TemplateSyntaxError(message: "'{{\(name)}}': comments and other tags are not used in answers")
        default:
            throw TemplateSyntaxError(
                message: "'{{\(name)}}' is not a variable; expected a slot's name of letters, digits and underscores")
        }
    }
}
