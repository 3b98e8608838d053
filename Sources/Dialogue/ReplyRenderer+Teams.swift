import ConversationDomain
import Foundation
import People
import Policy

extension ReplyRenderer {
    func text(of notice: MissNotice) -> String {
        var values: [String: String] = [:]
        values["team"] = localized(notice.team.title)
        if notice.miss == .outsideHours { values["when"] = notice.opening.map(when) }
        let told = phrase(notice.miss == .outsideHours ? .outsideHours : .nobodyInTime, values: values)
        return notice.offersTicket ? Self.joined(told, phrase(.offerTicket)) : told
    }

    /// "tomorrow at 09:00".
    private func when(_ opening: MissNotice.Opening) -> String {
        let time = OpenTime.clock(opening.minute)
        switch opening.days {
        case 0: return phrase(.whenToday, values: ["time": time])
        case 1: return phrase(.whenTomorrow, values: ["time": time])
        default:
            let style = Date.FormatStyle(
                locale: Locale(identifier: locale.rawValue), calendar: Calendar(identifier: .gregorian),
                timeZone: opening.timeZone)
            // The weekday alone says enough within a week.
            let day = opening.days < 7 ? style.weekday(.wide) : style.weekday(.wide).day().month(.wide)
            return phrase(.whenDay, values: ["day": opening.at.formatted(day), "time": time])
        }
    }
}
