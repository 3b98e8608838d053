import Configuration
import ConversationDomain

/// The settings that the command line says, whatever their values are worth.
struct GivenFlags {
    var values: [Setting: ConfigValue] = [:]
    /// Of `--config`.
    var file: String?

    init(_ settings: [Setting], _ arguments: [String]) throws {
        var lists: [Setting: [String]] = [:]
        var place = arguments.startIndex
        while place < arguments.endIndex, arguments[place] != "--" {
            let argument = arguments[place]
            place += 1
            guard argument.hasPrefix("--") else { continue }
            let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts.first.map(String.init) ?? ""
            let attached = parts.count == 2 ? String(parts[1]) : nil
            func next() -> String? {
                guard attached == nil, place < arguments.endIndex, !arguments[place].hasPrefix("--") else {
                    return attached
                }
                defer { place += 1 }
                return arguments[place]
            }
            if name == "config" {
                file = next()
                continue
            }
            for setting in settings {
                switch setting.kind {
                case .text where setting.name == name:
                    values[setting] = ConfigValue(.string(next() ?? ""), isSecret: setting.isSecret)
                case .list where setting.name == name:
                    var list = lists[setting] ?? []
                    while let value = next() {
                        list.append(value)
                        if attached != nil { break }
                    }
                    lists[setting] = list
                case .flag where setting.name == name: values[setting] = ConfigValue(.string("true"), isSecret: false)
                case .flag(let negation?) where negation == name:
                    values[setting] = ConfigValue(.string("false"), isSecret: false)
                default: continue
                }
            }
        }
        for (setting, list) in lists { values[setting] = ConfigValue(.stringArray(list), isSecret: setting.isSecret) }
    }
}
