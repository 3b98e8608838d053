import ConversationDomain
import Testing

@testable import Dialogue

@Suite struct TemplateTests {
    private let templates = TemplateRenderer()

    @Test(
        "values are filled in as plain text, the rest of the template stays as it is",
        arguments: [
            ("Order {{a}}: <b> & \"{{ b }}\"", "Order <1> & '2': <b> & \"{{a}}\""),
            ("{{a}}{{a}}", "<1> & '2'<1> & '2'"),
            ("\n{{a}}\n\n end\n", "\n<1> & '2'\n\n end\n"), ("  {{a}}  \r\nx", "  <1> & '2'  \r\nx"),
            ("no variables { } <i>", "no variables { } <i>"), ("单号{{a}}。", "单号<1> & '2'。"), ("", ""),
        ])
    func fills(template: String, text: String) throws {
        // Twice: compiled anew and from the cache.
        for _ in 0..<2 { #expect(try templates.render(template, values: ["a": "<1> & '2'", "b": "{{a}}"]) == text) }
    }

    @Test("a variable without a value is an error, never a hole", arguments: [[:], ["b": ""]])
    func missing(values: [String: String]) {
        #expect(!templates.canRender("x {{b}}", values: values))
        #expect(throws: ChatError(.internal, "an answer template needs 'b', which has no value")) {
            try templates.render("x {{b}}", values: values)
        }
    }

    @Test("a very long value is cut")
    func bounded() throws {
        let text = try templates.render("{{a}}", values: ["a": String(repeating: "数", count: 5000)])
        #expect(text == String(repeating: "数", count: TemplateRenderer.valueLimit))
    }

    @Test("variables are found in their order, with and without spaces")
    func variables() throws {
        #expect(try TemplateSyntax.variables(in: "a {{ b }} c{{d}}{{b}}") == ["b", "d", "b"])
        #expect(try TemplateSyntax.variables(in: "no { braces } here") == [])
    }

    @Test(
        "everything but variables is refused, when it is written and when it is rendered",
        arguments: [
            "{{#a}}x{{/a}}", "{{^a}}x{{/a}}", "{{>p}}", "{{{a}}}", "{{&a}}", "{{!c}}", "{{=<% %>=}}", "{{a", "a}}",
            "{{a b}}", "{{a.b}}", "{{}}", "{{% CONTENT_TYPE:HTML}}", "{{$a}}", "{{*a}}", "{{<a}}", "{{.}}", "{{ 1a }}",
            "{{a}} {{#b}}",
        ])
    func refused(template: String) {
        #expect(throws: TemplateSyntaxError.self) { try TemplateSyntax.variables(in: template) }
        #expect(throws: ChatError.self) { try templates.render(template, values: ["a": "1", "b": "2"]) }
    }
}
