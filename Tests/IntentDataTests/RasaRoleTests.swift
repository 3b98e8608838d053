import ConversationDomain
import IntentData
import NativeContent
import Testing

/// Roles and groups of Rasa's entities.
@Suite struct RasaRoleTests {
    private static func project(examples: Int = 5, more: String = "", roles: Bool = true) -> [String: String] {
        let lines = (0..<examples).map {
            "    - from [Town\($0)]{\"entity\": \"city\", \"role\": \"departure\"} to [Place\($0)]{\"entity\": \"city\", \"role\": \"destination\"}"
        }
        func mapping(_ role: String) -> String {
            "mappings: [{type: from_entity, entity: city\(roles ? ", role: \(role)" : "")}]"
        }
        return [
            "config.yml": "language: en\n",
            "domain.yml": """
            intents: [trip]
            entities:
            - city:
                roles: [departure, destination]
            slots:
              start:
                type: text
                \(mapping("departure"))
              goal:
                type: text
                \(mapping("destination"))
            forms:
              trip_form:
                required_slots: [start, goal]
            responses:
              utter_ask_start: [{text: "From where?"}]
              utter_ask_goal: [{text: "Where to?"}]
              utter_trip: [{text: "From {start} to {goal}."}]
            """,
            "data/nlu.yml": "nlu:\n- intent: trip\n  examples: |\n    - I want to travel\n"
                + lines.joined(separator: "\n") + "\n" + more,
            "data/rules.yml": """
            rules:
            - rule: trip
              steps:
              - intent: trip
              - action: trip_form
              - active_loop: trip_form
            - rule: done
              condition:
              - active_loop: trip_form
              steps:
              - action: trip_form
              - active_loop: null
              - action: utter_trip
            """,
        ]
    }

    @Test("roles that slots tell apart and that enough examples mark become entities of their own")
    func kept() throws {
        let folder = try TestFolder(Self.project())
        let result = try folder.read()
        let intent = try #require(result.content.intents.first)
        #expect(intent.slots.map { "\($0.name) \($0.entity)" } == ["start city.departure", "goal city.destination"])
        #expect(intent.examples.last?.spans.map(\.entity.rawValue) == ["city.departure", "city.destination"])
        #expect(
            try folder.warnings().contains(
                ".:1: warning: the roles of 'city' are entities of their own: 'city.departure', 'city.destination'"))
    }

    @Test(
        "other roles are told; the slots then get the values in their order",
        arguments: [
            project(examples: 4), project(roles: false),
            project(more: "- lookup: city\n  examples: |\n    - Geneva\n"),
        ])
    func lost(files: [String: String]) throws {
        let folder = try TestFolder(files)
        let result = try folder.read()
        let intent = try #require(result.content.intents.first)
        #expect(intent.slots.map { "\($0.name) \($0.entity)" } == ["start city", "goal city"])
        #expect(intent.examples.last?.spans.map(\.entity.rawValue) == ["city", "city"])
        let told = try folder.warnings().filter { $0.contains("the roles of 'city' (departure, destination)") }
        #expect(told.count == 1 && told[0].contains("in their order"))
    }

    @Test("groups are told, and so are both in a file of examples by itself")
    func groups() throws {
        let example =
            "- intent: pizza\n  examples: |\n    - a [small]{\"entity\": \"size\", \"group\": 1} one and a [big]{\"entity\": \"size\", \"group\": 2} one\n"
        let folder = try TestFolder(Self.project(more: example))
        #expect(try folder.warnings().contains { $0.contains("data/nlu.yml") && $0.contains("the groups of 'size'") })
        let alone = try TestFolder(["nlu.yml": "nlu:\n" + example])
        #expect(
            try alone.warnings("nlu.yml").contains {
                $0.contains("nlu.yml:4: warning: roles and groups of entities (1 examples")
            })
    }
}
