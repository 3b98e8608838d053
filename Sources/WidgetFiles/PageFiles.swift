import Foundation

/// The files of the widget and of the demo page, as the program carries them.
package enum PageFiles {
    /// The demo page, with `{{PUBLISHABLE_KEY}}` where its key goes.
    package static var page: [UInt8] { PackageResources.index_html }
    package static var pageStyle: [UInt8] { PackageResources.page_css }
    /// The demo page's script, with ``WordedScript/placeholder`` where the words go.
    package static var pageScript: [UInt8] { PackageResources.page_js }

    /// The widget, with ``WordedScript/placeholder`` where the words go: its parts one behind the other in one function, and its
    /// style as a string, so that a page has one thing to load and its policy need not allow styles.
    package static var widget: [UInt8] {
        let parts = [
            PackageResources.opening_js, PackageResources.storage_js, PackageResources.connection_js,
            PackageResources.sending_js, PackageResources.people_js, PackageResources.history_js,
            PackageResources.looks_js, PackageResources.panel_js, PackageResources.messages_js,
            PackageResources.sheets_js, PackageResources.closing_js,
        ]
        let script = parts.map { bare(String(decoding: $0, as: UTF8.self)) }.joined(separator: "\n")
        let style = bare(String(decoding: PackageResources.widget_css, as: UTF8.self))
        let whole = "// Frontdesk's chat widget; docs/widget.md tells how it is used.\n" + script
        return Array(whole.replacing("__FRONTDESK_STYLE__", with: quoted(style)).utf8)
    }

    /// Without indentation and the lines that are for those who read the source: a seventh of what would be sent. No text of the
    /// widget goes over several lines.
    private static func bare(_ text: String) -> String {
        text.split(separator: "\n").compactMap { line -> Substring? in
            let line = line.drop { $0 == " " }
            let isComment = line.hasPrefix("//") || (line.hasPrefix("/*") && line.hasSuffix("*/"))
            return isComment || line.isEmpty ? nil : line
        }.joined(separator: "\n")
    }

    /// A text as a string of JavaScript.
    private static func quoted(_ text: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return (try? encoder.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
}
