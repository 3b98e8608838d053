import ConversationDomain
import Wire

extension JSONValue {
    /// A frame for those who follow, in a few words.
    var words: String {
        let name = self["type"].string ?? ""
        let more: [String?] =
            switch name {
            case "following":
                [self["conversation"]["status"].string, self["visitor_connected"] == true ? "visitor" : "alone"]
            case "message":
                [
                    self["message"]["seq"].integer.map(String.init), self["message"]["from"].string,
                    self["message"]["text"].string, self["author"]["name"].string.map { "by \($0)" },
                ]
            case "note":
                ["\(self["note"]["author"]["name"].string ?? ""): \(self["note"]["text"].string ?? "")"]
            case "typing": [self["from"].string ?? self["agent"].string, self["on"] == true ? "on" : "off"]
            case "read": [self["by"].string, self["seq"].integer.map(String.init)]
            case "presence":
                [
                    self["agents"] == .null
                        ? nil : self["agents"].elements.compactMap { $0["name"].string }.joined(separator: ", "),
                    self["visitor"] == .null ? nil : self["visitor"] == true ? "visitor there" : "visitor gone",
                ]
            case "queue":
                [
                    self["conversation"]["status"].string, self["conversation"]["team"].string,
                    self["conversation"]["agent"].string,
                ]
            case "queue_ready": [self["count"].integer.map(String.init)]
            case "error": [self["code"].string]
            case "status", "queue_left": [self["status"].string, self["agent"].string]
            default: []
            }
        return ([name] + more).compactMap { $0 }.joined(separator: " ")
    }
}
