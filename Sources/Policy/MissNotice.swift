package import ConversationDomain
package import Foundation
package import People

/// What a visitor is told when nobody takes the conversation.
package struct MissNotice: Hashable {
    /// When somebody is there again.
    package struct Opening: Hashable {
        package let at: Date
        /// Midnights until then on the team's clock, and minutes since the last of them.
        package let days: Int
        package let minute: Int
        package let timeZone: TimeZone
    }

    package let miss: HandoffMiss
    package let team: Team
    /// Nil when they work now, or nobody knows.
    package let opening: Opening?
    /// Whether an e-mail address is asked for.
    package let offersTicket: Bool

    package init(_ miss: HandoffMiss, _ hours: TeamHours, at time: Date, offersTicket: Bool) {
        self.miss = miss
        team = hours.team
        opening = hours.opening(after: time).map {
            Opening(
                at: $0, days: hours.days(from: time, to: $0), minute: hours.minute(of: $0), timeZone: hours.timeZone)
        }
        self.offersTicket = offersTicket
    }
}
