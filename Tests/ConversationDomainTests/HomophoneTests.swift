import Testing

@testable import ConversationDomain
@testable import Wording

@Suite struct HomophoneTests {
    private static let shop = Homophones(
        content: [
            "我的订单到哪了", "订单什么时候发货", "我想查订单", "订单可以改地址吗", "取消订单", "我想退货", "怎么退货", "退货要多久", "退货运费谁出",
            "能退货吗", "快递到哪了", "快递丢了", "我的快递呢", "快递太慢", "换一个快递", "包裹到哪了", "东西到哪了", "什么时候发货", "今天发货吗",
            "帮我查一下我的快递", "给我退货", "还没发货", "发货了吗",
        ],
        others: [
            "腿受伤了怎么办", "块头很大", "春天的山上开满了花", "他们正在学校里上课", "昨晚那场音乐会非常精彩", "医生建议多喝水", "窗外下着小雨", "这道菜味道很咸",
            "爷爷每天早上打太极",
        ])

    @Test(
        "what sounds like a word of the content becomes that word, also for those who do not tell zh and z apart",
        arguments: [
            ("丁单号", "订单号"), ("我的快弟丢了", "我的快递丢了"), ("东西到那了", "东西到哪了"), ("我想腿货", "我想退货"), ("今天法货吗", "今天发货吗"),
            ("A12 的快弟", "A12 的快递"),
        ])
    func sounds(typed: String, meant: String) { #expect(Self.shop.spelledOut(typed) == meant) }

    @Test(
        "what is written somewhere, what is no word of the content, and other scripts stay as they are",
        arguments: ["我想退货", "腿受伤了", "块头很大", "今天天气真好", "where is my order", "12345", "", "。", "配達はいつですか"])
    func stays(text: String) { #expect(Self.shop.spelledOut(text) == nil) }

    @Test("pinyin becomes characters where half of it are words of the content, and English does not")
    func pinyin() {
        #expect(Self.shop.spelledOut("wo de kuaidi") == "我的快递")
        #expect(Self.shop.spelledOut("Tui Huo yao duo jiu") == nil)
        #expect(Self.shop.spelledOut("tuihuo, kuaididiule") == "tuihuo, 快递丢了")
        for text in ["can you send men here", "he made me wait", "xi'an", "kuaidi"] {
            #expect(Self.shop.spelledOut(text) == nil)
        }
    }

    @Test("nothing is learned from nothing, and a text that is too long is not looked at")
    func bounds() {
        #expect(Homophones(content: [], others: []).spelledOut("丁单号") == nil)
        #expect(Self.shop.spelledOut(String(repeating: "丁单", count: 501)) == nil)
    }
}
