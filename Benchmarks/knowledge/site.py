#!/usr/bin/env python3
"""Writes the documentation of a made-up product, Kelpie, which runs sailing schools: 300 pages, 200 English and 100 Chinese, half of
them Markdown, half HTML with navigation around their text.

usage: site.py FOLDER
"""
import html
import pathlib
import sys

# slug, name, purpose, plan, what happens by itself, menu, needed before, limit, beyond it, how to check
FEATURES = """
calendar|Course calendar|The course calendar shows every lesson of the season and who teaches it|all plans|New courses stay hidden from the website until a manager publishes them|Planning > Calendar > New course|at least one instructor with a valid licence|A course can have 48 lessons and 30 participants|Further participants are put on the waiting list|Open the public page in a private window and look for the course
maintenance|Boat maintenance|Boat maintenance keeps a service plan for every hull, engine and sail|Crew and Fleet|A boat with an overdue service cannot be handed out|Fleet > Boats > Service plan|the serial numbers of the engines|Up to 25 recurring tasks fit on one boat|Merge small tasks into one inspection list|The boat's card turns from grey to green
weather|Weather alerts|Weather alerts warn instructors when wind or waves exceed what a class may sail in|Crew and Fleet|Gusts above 22 knots stop beginners' lessons automatically|Safety > Weather > Thresholds|a position for each meeting point|Forecasts are fetched every 20 minutes for 6 places|Places beyond the sixth are refreshed once an hour|Press Send test alert and watch your phone
waivers|Liability waivers|Liability waivers collect signatures before anybody steps on board|all plans|A waiver is valid for 12 months and is then asked for again|Customers > Waivers > Templates|a text that your lawyer has approved|You can keep 10 templates in 6 languages|Archive an old template to make room|Sign one yourself with a test booking
rota|Instructor rota|The instructor rota assigns teachers to lessons and respects their days off|Crew and Fleet|Nobody is planned for more than 9 hours a day|Staff > Rota > Generate|the licences and languages of all instructors|A rota covers at most 16 weeks|Generate the next period separately|Conflicts are marked with an orange triangle
moorings|Mooring map|The mooring map shows which berth is free and how deep the water is there|Fleet|Guests keep a berth for 3 days unless they extend their stay|Harbour > Map > Edit berths|a plan of the harbour as an SVG drawing|A map can hold 400 berths|Divide larger harbours into several basins|Drag a boat onto a berth and reload the page
fuel|Fuel log|The fuel log records each litre that goes into a tank and computes the consumption per engine hour|Crew and Fleet|Entries can be corrected for 7 days and are locked afterwards|Fleet > Fuel > Add entry|the tank size of each motor boat|The log keeps 5 years of entries|Older entries move to the yearly archive|Compare the sum with the invoice of the fuel dock
vouchers|Gift vouchers|Gift vouchers let people buy a trip for somebody else|all plans|A voucher expires 3 years after the end of the year in which it was bought|Sales > Vouchers > Design|a logo of at least 600 pixels|One order may contain 50 vouchers|Ask us for a batch file if a company orders more|Redeem a voucher of 1 euro in the test shop
waitinglist|Waiting list|The waiting list offers free seats to those who came too late|all plans|Whoever is offered a seat has 18 hours to accept it|Planning > Courses > Waiting list|a price for late bookings|120 people can wait for one course|Open a second course when more than 40 wait|Cancel a test booking and see who is written to
kiosk|Check-in kiosk|The check-in kiosk turns a tablet at the pier into a self-service desk|Fleet|The screen locks itself after 90 seconds without a touch|Settings > Devices > Pair kiosk|a tablet with iPadOS 16 or Android 12|8 kiosks can be paired with one school|Unpair devices that were not seen for a month|Scan the code of your own booking
videos|Safety videos|Safety videos replace the spoken briefing for returning sailors|Fleet|A sailor has to watch a video again after two seasons|Safety > Videos > Upload|a film in MP4 with subtitles|A film may last 12 minutes and weigh 900 MB|Cut longer films into chapters|The trainee's card shows a film reel
radio|Radio log|The radio log notes calls on VHF and who answered them|Fleet|Distress calls on channel 16 are highlighted and cannot be deleted|Safety > Radio > New call|the call signs of your boats|A log page has room for 200 calls|A new page begins by itself|Make a radio check and look for it in the list
tides|Tide tables|Tide tables tell when there is enough water to cross the bar|Crew and Fleet|Times are shown in the school's own time zone, daylight saving included|Planning > Tides > Station|the nearest tide station|Tables reach 400 days ahead|They are prolonged on the first of each month|Compare today's high water with the harbour office
logbook|Digital logbook|The digital logbook proves the miles that a trainee has sailed|all plans|Pages are sealed at midnight and can only be amended with a reason|Customers > Logbook > Pages|a trainee with a date of birth|A logbook may have 2,000 pages|Print it and begin a second volume|Export one page as PDF and check the seal
lost|Lost property|Lost property lists what was left on board until its owner is found|all plans|Things are given to charity after 60 days|Office > Lost property > Add|a photo of the thing|The shelf shows 300 things|Mark what was collected as returned|Search for the word that a customer would use
lockers|Locker keys|Locker keys assigns lockers and opens electronic locks by phone|Fleet|A deposit of 20 euros is reserved on the card and released at return|Harbour > Lockers > Assign|locks of the make Salto or Ojmar|600 locks can be connected|Ask the support team for a second controller|Open locker number 1 with the master code
groups|Group rates|Group rates give clubs and schools a lower price per head|Crew and Fleet|From 12 people on the leader sails free of charge|Sales > Prices > Groups|a customer of the type organisation|20 different rates can be combined|The cheapest one wins when several fit|Book 12 test seats and look at the total
gallery|Photo gallery|The photo gallery shares the pictures of the day with those who were on board|all plans|Pictures disappear after 30 days unless somebody buys them|Customers > Gallery > Upload|the consent of everybody in the picture|A day may have 500 pictures of 15 MB|Choose the best ones before you upload|Open the link that a participant gets
timeclock|Staff time clock|The staff time clock records when people begin and end their work|Crew and Fleet|A break of 30 minutes is subtracted after six hours|Staff > Time clock > Terminals|a personal number for every employee|Minutes are kept for 26 months|Export them for the payroll every month|Clock in and out with your own card
tokens|API tokens|API tokens let other programs read bookings and write customers|Fleet|A token that was not used for 90 days is switched off|Settings > Developers > Tokens|the role of an administrator|12 tokens can be active, with 4 requests a second each|Requests beyond are answered with 429|Call the address /v2/ping
""".strip().splitlines()

HARBOURS = """
Port Ellory|12|3.2|7 to 19|4.10|a sunken barge east of the pier|the blue house beside the crane
Skarholm|14|5.5|6 to 22|5.80|cross currents at the northern entrance|the lighthouse café
Marina Vesca|9|2.4|8 to 17|3.60|a sandbank that moves every winter|the second floor of the fish hall
Tobermarsh|8|4.0|9 to 18|4.75|lobster pots outside the buoys|the old customs shed
Quay of Lindow|11|6.1|around the clock|6.20|ferries that turn in front of the mole|the glass pavilion
Brannock Bay|10|2.9|7 to 20|3.95|a reef that dries at low water|the yellow container
Castellone|13|3.7|8 to 20|7.40|strong falling winds in the afternoon|the tower with the clock
Nordhavn Sund|17|8.0|6 to 18|5.10|a bridge with 14 metres clearance|the boat shed of the rowing club
Pellworth|15|1.8|10 to 16|2.90|mud that holds keels at spring tides|the chandlery
Isle of Murrow|6|2.2|9 to 15|3.30|no light on the southern rock|the post office
Ravnsfjord|68|9.5|7 to 21|4.40|ice floes in March|the red barn
Sant Orla|72|4.6|8 to 21|8.20|swimmers beside the fairway|the dive shop
Gullmere|74|3.0|8 to 18|3.75|a power cable 11 metres above the water|the sailmaker's loft
Dunwick Haven|77|2.6|7 to 17|3.15|a wreck marked by two cones|the lifeboat station
Alderpool|20|5.0|6 to 20|5.60|container ships that cannot stop|the seamen's mission
Fiskebrygga|22|4.3|5 to 23|4.05|nets across the inner basin|the ice factory
Porto Lumen|69|3.9|8 to 22|9.10|a swell from passing cruise ships|the opera kiosk
Wexham Staithe|71|2.1|9 to 17|2.65|a weir above the last berth|the windmill
Kolberg Ost|23|6.8|7 to 19|4.90|military exercises on Thursdays|the harbour master's cabin
Trelawn Cove|19|3.4|8 to 16|3.85|fog until noon in June|the smugglers' inn
""".strip().splitlines()

PARTNERS = """
Ledgerly|bookkeeping|invoices and credit notes|every night at 2|tips for instructors
Paywave Nord|card payments|payments and refunds|at once|payments in Swiss francs
Bokfink|bookkeeping|journal entries|every six hours|cash from the kiosk
Mailotter|newsletters|names and interests|every 15 minutes|people under 16 years
Doorman Go|door locks|access codes|at once|visitors without a booking
Hullsense|engine sensors|engine hours and oil pressure|every 10 minutes|boats without a motor
Rigwatch|sensors in the rigging|shroud tension|every hour|dinghies
Tripfinch|travel portals|prices and free seats|every 5 minutes|private lessons
Seabnb|accommodation|nights on board|every 30 minutes|boats under repair
Klaxon SMS|text messages|reminders|at once|numbers outside of Europe
Formigo|online forms|answers about health|every hour|uploaded files
Payrolla|payroll|working hours|on the last day of the month|unpaid interns
Chartwise|sea charts|routes|when a trip begins|charts of lakes
Skybarometer|forecasts|wind and waves|every 20 minutes|lightning
Insurefleet|insurance|damage reports|at once|claims below 150 euros
Docusigno|signatures|signed waivers|at once|signatures on paper
Tilltrain|cash registers|daily totals|at closing time|vouchers from other schools
Statuna|reports|bookings without names|every Monday|cancelled bookings
Radiohub|recordings of the radio|sound files|every hour|private calls
Fuelyard|fuel cards|litres and prices|every evening|electric boats
""".strip().splitlines()

ERRORS = """
K-101|the clock of the tablet is wrong by more than two minutes|switch on automatic time in the tablet's settings
K-104|the barcode was printed too small|print it at least 4 centimetres wide
K-110|two people edited the same course|reload the page and enter your change again
K-115|the instructor's licence has run out|upload the renewed certificate
K-121|the bank refused the direct debit|ask the customer for another account
K-127|the drawing of the harbour has more than one layer|merge the layers and save it again
K-133|a sail number exists twice|give one of the boats a suffix
K-138|the tide station was closed|choose another station nearby
K-142|the picture is in the HEIC format|convert it to JPEG
K-149|the voucher was redeemed already|look up the date of redemption in the voucher's history
K-152|the e-mail address bounced three times|call the customer and correct the address
K-158|the waiver was signed by a minor alone|let a parent sign the second field
K-163|the lock has less than 10 % battery|replace the two AA cells
K-169|the import has a column without a name|name all columns in the first line
K-174|the token has no permission to write|tick Write customers in the token's settings
K-180|the payout is below 5 euros|wait until more has been collected
K-186|the rota has a shift longer than the law allows|divide the shift
K-191|the film has no subtitles|add a subtitle track
K-197|the tank would hold more than its size|check the last entry for a wrong comma
K-203|the subscription has been paused|choose a plan on the billing page
""".strip().splitlines()

ZH_FEATURES = """
calendar|课程日历|课程日历列出整个赛季的课程和授课教练|所有套餐|新课程在经理发布之前不会出现在网站上|计划 > 日历 > 新建课程|至少一名持证教练|一门课最多48节、30名学员|超出的学员进入候补名单
maintenance|船只保养|船只保养为每条船、发动机和帆制定保养计划|船员版和船队版|保养过期的船无法出借|船队 > 船只 > 保养计划|发动机的序列号|每条船最多25项定期任务|把小任务合并成一张检查表
weather|天气预警|当风力或海浪超过班级限度时,天气预警会通知教练|船员版和船队版|阵风超过22节时初学者课程自动取消|安全 > 天气 > 阈值|每个集合点的位置|每20分钟获取6个地点的预报|第七个以后的地点每小时更新一次
waivers|免责声明|免责声明在登船前收集签名|所有套餐|声明有效期为12个月,之后需要重新签署|客户 > 声明 > 模板|经律师审核的文本|最多保存10个模板、6种语言|归档旧模板即可腾出位置
fuel|燃油记录|燃油记录登记每一升加入油箱的燃料并计算油耗|船员版和船队版|记录在7天内可以更正,之后锁定|船队 > 燃油 > 添加|每条机动船的油箱容量|保留5年的记录|更早的记录移入年度归档
vouchers|礼品券|礼品券让人为别人购买航行体验|所有套餐|礼品券自购买当年年底起三年后失效|销售 > 礼品券 > 设计|至少600像素的标志|一张订单最多50张券|公司大量订购请向我们索取批量文件
kiosk|自助签到机|自助签到机把码头上的平板变成自助柜台|船队版|屏幕无人触摸90秒后自动锁定|设置 > 设备 > 配对|iPadOS 16或安卓12的平板|一所学校最多配对8台|解除一个月未见的设备
lockers|储物柜钥匙|储物柜钥匙分配柜子并用手机开锁|船队版|卡上预授权20欧元押金,归还后释放|港口 > 储物柜 > 分配|Salto或Ojmar品牌的锁|最多连接600把锁|需要第二个控制器请联系支持团队
gallery|照片相册|照片相册把当天的照片分享给船上的人|所有套餐|没人购买的照片30天后消失|客户 > 相册 > 上传|照片中每个人的同意|每天最多500张、每张15 MB|上传前先挑选最好的
timeclock|员工打卡|员工打卡记录上下班时间|船员版和船队版|工作满六小时后自动扣除30分钟休息|员工 > 打卡 > 终端|每位员工的工号|工时保存26个月|每月导出给工资系统
""".strip().splitlines()

ZH_HARBOURS = """
艾洛里港|12|3.2|7点到19点|4.10|防波堤东侧有一艘沉没的驳船|起重机旁的蓝色房子
斯卡霍尔姆|14|5.5|6点到22点|5.80|北入口有横流|灯塔咖啡馆
维斯卡码头|9|2.4|8点到17点|3.60|每年冬天会移动的沙洲|鱼市二楼
布兰诺克湾|10|2.9|7点到20点|3.95|低潮时露出的礁石|黄色集装箱
卡斯泰洛内|13|3.7|8点到20点|7.40|下午有强烈的下坡风|钟楼
北港海峡|17|8.0|6点到18点|5.10|净高14米的桥|赛艇俱乐部的船库
佩尔沃思|15|1.8|10点到16点|2.90|大潮时会陷住龙骨的淤泥|船具店
默罗岛|6|2.2|9点到15点|3.30|南边的礁石没有灯|邮局
拉文峡湾|68|9.5|7点到21点|4.40|三月的浮冰|红色谷仓
圣奥拉|72|4.6|8点到21点|8.20|航道旁有游泳的人|潜水店
古尔米尔|74|3.0|8点到18点|3.75|水面上方11米的电缆|制帆工坊
邓威克港|77|2.6|7点到17点|3.15|两个锥形标记的沉船|救生艇站
奥尔德普尔|20|5.0|6点到20点|5.60|无法停下的集装箱船|海员之家
流明港|69|3.9|8点到22点|9.10|邮轮经过时的涌浪|歌剧院售货亭
科尔贝格东港|23|6.8|7点到19点|4.90|周四有军事演习|港务长小屋
""".strip().splitlines()

ZH_ERRORS = """
K-101|平板的时钟误差超过两分钟|在平板设置中打开自动时间
K-104|条形码打印得太小|至少打印4厘米宽
K-110|两个人同时编辑了同一门课|刷新页面后重新输入修改
K-115|教练证已经过期|上传续期后的证书
K-121|银行拒绝了直接扣款|请客户提供另一个账户
K-133|帆号重复|给其中一条船加后缀
K-142|图片是HEIC格式|转换成JPEG
K-149|礼品券已经兑换过|在券的历史中查看兑换日期
K-152|邮件地址三次退信|给客户打电话更正地址
K-158|声明只由未成年人签署|请家长在第二栏签名
K-163|锁的电量低于10%|更换两节五号电池
K-169|导入的表有一列没有名称|在第一行给所有列命名
K-174|令牌没有写权限|在令牌设置里勾选写入客户
K-186|排班超过法定时长|把班次拆开
K-203|订阅已暂停|在账单页面选择套餐
""".strip().splitlines()


def pages():
    """(path without ending, language, title, [(heading, [lines])]) of every page; a line that begins with - is a list item."""
    for line in FEATURES:
        slug, name, purpose, plan, default, menu, need, limit, beyond, check = line.split("|")
        yield f"features/{slug}", "en", name, [
            ("", [purpose + "."]), ("Plans", [f"{name} is part of {plan}."]),
            ("What happens by itself", [default + ".", "Managers can change this for a single case; the change is noted with their name."])]
        yield f"setup/{slug}", "en", f"Set up {name.lower()}", [
            ("Before you begin", [f"You need {need}."]),
            ("Steps", [f"- Open {menu}.", "- Fill in the fields that are marked with a star.", "- Choose Save."]),
            ("See whether it works", [check + "."])]
        yield f"limits/{slug}", "en", f"Limits of {name.lower()}", [
            ("How much is possible", [limit + "."]), ("When you need more", [beyond + "."])]
        yield f"roles/{slug}", "en", f"Permissions for {name.lower()}", [
            ("Who may look", [f"Instructors and office staff see {name.lower()}; trainees do not."]),
            ("Who may change", [f"Only people with the role {name} editor change anything at {menu.split(' > ')[1]}.", "A manager gives the role at Staff > Roles."])]
    for line in HARBOURS:
        name, channel, depth, hours, fee, hazard, office = line.split("|")
        slug = name.lower().replace(" ", "-")
        yield f"harbours/{slug}", "en", f"Harbour guide: {name}", [
            ("Arrival", [f"Call {name} on VHF channel {channel}.", f"Beware of {hazard}.", f"The entrance is {depth} metres deep at low water."]),
            ("Services", [f"The fuel dock is open from {hours}." if "clock" not in hours else "The fuel dock is open around the clock.", f"The office is in {office}."]),
            ("Fees", [f"A night costs {fee} euros per metre of length."])]
        yield f"harbours/{slug}-lessons", "en", f"Lessons at {name}", [
            ("Meeting point", [f"Groups meet at {office}, ten minutes before the lesson."]),
            ("Bad weather", [f"Because of {hazard}, lessons at {name} move to the classroom when it is foggy or the wind exceeds {int(channel) % 9 + 14} knots."])]
    for number, line in enumerate(PARTNERS):
        name, kind, data, interval, missing = line.split("|")
        slug = name.lower().replace(" ", "-")
        yield f"integrations/{slug}", "en", f"Connect {name}", [
            ("What it does", [f"{name} is a service for {kind}. Kelpie exchanges {data} with it."]),
            ("How often", [f"Data is transferred {interval}."]), ("What is not transferred", [f"Left out: {missing}."])]
        yield f"integrations/{slug}-remove", "en", f"Disconnect {name}", [
            ("Steps", [f"- Open Settings > Partners > {name}.", "- Choose Disconnect and type the school's name."]),
            ("What happens to the data", [f"What {name} has received stays there for {number * 3 + 10} days; ask {name} to delete it sooner."])]
    for line in ERRORS:
        code, cause, fix = line.split("|")
        yield f"errors/{code.lower()}", "en", f"Error {code}", [
            ("Why it appears", [f"Kelpie shows {code} when {cause}."]), ("What to do", [f"{fix[0].upper()}{fix[1:]}."])]
    yield from english_rest()
    for line in ZH_FEATURES:
        slug, name, purpose, plan, default, menu, need, limit, beyond = line.split("|")
        yield f"zh/features/{slug}", "zh", name, [
            ("", [purpose + "。"]), ("套餐", [f"{name}包含在{plan}中。"]), ("自动行为", [default + "。", "经理可以单独更改,更改会记录姓名。"])]
        yield f"zh/setup/{slug}", "zh", f"设置{name}", [
            ("准备工作", [f"您需要{need}。"]), ("步骤", [f"- 打开 {menu}。", "- 填写带星号的字段。", "- 点击保存。"])]
        yield f"zh/limits/{slug}", "zh", f"{name}的限制", [("数量", [limit + "。"]), ("需要更多时", [beyond + "。"])]
        yield f"zh/roles/{slug}", "zh", f"{name}的权限", [
            ("谁可以查看", [f"教练和办公室人员可以查看{name},学员不可以。"]), ("谁可以修改", [f"只有“{name}编辑”角色可以修改。", "经理在 员工 > 角色 中授予该角色。"])]
    for line in ZH_HARBOURS:
        name, channel, depth, hours, fee, hazard, office = line.split("|")
        yield f"zh/harbours/{name}", "zh", f"港口指南:{name}", [
            ("到达", [f"请用甚高频{channel}频道呼叫{name}。", f"注意{hazard}。", f"低潮时入口水深{depth}米。"]),
            ("服务", [f"加油码头开放时间为{hours}。", f"办公室在{office}。"]), ("费用", [f"每晚每米船长{fee}欧元。"])]
        yield f"zh/harbours/{name}-课程", "zh", f"{name}的课程", [
            ("集合地点", [f"小组在上课前十分钟在{office}集合。"]),
            ("坏天气", [f"因为{hazard},有雾或风力超过{int(channel) % 9 + 14}节时,{name}的课程改在教室进行。"])]
    for line in ZH_ERRORS:
        code, cause, fix = line.split("|")
        yield f"zh/errors/{code.lower()}", "zh", f"错误{code}", [("原因", [f"当{cause}时,Kelpie显示{code}。"]), ("解决办法", [fix + "。"])]
    for days, (slug, name, text) in enumerate(ZH_REST):
        yield f"zh/billing/{slug}", "zh", name, [("", [text])]


ZH_REST = [
    ("invoice", "账单", "账单在每月3日以PDF形式发送到会计邮箱。增值税号可以在账单页面添加。"),
    ("cancel", "终止合同", "合同可以在每个季度末终止,提前14天通知即可。数据还会保留60天供下载。"),
    ("upgrade", "升级套餐", "升级立即生效,差价按天计算。降级在下个月初生效。"),
    ("discount", "公益折扣", "青少年组织和残疾人帆船协会享受40%的折扣,请提交章程。"),
    ("methods", "付款方式", "可以用信用卡、SEPA扣款或银行转账付款。转账只适用于年付。"),
    ("currency", "货币", "价格以欧元、英镑或丹麦克朗显示。货币在第一笔预订之后不能再更改。"),
    ("trial", "试用", "试用期为21天,不需要银行卡。试用期的数据可以保留。"),
    ("support", "支持时间", "支持团队周一到周六8点到20点接听电话,船队版全天可拨打紧急号码。"),
    ("backup", "备份", "每天凌晨4点备份,保留35天。整个学校可以恢复到其中任意一天。"),
    ("privacy", "数据存放地点", "所有数据存放在赫尔辛基和都柏林的数据中心。可以在设置中签署数据处理协议。"),
    ("login", "登录", "忘记密码时可以申请有效30分钟的链接。管理员必须使用第二验证因素。"),
    ("language", "界面语言", "界面有九种语言,每位员工可以单独选择。客户看到的是浏览器的语言。"),
    ("seats", "员工账户", "每个员工账户每月6欧元,季节工在冬天可以免费停用。"),
    ("sms", "短信费用", "每条短信7欧分,每月前200条免费。"),
    ("refund", "退还年费", "前30天内可以退还全部年费,之后不退。"),
]

EN_REST = [
    ("invoice", "Invoices", "Invoices are sent as PDF to the bookkeeping address on the third of each month. A VAT number can be added on the billing page."),
    ("cancel", "End the contract", "The contract can be ended at the end of each quarter with a notice of 14 days. Your records can be downloaded for 60 days more."),
    ("upgrade", "Change the plan", "A larger plan works at once and the difference is charged by the day. A smaller one begins with the next month."),
    ("discount", "Discount for charities", "Youth organisations and associations of disabled sailors get 40 % off; send us your statutes."),
    ("methods", "Ways to pay", "Pay by card, SEPA debit or bank transfer. A transfer is possible for yearly payment only."),
    ("currency", "Currencies", "Prices are shown in euros, pounds or Danish crowns. The currency cannot be changed after the first booking."),
    ("trial", "Free trial", "You can try everything for 21 days without a card. What you entered stays when you subscribe."),
    ("support", "Reaching the support team", "We answer the phone from Monday to Saturday, 8 to 20 o'clock. Schools with the Fleet plan have an emergency number day and night."),
    ("backup", "Backups", "A backup is made at 4 in the morning and kept for 35 days. A school can be put back to any of these days."),
    ("privacy", "Where data is kept", "All data is stored in Helsinki and Dublin. The agreement on data processing can be signed in the settings."),
    ("login", "Signing in", "Whoever forgot the password gets a link that works for 30 minutes. Administrators must use a second factor."),
    ("language", "Language of the screens", "The screens exist in nine languages, and each employee chooses one. Customers see that of their browser."),
    ("seats", "Accounts for staff", "Each account costs 6 euros a month. Accounts of seasonal workers can be put to sleep in winter at no cost."),
    ("sms", "Price of text messages", "A text message costs 7 cents; the first 200 of a month are free."),
    ("refund", "Money back", "The yearly fee is paid back in full within the first 30 days, and not later."),
    ("mobile", "The app for phones", "The app works without a connection for 48 hours and sends everything when there is one again."),
    ("printers", "Printers", "Receipts are printed on Star and Epson printers with a paper width of 80 mm."),
    ("cards", "Membership cards", "Cards are printed by us and arrive after eight working days. A lost one is replaced for 4 euros."),
    ("accessibility", "Accessibility", "All pages can be used with a keyboard and with NVDA or VoiceOver. Contrast can be raised in the profile."),
    ("status", "Outages", "Outages are told at status.kelpie.example and by text message to those who subscribed there."),
]


def english_rest():
    for slug, name, text in EN_REST:
        yield f"account/{slug}", "en", name, [("", [text])]


def markdown(language, title, sections):
    lines = ["---", f'title: "{title}"', f"locale: {language}", "---", "", f"# {title}", ""]
    for heading, text in sections:
        if heading:
            lines += [f"## {heading}", ""]
        for line in text:
            lines += [line] if line.startswith("- ") else [line, ""]
        lines.append("")
    return "\n".join(lines)


def page(language, title, sections):
    body = [f"<h1>{html.escape(title)}</h1>"]
    for number, (heading, text) in enumerate(sections):
        if heading:
            body.append(f'<h2 id="s{number}">{html.escape(heading)}</h2>')
        items = [line for line in text if line.startswith("- ")]
        body += [f"<p>{html.escape(line)}</p>" for line in text if line not in items]
        if items:
            body.append("<ol>" + "".join(f"<li>{html.escape(item[2:])}</li>" for item in items) + "</ol>")
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{html.escape(title)} – Kelpie</title>'
        "<style>body{margin:0}</style></head><body><header><a href='/'>Kelpie</a></header>"
        "<nav><ul><li>Features</li><li>Harbours</li><li>Errors</li></ul></nav><main>" + "\n".join(body)
        + "</main><aside>Was this page helpful?</aside><footer>© Kelpie</footer><script>track()</script></body></html>\n")


def main():
    folder = pathlib.Path(sys.argv[1])
    count = 0
    for number, (path, language, title, sections) in enumerate(pages()):
        ending, text = (".md", markdown) if number % 2 == 0 else (".html", page)
        file = folder / (path + ending)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text(language, title, sections))
        count += 1
    print(count, "pages")


if __name__ == "__main__":
    main()
