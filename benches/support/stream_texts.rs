//! The texts of the generated stream, all invented: `{a|b}` is a choice, `#` a digit, `@`
//! a campaign's contact.

/// A family of campaigns.
pub(crate) struct Campaign {
    pub(crate) texts: &'static [&'static str],
    pub(crate) contact: &'static str,
    pub(crate) link: bool,
}

/// A family of incidents.
pub(crate) struct Incident {
    pub(crate) texts: &'static [&'static str],
    pub(crate) tails: &'static [&'static str],
    pub(crate) echoes: &'static [&'static str],
    pub(crate) hotline: &'static str,
    pub(crate) gap: &'static str,
}

pub(crate) const CAMPAIGNS: [Campaign; 15] = [
    Campaign {
        texts: &[
            "{招|诚招|急招}{兼职|线上兼职|居家兼职}，{有手机就能做|一部手机即可}，{日结|当天结算|现结}{100|200|三百}{元|块}，{加微信|加V|加薇} @",
            "{在家|宅家|空闲时间}{赚点零花|赚外快|多一份收入}，{一单一结|做完就结}，{不押金|不收费|无需垫付}，{想了解|有兴趣}{加我|加V} @",
            "{宝妈|学生|上班族}{都能做|均可}的{点赞|刷单|打字}{任务|工作}，{每单|一单}{5|8|12}元，{微信|薇信}@",
            "{跟着老师|跟我}{做任务|做单}{一个月|半个月}{赚了|进账}{八千|六千多|一万二}，{名额有限|只带十人}，{私信|加威信} @",
        ],
        contact: "{yue|lele|qian|mimi}{_|-|}{cash|day|rich|vip}##{#|}",
        link: false,
    },
    Campaign {
        texts: &[
            "{Půjčka|Rychlá půjčka|Nebankovní půjčka} {bez registru|bez doložení příjmů|i pro \
             zadlužené}, {peníze|hotovost} {do hodiny|ještě dnes|na účet ihned}, {pište na \
             WhatsApp|napište na WhatsApp|ozvěte se na WhatsApp} @",
            "{Potřebujete peníze|Nestačí výplata|Dluhy vás tíží}? {Půjčíme|Vyplatíme} {až 300 \
             000|od 5 000} Kč {bez ručitele|bez poplatku předem}. {Kontakt|Volejte}: @",
            "{Exekuce nevadí|I s exekucí}, {schválíme každému|vyřídíme online}, {splátky od 500 \
             Kč|první měsíc bez splátky}. {WhatsApp|Telefon} @",
        ],
        contact: "+420 7## ### ###",
        link: false,
    },
    Campaign {
        texts: &[
            "{I made|She made|My cousin earned} ${2,###|4,###|7,###} {in a week|last week|in 5 \
             days} with {crypto|bitcoin} {trading|signals}, {thanks to|all because of} {Mrs \
             Helena|expert Daniel|coach Anna}. {Message|DM|Text} {her|him} on Telegram @",
            "{Stop working for peanuts|Tired of being broke}? {Invest|Start with} ${200|500} and \
             {get|receive} ${2,000|5,000} {within 48 hours|in 3 days}. {WhatsApp|Telegram}: @",
            "{Guaranteed|Risk free|100% safe} {returns|profit} from {bitcoin mining|forex}! {Only \
             a few slots left|Join now}. {Contact|Write} the {manager|trader} on Telegram @",
        ],
        contact: "{fx|coin|crypto}_{helena|daniel|anna|master}##",
        link: false,
    },
    Campaign {
        texts: &[
            "{Your parcel|A package} {is waiting|could not be delivered|is on hold}: {pay the \
             fee|confirm your address|reschedule} {here|now} @",
            "{Last notice|Final reminder}: {delivery fee unpaid|customs fee due}, {your \
             shipment|your parcel} {will be returned|goes back today}. {Settle|Confirm} at @",
            "{We tried to deliver|Courier could not deliver} {your order|your item}. {Choose a new \
             slot|Update your details}: @",
        ],
        contact: "http://{post|parcel|track}-{fee|help|desk}###.example.com/{a|b|c}{x|y}##",
        link: true,
    },
    Campaign {
        texts: &[
            "{在家|下班後}{賺外快|多一份收入}，{手機就能做|不用經驗}，{日領|當天領}{1500|2000|三千}，{加賴|加LINE|LINE搜} @",
            "{急徵|誠徵}{小幫手|打字員|按讚員}，{時間自由|不限地點}，{匯款不拖|週週領}，{意者加賴|詳情加LINE} @",
            "{姊妹們|大家}{真的有賺|昨天又領了}{3200|5600}，{老師帶|一對一教學}，{想學的|有興趣}{加賴|＋LINE} @",
        ],
        contact: "{apple|mimi|anan|rich}_{work|cash|daily}##",
        link: false,
    },
    Campaign {
        texts: &[
            "{Lost money to a scam|Scammed online|Got hacked}? {I got everything back|He recovered \
             all my funds} {in two days|within hours}, {all thanks to|contact} {this hacker|this \
             recovery expert} on Instagram @",
            "{Don't give up|You can get it back}! {The only legit|The best} {recovery agent|fund \
             recovery} {I know|out there}: WhatsApp @ , {he helped me|she did it for me} {too|last \
             month}",
        ],
        contact: "recover{y|_}{king|pro|hub}##",
        link: false,
    },
    Campaign {
        texts: &[
            "{Prodám|Nabízím|Mám} {vstupenky|lístky} na {vyprodaný koncert|finále|festival}, \
             {polovina ceny|pod cenou|ihned k předání}, {jen dnes|poslední kusy}: @",
            "{Vyprodáno|Už nejsou}? {Ne u nás|U nás ano}: {lístky|vstupenky} {na finále|na \
             koncert} {skladem|za 990 Kč}, {objednávka|rezervace} zde @",
        ],
        contact: "https://{listky|vstup}-{levne|ihned}##.example.cz/{akce|f}##",
        link: true,
    },
    Campaign {
        texts: &[
            "{澳门|线上|官方}{娱乐城|棋牌|彩票}{注册送|首充送}{88|188|288}{元|彩金}，{提现秒到|大额无忧}，{点击|登录} @",
            "{今晚|本期}{必中|稳赚}{计划|预测}，{跟单|跟投}{回血|上岸}，{官网|入口} @",
            "{老平台|信誉平台}{十年不黑|稳定出款}，{新人|注册}{领|送}{彩金|红包}{58|128}，{网址|入口}：@",
        ],
        contact: "https://{vip|bet|win}###.example.com/r##",
        link: true,
    },
    Campaign {
        texts: &[
            "{I lost|My wife lost|She dropped} {12|15|22} {kg|kilos} in {three|four|five} weeks \
             with {these drops|this tea|one simple trick}, no {diet|gym|hunger}. {Doctors were \
             surprised|Nobody believed it|It changed my life}. {I was skeptical at first|I had \
             tried everything before}, but {after the second week my jeans were loose|the scale \
             does not lie}. {They still give a discount|The offer ends on Sunday}: @",
            "{Doctors hate this|The secret is out}: {burn fat|lose weight} {while you \
             sleep|without exercise}. {Free trial|Half price today} @",
        ],
        contact: "https://{slim|fit|keto}{drops|tea}##.example.com/go",
        link: true,
    },
    Campaign {
        texts: &[
            "{Congratulations|You have been selected}! {Claim your|Get your} {free|} \
             ${100|500|1000} {gift card|voucher} {before midnight|today only}: @",
            "{Free|Win a} {iPhone|gift card|console}! {First 100 people|Only today}, {no purchase \
             needed|just answer 3 questions} @",
        ],
        contact: "http://{gift|prize|bonus}###.example.com/{claim|win}",
        link: true,
    },
    Campaign {
        texts: &[
            "{专业|正规}{代还信用卡|网贷|小额贷款}，{黑户可做|不看征信|有身份证就行}，{当天放款|半小时到账}，{咨询|联系}{微信|电话}@",
            "{急用钱|缺钱}{找我|看这里}，{凭身份证|无抵押}{借|贷}{5000|两万|五万}，{下款快|秒批}，{加微|加V信}@",
        ],
        contact: "1{3|5|8}#########",
        link: false,
    },
    Campaign {
        texts: &[
            "{Pracuj z domova|Práce z domu|Přivýdělek na mobilu} {bez zkušeností|i pro maminky}, \
             {1 500|2 000} Kč {denně|za den}, {výplata každý den|peníze hned}. {Napiš|Ozvi se} na \
             Telegram @",
            "{Vydělávám|Vydělala jsem} {28 000|45 000} {za měsíc|měsíčně} {jen s mobilem|dvě \
             hodiny denně}, {ukážu ti jak|zaučím tě zdarma}, {pište na Telegram|Telegram} @",
        ],
        contact: "{prace|doma|jana}_{online|vydelek|tym}##",
        link: false,
    },
    Campaign {
        texts: &[
            "{二手|九成新}{苹果|手机|平板}{低价出|清仓}，{支持验货|假一赔十}，{今天|限时}{半价|五折}，{看货|下单} @",
            "{海关|仓库}{罚没|尾货}{手机|手表}{三折|两折}{处理|清仓}，{数量不多|先到先得}，{链接|地址} @",
        ],
        contact: "https://{cang|mai|huo}##.example.com/p###",
        link: true,
    },
    Campaign {
        texts: &[
            "{Dear friends|To everyone here}, {I want to share|let me tell you} how {my family|our \
             household} {paid off|got rid of} {all our debts|the mortgage} in {seven|eleven} \
             months. {A retired banker|A former broker} {showed us|taught us} {a simple system|a \
             quiet method} that {banks do not want you to know|no bank will mention}. {You need no \
             experience|Anybody can do it}, {ten minutes a day|an hour a week} is enough, and {the \
             first lesson is free|you pay nothing until it works}. {We have helped|Already} \
             {300|1,200} {families|people} {so far|this year}. {Register|Sign up} {before \
             Friday|while places last}: @",
        ],
        contact: "https://{debt|calm|free}-{plan|life}##.example.com/start",
        link: true,
    },
    Campaign {
        texts: &[
            "{香港|台灣|海外}{保單|基金|股票}{內線|老師}{帶單|報牌}，{今年獲利|上月獲利}{兩倍|80%}，{免費入群|先看再跟}，{加賴|LINE} @",
            "{飆股|明牌}{免費領|每日更新}，{散戶|小資}{也能賺|翻身}，{掃碼|加LINE}{進群|領取} @",
        ],
        contact: "{stock|gu|fei}{_|}{teacher|king|168|888}##",
        link: false,
    },
];

pub(crate) const INCIDENTS: [Incident; 7] = [
    Incident {
        texts: &[
            "{No|Still no|Zero} {signal|internet|service} in {Brodovice|the north part of town|my \
             street} {since {six|seven|half past eight}|for {two|three} hours}{, what is going \
             on|, anyone else|}",
            "{Is it just me or is|So is} {the network|Telmo|mobile data} {down|dead|gone} \
             {again|today|this morning}?",
            "{My|Our} {router|phone|landline} {has been|is} {offline|dead} {since the storm|all \
             morning}{ and nobody picks up|, third time this year|}",
            "{Can't|Cannot} {work|take calls|reach my mum} because {Telmo is down|there is no \
             signal|the internet is gone}",
            "{Telmo|@telmo_care} {when will it be back|any news|please tell us something}, {I have \
             a meeting at ten|the card terminal in my shop is dead|my kid has online school}",
        ],
        tails: &[
            "{I pay|we pay} {30|45} a month for this",
            "{this is a joke|unbelievable|not again}",
            "{please fix it|do something}",
            "{the app shows nothing|the status page says all fine|chat is a robot}",
            "{at least say how long|give us an estimate}",
        ],
        echoes: &[
            "same here",
            "+1",
            "down here too",
            "Same in the south",
            "no signal either",
            "me too",
            "still down",
            "app down",
        ],
        hotline: "{https://status.telmo.example.com/incidents/###|0800 ### ###}",
        gap: ". ",
    },
    Incident {
        texts: &[
            "{订单|包裹|快递}{卡在仓库|三天没动|一直不发货}，{客服|电话}{没人接|打不通|只会说抱歉}",
            "{小篮子|你们}{今天|到现在}{一单都没送|没人送货|全部延误}，{家里等着用|孩子的奶粉断了|冰箱都空了}",
            "{说好|承诺}{上午|昨天}送到，{结果|现在}{还是待出库|连影都没有}，{退款也点不了|取消也取消不了}",
            "{我们小区|我这边}{好几户|所有人}{都没收到|都在等}，{到底怎么了|仓库是不是出事了}？",
            "{买菜|下单}{第{三|四}次|又}{延误|迟到}，{再这样|下次}{换平台|不买了}",
        ],
        tails: &[
            "{太失望了|无语|受够了}",
            "{给个说法|请尽快处理}",
            "{什么时候能送到|到底几点送}",
            "{要求退款|请赔偿}",
            "{今天必须解决|等回复}",
        ],
        echoes: &[
            "我也是",
            "同问",
            "+1",
            "一样",
            "我的也没到",
            "同样的情况",
            "没送到",
            "等了一天",
        ],
        hotline: "{客服电话 400-8##-####|https://help.xiaolanzi.example.com/n/##}",
        gap: "，",
    },
    Incident {
        texts: &[
            "{Strhli|Odečetli|Zaúčtovali} mi {platbu|nákup|nájem} {dvakrát|podruhé|2x}{, co s \
             tím|, kdo to vrátí| a na účtu nic není}",
            "{Lumi Bank|Aplikace banky|Bankovnictví} {nejde|padá|se nenačte} {od rána|už dvě \
             hodiny|zase}",
            "{Karta|Moje karta} {nefunguje|je zamítnutá} {v obchodě|u benzínky|na pokladně}, \
             {trapas|stojím tu jako hlupák|co mám dělat}",
            "{Čekám|Visím} na lince {40|55} minut, {nikdo to nebere|hraje jen hudba}",
            "{Kdy to spustíte|Kdy to bude fungovat}? {Potřebuju zaplatit nájem|Nemám hotovost|Jsem \
             v cizině bez peněz}",
        ],
        tails: &[
            "{to snad není možné|hrůza|ostuda}",
            "{vraťte mi peníze|chci to zpátky}",
            "{odcházím jinam|měním banku}",
            "{prosím o vyjádření|napište aspoň něco}",
        ],
        echoes: &[
            "taky",
            "mně taky",
            "+1",
            "já taky nemůžu platit",
            "nejde ani mně",
            "to samé",
            "u mě taky dvakrát",
        ],
        hotline: "{+420 800 ### ###|https://stav.lumi.example.cz/##}",
        gap: ". ",
    },
    Incident {
        texts: &[
            "{Flight|Train} {cancelled|delayed {four|six} hours} and {nobody|no one} {tells us \
             why|at the desk}",
            "{Stuck|Stranded} {in|at} {Brodovice|the airport|the station} {with two kids|since \
             noon|overnight}, {no hotel|no food voucher|no information}",
            "{Nordwind|@nordwind} {cancelled my|just cancelled our} {trip|connection} {ten minutes \
             before departure|by text message}, {how do I rebook|who pays the hotel}?",
            "{The board says|The app says} {on time|boarding} but {there is no plane|the platform \
             is empty}",
            "{Queue of|There are} {300|two hundred} people {at one counter|and one agent}, {great \
             job|shame on you}",
        ],
        tails: &[
            "{never again|last time with you}",
            "{my connection is gone|I will miss a wedding}",
            "{we want a refund|who do I talk to}",
            "{phone line just rings|chat keeps closing}",
        ],
        echoes: &[
            "same",
            "Same flight here",
            "+1",
            "also stuck",
            "us too",
            "same here, no info",
            "ours too",
        ],
        hotline: "{0800 ### ####|https://nordwind.example.com/disruptions/##}",
        gap: ". ",
    },
    Incident {
        texts: &[
            "{App|APP|應用程式}{打不開|一直閃退|登不進去}，{更新後|從早上}{就這樣|到現在}",
            "{付款|轉帳}{扣了兩次|失敗但扣款}，{餘額不對|錢去哪了}？",
            "{客服|專線}{一直忙線|排隊一小時}，{完全沒有公告|沒人說明}",
            "{今天|剛剛}{大家|公司同事}{都不能用|都登不進去}，{是當機了嗎|系統壞了？}",
            "{急著|趕著}{繳房租|付醫藥費}{卻|結果}{不能轉|卡住}，{快修好|拜託處理}",
        ],
        tails: &[
            "{真的很扯|氣死|無言}",
            "{請給個交代|快點公告}",
            "{要換銀行了|再也不用}",
            "{什麼時候恢復|幾點能用}",
        ],
        echoes: &[
            "我也是",
            "+1",
            "同",
            "一樣打不開",
            "推",
            "也登不進去",
            "不能用+1",
        ],
        hotline: "{客服專線 0800-###-###|https://status.lumi.example.com/tw/##}",
        gap: "，",
    },
    Incident {
        texts: &[
            "{The baby formula|The salad|Batch 4#} {smells|tastes} {of chemicals|wrong|rotten}, \
             {my son|our daughter|the whole family} {is sick|threw up}",
            "{Recall|Please recall} {this now|the yoghurt}, {found plastic|there is mould} in \
             {mine|two of three cups}",
            "{Who else|Anybody} {bought|ate} the {Košík24|Basket} {lasagne|chicken} {this week|on \
             Monday}? {We are all ill|I spent the night in hospital}",
            "{Return it|Don't eat it}, {the shop|the store} {knows nothing|refuses a refund}",
        ],
        tails: &[
            "{I kept the packaging|I have photos}",
            "{answer me|call me back}",
            "{I will report this|the inspectorate will hear of it}",
            "{disgusting|dangerous}",
        ],
        echoes: &[
            "mine too",
            "same smell",
            "+1",
            "we had that too",
            "same batch here",
        ],
        hotline: "{https://recalls.example.org/2026/###|0800 ### ###}",
        gap: ". ",
    },
    Incident {
        texts: &[
            "{停水|停电}{三个小时|一上午}了，{物业|供电局}{没通知|不接电话}",
            "{整条街|我们楼}{都没电|一片黑}，{电梯里还有人|冰箱的菜要坏了}",
            "{打了|拨了}{十几次|二十遍}热线，{一直占线|永远是请稍候}",
            "{什么时候|几点}{来电|恢复}？{手机快没电了|老人需要用呼吸机|在家办公完不成}",
        ],
        tails: &[
            "{每年都这样|服了}",
            "{给个准信|请公告}",
            "{谁来赔|怎么补偿}",
        ],
        echoes: &["同", "我这也停了", "+1", "一样", "还没来电", "我们这边也是"],
        hotline: "{热线 95598|https://power.example.com/notice/##}",
        gap: "，",
    },
];

pub(crate) const ORGANIC: [&[&str]; 4] = [
    &[
        "{My|The} {order|parcel|delivery|refund} {is late|hasn't arrived|never came|was wrong} \
         {again|for {two|three|five} days|since Monday}",
        "{Thanks|Thank you|Big thanks} to {Anna|Tom|the driver|your team} for {fixing it|the quick \
         answer|a lovely trip}",
        "{How do I|Where can I|Is it possible to} {change|cancel|move|extend} {my booking|my \
         plan|the subscription|an order} {online|by phone|without a fee}?",
        "{The new|Your} {app|website|card|menu} is {great|awful|confusing|slower than \
         before|surprisingly good}{, but the old one was fine|, well done|}",
        "{Charged|Billed} {twice|for something I never bought|the wrong amount}, {please check|who \
         do I call|reference ######}",
        "{Watching|Reading|Cooking|Listening to} {a film|an old novel|soup|the rain} {tonight|with \
         the kids|and it's perfect}",
        "{Can't believe|So happy|So sad} {we won|it's Friday|the holidays are over|she said yes}",
        "{Waiting|Waited} {20|35|50} minutes {on the phone|in the chat|at the desk} {and then it \
         hung up|for nothing|this morning}",
        "{Anyone|Does anybody} {know|recommend} {a good dentist|a quiet café|a plumber} {in \
         Brodovice|near the station}?",
        "{The train|Bus 1#|The tram} {was|is} {on time|late|packed|freezing} {today|again|as \
         always}",
        "{Your courier|The courier} {left it in the rain|threw it over the fence|was really \
         kind|rang the wrong bell}",
        "{I'm selling|Selling} {my old bike|a sofa|two tickets}, {message me|pick up in town}, \
         {price|asking} ##0",
    ],
    &[
        "{快递|外卖|包裹}{又|还是}{迟到|没到|送错}了，{等了两天|客服不理人|气死}",
        "{谢谢|感谢}{小张|客服|师傅}{耐心解答|帮忙处理|冒雨送来}",
        "{请问|想问下}{怎么|哪里可以}{改签|退货|取消会员|开发票}？",
        "{新版|更新后的}{软件|网页|菜单}{太难用|好看多了|卡得不行|还行}",
        "{扣了两次钱|多扣了##块}，{麻烦查一下|什么时候退}",
        "{今天|周末|晚上}{吃火锅|看电影|爬山|加班}，{开心|累死了|天气真好}",
        "{有没有人|谁}{知道|推荐}{附近的|靠谱的}{牙医|健身房|早餐店}",
        "{地铁|公交|高铁}{挤爆|晚点|很准时}，{习惯了|点赞|无语}",
        "{孩子|我妈|室友}{生日|考试|生病}，{求好运|有点担心|忙了一天}",
        "{买的|收到的}{衣服|耳机|水果}{质量不错|有瑕疵|和图片不一样}，{好评|想退|一般}",
        "{转让|出}{一张周五的票|闲置相机|二手书}，{原价|可小刀|同城自取}",
    ],
    &[
        "{包裹|外送|訂單}{又|還是}{遲到|沒到|送錯}，{等兩天了|客服沒回|很傻眼}",
        "{謝謝|感謝}{店員|司機|客服}{很親切|幫忙找回|處理很快}",
        "{請問|想問}{怎麼|哪裡可以}{改票|退貨|取消訂閱|開收據}？",
        "{新版|更新後的}{App|網站|介面}{超難用|變好看|一直當|還可以}",
        "{多扣|重複扣}了##元，{請查一下|什麼時候退}",
        "{今天|週末|晚上}{吃火鍋|看展|爬山|加班}，{開心|累爆|天氣真好}",
        "{有人|誰}{知道|推薦}{附近的|便宜的}{牙醫|咖啡店|早餐店}嗎",
        "{捷運|公車|高鐵}{擠爆|誤點|很準時}，{習慣了|讚|無言}",
    ],
    &[
        "{Zásilka|Objednávka|Balík} {nepřišla|zase nedorazila|přišla rozbitá} {už třetí den|a \
         nikdo nic neví|v sobotu}",
        "{Díky|Děkuji|Moc děkuji} {paní na lince|řidiči|vašemu týmu} za {ochotu|rychlé \
         vyřízení|pomoc}",
        "{Jak|Kde} {můžu|mohu|lze} {změnit|zrušit|prodloužit} {rezervaci|tarif|předplatné}?",
        "{Nová|Vaše} {aplikace|stránka|karta} je {super|hrozná|pomalá|nepřehledná}{, stará byla \
         lepší|}",
        "{Strhli mi|Zaplatil jsem} {dvakrát|o ##0 korun víc}, {prosím o vrácení|co s tím}",
        "{Dneska|O víkendu|Večer} {jdeme na pivo|vařím guláš|koukám na film}, \
         {paráda|pohoda|konečně}",
        "{Nevíte|Neví někdo} {o dobrém zubaři|kde opravit kolo|kdy jede autobus}?",
        "{Vlak|Autobus|Tramvaj} {má zpoždění|jel načas|byl narvaný}, {klasika|díky|fuj}",
        "{Kurýr|Řidič} {nezvonil|hodil to přes plot|byl moc milý}",
        "{Prodám|Daruju} {kolo|kočárek|knihy}, {cena dohodou|osobní odběr}, {napište do zpráv|více \
         ve zprávě}",
    ],
];

pub(crate) const TAILS: [&[&str]; 4] = [
    &[
        "{please help|can you check}",
        "order {AB|KX}######",
        "{not happy|lovely}",
        "{any news|what now}?",
        "{my {mum|boss|neighbour} says hi|who cares}",
        "{second time this {week|month}|first time for me}",
        "see you {tomorrow|on Sunday}",
    ],
    &[
        "{麻烦看一下|求回复}",
        "单号 ########",
        "{不开心|不错}",
        "{有消息吗|怎么办}？",
        "{第{二|三}次了|第一次遇到}",
        "{明天|周日}见",
    ],
    &[
        "{麻煩看一下|求回覆}",
        "單號 ########",
        "{不開心|不錯}",
        "{有消息嗎|怎麼辦}？",
        "{第{二|三}次了|第一次遇到}",
        "{明天|週日}見",
    ],
    &[
        "{prosím o pomoc|podívejte se na to}",
        "číslo ########",
        "{nic moc|super}",
        "{co teď|nějaké novinky}?",
        "{už podruhé|poprvé}",
        "uvidíme {zítra|v neděli}",
    ],
];

pub(crate) const SHORT: [&[&str]; 4] = [
    &[
        "ok",
        "thanks",
        "+1",
        "same here",
        "lol",
        "?",
        "good morning",
        "yes please",
        "sent you a DM",
        "Happy birthday!!",
        "Thank you so much for your help",
    ],
    &[
        "好的",
        "谢谢",
        "+1",
        "哈哈哈",
        "？",
        "早安",
        "收到",
        "转发微博",
        "已私信",
        "生日快乐！",
        "感谢您的耐心解答",
    ],
    &[
        "好",
        "謝謝",
        "+1",
        "推",
        "？",
        "早安",
        "收到",
        "已私訊",
        "生日快樂！",
    ],
    &[
        "ok",
        "díky",
        "+1",
        "taky",
        "?",
        "dobré ráno",
        "napsala jsem do zpráv",
        "Všechno nejlepší!",
        "Děkuji moc za pomoc",
    ],
];

pub(crate) const COPIED: [&str; 8] = [
    "Brodovice council approves new bridge after three years of talks \
     https://news.example.com/{a|b}####",
    "Nordwind to buy twelve new trains, {minister|chief executive} says \
     https://daily.example.com/s/####",
    "Sbírka pro rodinu po požáru v Brodovicích, každá koruna pomůže https://sbirka.example.cz/####",
    "Přejeme všem krásné Velikonoce, hodně zdraví, pohodu a bohatou pomlázku",
    "祝大家新年快乐，身体健康，万事如意，阖家幸福",
    "We demand that the council stops felling the old lime trees in the park. Copy and share if \
     you agree!",
    "{地铁|公交}票价下月起上调，记者从发布会获悉 https://news.example.com/cn/####",
    "Zdražení energií: vláda schválila nový strop cen, platit má od dubna \
     https://zpravy.example.cz/####",
];

pub(crate) const SPAM: [&str; 6] = [
    "Cheap followers, {1000|5000} for $#, visit https://shop{a|b|c}###.example.com",
    "Hot singles in your area, {click|tap} https://meet###.example.com/{x|y}##",
    "{代开发票|办证}，电话 1{3|5|8}#########",
    "Levné {repliky hodinek|cigarety}, {dovoz|rozvoz} zdarma, volejte +420 7## ### ###",
    "加我微信 {ab|cd|ef}{x|y}##### {领红包|看片}",
    "Work from home, earn ${500|900} a day, text +44 7700 9#####",
];
