import ConversationDomain
import Foundation
import ModelRecords
import Testing
import Wire

@Suite struct JSONWriterTests {
    private var random = RandomValues()

    /// What an encoder makes of the same value.
    private func encoded(_ value: some Encodable) throws -> String {
        String(decoding: try JSONEncoder.frontdesk().encode(value), as: UTF8.self)
    }

    @Test("plain values are written byte for byte as by an encoder")
    mutating func plainValues() throws {
        for _ in 0..<2000 {
            let text = random.text()
            #expect(text.jsonText() == (try encoded(text)))
            let double = random.double()
            #expect(double.jsonText() == (try encoded(double)))
            let texts = random.texts()
            #expect(texts.jsonText() == (try encoded(texts)))
            let date = Date(timeIntervalSince1970: Double(random.number(8_000_000_000_000)) / 1000 - 2e9)
            #expect(date.jsonText() == (try encoded(date)))
            let numbers = (0..<random.number(4)).map { _ in random.maybe(Int(truncatingIfNeeded: random.next())) }
            #expect(numbers.jsonText() == (try encoded(numbers)))
        }
        #expect([true, false].jsonText() == "[true,false]")
    }

    @Test("messages, decisions and what a turn was made from are written byte for byte as by an encoder")
    mutating func values() throws {
        for _ in 0..<500 {
            let message = random.message()
            #expect(message.jsonText() == (try encoded(message)))
            let decision = random.decision()
            #expect(decision.jsonText() == (try encoded(decision)))
            let text = InboundContent.text(random.text())
            #expect(text.jsonText() == (try encoded(text)))
            let button = InboundContent.button(intent: IntentName(trusted: random.text()), slots: random.texts())
            #expect(button.jsonText() == (try encoded(button)))
            let entry = InboundContent.knowledge(KnowledgeID(trusted: random.text()))
            #expect(entry.jsonText() == (try encoded(entry)))
            #expect(try JSONDecoder.frontdesk().decode(InboundContent.self, from: Data(entry.json())) == entry)
            for kind in [KeyKind.secret, .publishable] {
                let view = DecisionView(decision, for: kind)
                #expect(view.jsonText() == (try encoded(view)))
            }
        }
    }

    private struct Body: Encodable {
        let message: Message
        let replies: [Message]
        let decision: Decision?
        let status: ConversationStatus

        enum CodingKeys: CodingKey { case message, replies, decision, status }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(message, forKey: .message)
            try container.encode(replies, forKey: .replies)
            try container.encode(decision, forKey: .decision)
            try container.encode(status, forKey: .status)
        }
    }

    @Test("a turn's body is written byte for byte as by an encoder, and read back as the turn")
    mutating func body() throws {
        for _ in 0..<500 {
            let turn = Turn(
                id: TurnID(trusted: "turn_1"), conversation: ConversationID(trusted: "conv_1"),
                message: random.message(), replies: (0..<random.number(3)).map { _ in random.message() },
                decision: random.maybe(random.decision()), status: .waiting, clientMessageID: "m1")
            let body = Body(
                message: turn.message, replies: turn.replies, decision: turn.decision, status: turn.status)
            #expect(turn.encodedBody() == (try JSONEncoder.frontdesk().encode(body)))
            let read = try Turn(
                id: turn.id, conversation: turn.conversation, body: turn.encodedBody(), clientMessageID: "m1")
            #expect(read.encodedBody() == turn.encodedBody())
            #expect(read.message == turn.message)
        }
    }

    @Test("a dialogue's state is read back as it was written, without what it lacks")
    func state() throws {
        let full = DialogueState(
            pendingIntent: IntentName(trusted: "order.status"), awaitedSlot: SlotName(trusted: "order_number"),
            askCount: 2, slots: ["city": "上海 \"浦东\""], misses: 1, handoffOffered: true,
            lastVariants: ["greet": 2, "bye": 1],
            options: [.intent(IntentName(trusted: "a")), .knowledge(KnowledgeID(trusted: "b"))], asksToChoose: true,
            confirming: IntentName(trusted: "c"), queued: IntentName(trusted: "d"),
            topic: DialogueState.Topic(subject: .knowledge(KnowledgeID(trusted: "b")), text: "说", turn: 6),
            heard: ["phone": DialogueState.HeardValue(value: "123", turn: 5)], turn: 7, spokenAt: 8,
            ticket: DialogueState.TicketOffer(miss: 1_780_000_000_123, askedTurn: 5, repeats: 1, isSettled: true),
            personDeclinedTurn: 4, unsettled: ["b": 20, "a": 31])
        #expect(
            full.jsonText() == #"{"askCount":2,"asksToChoose":true,"awaitedSlot":"order_number","confirming":"c","#
                + #""handoffOffered":true,"heard":{"phone":"123"},"heardTurns":{"phone":5},"#
                + #""lastVariants":{"bye":1,"greet":2},"misses":1,"options":["i:a","k:b"],"#
                + #""pendingIntent":"order.status","personDeclinedTurn":4,"queued":"d","#
                + #""slots":{"city":"上海 \"浦东\""},"spokenAt":8,"ticketAsked":5,"ticketMiss":1780000000123,"#
                + #""ticketRepeats":1,"ticketSettled":true,"#
                + #""topic":"k:b","topicText":"说","topicTurn":6,"turn":7,"unsettled":{"a":31,"b":20}}"#)
        #expect(try DialogueState(json: JSONValue.parse(full.json())) == full)
        let empty = DialogueState()
        #expect(
            empty.jsonText() == #"{"askCount":0,"handoffOffered":false,"lastVariants":{},"misses":0,"slots":{},"#
                + #""spokenAt":0,"turn":0}"#)
        #expect(try DialogueState(json: JSONValue.parse(empty.json())) == empty)
        #expect(throws: ChatError.self) { try DialogueState(json: JSONValue.parse(#"{"askCount":"2"}"#.utf8)) }
    }

    @Test("a decision that was stored before there were classifiers is read with no labels, a new one with its own")
    mutating func labels() throws {
        let label = LabelScore(label: LabelName(trusted: "positive"), confidence: 0.123456789)
        let decision = Decision(
            action: .answer, intent: nil, confidence: nil, threshold: nil, ranking: [], rule: "r", template: nil,
            knowledge: nil, model: nil, labels: [ClassifierName(trusted: "sentiment"): label], elapsedMilliseconds: 1)
        let text = decision.jsonText()
        #expect(text.contains(#""labels":{"sentiment":{"confidence":0.123457,"label":"positive"}}"#))
        let read = try JSONDecoder.frontdesk().decode(Decision.self, from: Data(text.utf8))
        #expect(read.labels.mapValues(\.label) == decision.labels.mapValues(\.label))
        let old = text.replacing(#""labels":{"sentiment":{"confidence":0.123457,"label":"positive"}},"#, with: "")
        #expect(!old.contains("labels"))
        #expect(try JSONDecoder.frontdesk().decode(Decision.self, from: Data(old.utf8)).labels == [:])
    }

    @Test("a decision that was stored before entries competed with intents is read with no candidates")
    func candidates() throws {
        let candidates = [
            Candidate(subject: .knowledge(KnowledgeID(trusted: "k")), probability: 0.6),
            Candidate(subject: .intent(IntentName(trusted: "i")), probability: 0.3000004),
        ]
        let decision = Decision(
            action: .search, intent: nil, confidence: nil, threshold: nil, ranking: [], rule: "r", template: nil,
            knowledge: nil, model: nil, candidates: candidates, elapsedMilliseconds: 1)
        let text = decision.jsonText()
        let written = #""candidates":[{"knowledge":"k","probability":0.6},{"intent":"i","probability":0.3}],"#
        #expect(text.contains(written))
        let read = try JSONDecoder.frontdesk().decode(Decision.self, from: Data(text.utf8))
        #expect(read.candidates.map(\.subject) == candidates.map(\.subject))
        let old = Data(text.replacing(written, with: "").utf8)
        #expect(try JSONDecoder.frontdesk().decode(Decision.self, from: old).candidates == [])
    }

    @Test("a publishable key sees action, intent and rule of a decision, and a secret one what is stored")
    mutating func decisionViews() {
        let decision = Decision(
            action: .fallback, intent: nil, confidence: 0.4, threshold: 0.9, ranking: [], rule: "low_confidence",
            template: nil, knowledge: nil, model: nil,
            candidates: [Candidate(subject: .intent(IntentName(trusted: "i")), probability: 0.4)],
            elapsedMilliseconds: 1)
        #expect(
            DecisionView(decision, for: .publishable).jsonText()
                == #"{"action":"fallback","intent":null,"rule":"low_confidence"}"#)
        #expect(DecisionView(decision, for: .secret).jsonText() == decision.jsonText())
        let turn = Turn(
            id: TurnID(trusted: "turn_1"), conversation: ConversationID(trusted: "conv_1"), message: random.message(),
            replies: [], decision: decision, status: .bot, clientMessageID: nil)
        #expect(turn.encodedBody(for: .secret) == turn.encodedBody())
        #expect(turn.encodedBody(for: .publishable).count < turn.encodedBody().count)
    }

    @Test("metrics that were stored before there were classifiers are read with none")
    func metrics() throws {
        let old = #"{"examples":1,"accuracy":0.5,"coverage":1,"precision":1,"calibration_error":0,"seconds":2}"#
        let read = try JSONDecoder.frontdesk().decode(ModelMetrics.self, from: Data(old.utf8))
        #expect(
            read
                == ModelMetrics(
                    examples: 1, accuracy: 0.5, coverage: 1, precision: 1, outOfScopeRecall: nil, calibrationError: 0,
                    seconds: 2))
    }
}
