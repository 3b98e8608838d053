import ConversationDomain
import Foundation
import IntentData
import NativeContent
import Testing

@Suite struct SettingsTests {
    @Test("settings are read with what they do not name as usual; content without them says nothing of them")
    func read() throws {
        let folder = try TestFolder([
            "all/settings.yaml": "target_precision: 0.9\nask_back: 1\nforeign_share: 0\n",
            "some/settings.yaml": "ask_back: 0.7\n", "none/a.yaml": "intent: a\nexamples: { en: [x] }\n",
        ])
        let all = BotContent.Settings(targetPrecision: 0.9, askBack: 1, foreignShare: 0)
        #expect(try folder.read("all").content == BotContent(settings: all))
        let some = try folder.read("some").content.settings
        #expect(some == BotContent.Settings(targetPrecision: 0.91, askBack: 0.7, foreignShare: 0.3))
        #expect(try folder.read("none").content.writtenSettings == nil)
        #expect(try folder.read("none").content.settings == BotContent.Settings())
    }

    @Test("a setting out of bounds, of another kind or unknown, and settings given twice are errors with their lines")
    func mistakes() throws {
        let folder = try TestFolder([
            "a.yaml": "target_precision: 0.49\nask_back: 1.01\nforeign_share: nan\n",
            "b.yaml": "target_precision: high\nask_back: [1]\n\nshare: 1\n",
            "twice/1.yaml": "ask_back: 1\n", "twice/2.yaml": "ask_back: 1\n",
        ])
        #expect(
            folder.errors("a.yaml") == [
                "a.yaml:1: error: 'target_precision' is '0.49', expected a number from 0.5 to 0.999",
                "a.yaml:2: error: 'ask_back' is '1.01', expected a number from 0.4 to 1",
                "a.yaml:3: error: 'foreign_share' is 'nan', expected a number from 0 to 0.9",
            ])
        #expect(
            folder.errors("b.yaml") == [
                "b.yaml:4: error: unknown key 'share' in the settings, expected target_precision, ask_back or foreign_share",
                "b.yaml:1: error: 'target_precision' is 'high', expected a number from 0.5 to 0.999",
                "b.yaml:2: error: 'ask_back' must be text, found a list",
            ])
        #expect(
            folder.errors("twice") == ["twice/2.yaml:1: error: the settings are given twice, first (twice/1.yaml:1)"])
    }

    @Test("settings that a program makes are brought within bounds")
    func bounds() {
        let settings = BotContent.Settings(targetPrecision: 2, askBack: -1, foreignShare: 5)
        #expect(settings == BotContent.Settings(targetPrecision: 0.999, askBack: 0.4, foreignShare: 0.9))
    }
}
