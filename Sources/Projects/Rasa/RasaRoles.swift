internal import ConversationDomain
import NativeContent
import Tables

/// What becomes of the roles that Rasa gives to entities, such as `departure` and `destination` of cities.
///
/// An entity that nothing lists is learned from its marked examples, and so is each of its roles: they become entities of their own,
/// `city.departure`, where slots tell them apart and each is marked often enough to be learned. Words of a list say nothing of a role:
/// then the values of a message go to the slots in their order.
struct RasaRoles {
    /// Examples in which an entity has to be marked to be learned.
    private static let enough = 5

    /// The roles that are entities of their own, by entity.
    private var kept: [String: Set<String>] = [:]
    /// Those that are not, and groups, each with its first place.
    private var lost: [(entity: String, roles: Set<String>, place: SourcePlace)] = []
    private var groups: [(entity: String, place: SourcePlace)] = []

    init(_ rows: [LabelledRow], _ words: [RasaWords], _ domain: RasaDomain, folder: SourcePlace) {
        var marks: [String: [String: Int]] = [:]
        var places: [String: SourcePlace] = [:]
        var listed = Set(words.filter { $0.kind != .synonym }.map(\.name))
        for row in rows {
            for slot in row.slots {
                if slot.group != nil, !groups.contains(where: { $0.entity == slot.name }) {
                    groups.append((slot.name, row.place(folder.path)))
                }
                // A value that stands for other words makes a list of them.
                if slot.value != nil { listed.insert(slot.name) }
                guard let role = slot.role else { continue }
                marks[slot.name, default: [:]][role, default: 0] += 1
                if places[slot.name] == nil { places[slot.name] = row.place(folder.path) }
            }
        }
        let told = domain.roles
        for (entity, counts) in marks.sorted(by: { $0.key < $1.key }) {
            let isLearned = !listed.contains(entity) && counts.values.allSatisfy { $0 >= Self.enough }
            let areTold = counts.keys.allSatisfy { told[entity]?.contains($0) == true }
            if isLearned, areTold, counts.keys.allSatisfy({ EntityName(Self.name(entity, $0)) != nil }) {
                kept[entity] = Set(counts.keys)
            } else {
                lost.append((entity, Set(counts.keys), places[entity] ?? folder))
            }
        }
    }

    private static func name(_ entity: String, _ role: String) -> String { entity + "." + role }

    /// The entity that a mark or a slot's mapping means.
    func entity(_ entity: String, role: String?) -> String {
        guard let role, kept[entity]?.contains(role) == true else { return entity }
        return Self.name(entity, role)
    }

    /// With the entities that its marks mean.
    func renamed(_ row: LabelledRow) -> LabelledRow {
        guard row.slots.contains(where: { $0.role != nil }) else { return row }
        var row = row
        row.slots = row.slots.map {
            RowSlot(name: entity($0.name, role: $0.role), start: $0.start, end: $0.end, value: $0.value)
        }
        return row
    }

    func tell(_ folder: SourcePlace, _ log: inout IssueLog) {
        for (entity, roles) in kept.sorted(by: { $0.key < $1.key }) {
            let names = roles.sorted().prefix(20).map { "'\(Self.name(entity, $0).prefix(80))'" }
                .joined(separator: ", ")
            log.warning(folder, "the roles of '\(entity.prefix(80))' are entities of their own: \(names)")
        }
        for (entity, roles, place) in lost {
            log.warning(
                place,
                "the roles of '\(entity.prefix(80))' (\(Self.list(roles))) are left out: a role is kept where a slot is mapped to it, no lookup, pattern or synonym lists the entity and \(Self.enough) examples mark it; the values of a message go to the slots of '\(entity.prefix(80))' in their order"
            )
        }
        for (entity, place) in groups {
            log.warning(
                place,
                "the groups of '\(entity.prefix(80))' are left out: values are not kept together; ask for one thing at a time with 'slots'"
            )
        }
    }

    private static func list(_ roles: Set<String>) -> String {
        roles.sorted().prefix(20).map { String($0.prefix(80)) }.joined(separator: ", ")
    }
}
