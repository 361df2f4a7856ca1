#!/usr/bin/env python3
"""Assembles posts.jsonl, labels.tsv, README.md and hidden.json from the hand-written texts under texts/.

    python3 data/sample/generate.py            # writes the four files
    python3 data/sample/generate.py --check    # writes nothing; fails unless they are what it would write, and valid

The texts are written by hand; this script only gives them authors, times, numbers and threads. Only the standard
library is used, and of `random` only `random()`, whose sequence for a seed is guaranteed: the same bytes on Python 3.7 to 3.13.
"""

import json
import math
import os
import random
import re
import sys
import unicodedata
from datetime import datetime, timedelta, timezone

# The folder holds data: no compiled scripts beside it.
sys.dont_write_bytecode = True
from describe import DAY, LANGUAGES, SECONDS, START, TOPICS, check, readme

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = 20260302
PUBLIC = {"twitter", "weibo", "facebook", "ptt", "instagram"}

# Which channels a language is written on, by weight.
CHANNELS = {
    "en": [("twitter", 46), ("facebook", 18), ("instagram", 10), ("app_review", 6), ("chat", 14), ("mail", 6)],
    "zh-Hans": [("weibo", 68), ("app_review", 10), ("chat", 16), ("mail", 2), ("facebook", 4)],
    "zh-Hant": [("ptt", 34), ("facebook", 28), ("instagram", 16), ("app_review", 7), ("chat", 13), ("mail", 2)],
    "cs": [("facebook", 38), ("twitter", 20), ("instagram", 12), ("app_review", 8), ("chat", 15), ("mail", 7)],
}
# Where its authors live: minutes east of UTC, by weight.
ZONES = {
    "en": [(0, 34), (60, 36), (-300, 18), (330, 6), (-480, 6)],
    "zh-Hans": [(480, 84), (60, 16)],
    "zh-Hant": [(480, 94), (-480, 6)],
    "cs": [(60, 97), (0, 3)],
}
# How much is written in each hour of the local day.
DAILY = [3, 2, 1, 1, 1, 2, 5, 9, 12, 12, 11, 10, 12, 11, 9, 9, 10, 12, 13, 15, 16, 15, 11, 6]
# The share of the incident written before each moment (hours UTC of day 2): it swells for five hours, decays by night.
INCIDENT = [(13.17, 0.0), (14.0, 0.08), (15.0, 0.20), (16.0, 0.36), (17.0, 0.55), (18.17, 0.76), (19.0, 0.84),
            (20.0, 0.91), (21.0, 0.965), (22.6, 1.0)]
OUTAGE = [(6.6, 0.0), (8.0, 0.30), (10.0, 0.50), (13.0, 0.75), (15.5, 0.9), (16.5, 1.0)]

NAMES = {
    "en": ("paper otter quiet marble rusty tin north maple soggy lemon brisk harbour lazy comet velvet gravel sunny "
           "pocket little thunder salt crooked window winter copper plain hazel loud button silver").split(),
    "zh-Hans": "橘子 晚风 半糖 小满 不吃香菜 阿柴 云朵 老街 青柠 打工人 夜猫 山楂 布丁 海边 三分甜 胖虎爱睡觉 南瓜 星河 豆包 稻草".split(),
    "zh-Hant": "芋圓 海苔 阿柴 夜貓 小雨 豆花 麻糬 山貓 米漿 月台 貓奴 椰子 蛋餅 薄荷 晴天 仙草 紅豆 小河 奶蓋 石虎".split(),
    "cs": ("Jana Petr Lenka Tomáš Zuzka Honza Markéta Ondra Bára Vojta Iva Radek Hanka Míša Standa Klára Luboš Eliška "
           "Pavlína Kuba Renata Dan Věra Jirka Simona Matěj").split(),
}
PEOPLE = ("Amara Colin Deirdre Ewan Farah Gwen Hamish Imogen Joel Keira Leroy Maud Nadia Oscar Priya Quentin Rhona Saul "
          "Tamsin Umar Viola Wes Yasmin Zack Bridget Dev Elspeth Rory").split()
TAILS = {
    "zh-Hans": ["", "酱", "不加糖", "在路上", "的日常", "啊啊啊", "2026", "小站", "_zz", "爱喝汤", "不想上班", "本人"],
    "zh-Hant": ["", "醬", "日記", "本人", "微糖少冰", "不想上班", "_tw", "77", "的窩", "愛睡覺"],
}
EMOJI = {"negative": ["😡", "😤", "🙄", "😭", "🤦", "😩"], "positive": ["😊", "🙏", "❤️", "👏", "🥰"],
         "neutral": ["🤔", "😅", "🙏"], "sarcasm": ["🙃", "👏", "🙂"], "chatter": ["😄", "😅"]}


class Dice:
    """Random choices made from `random()` alone."""

    def __init__(self, seed):
        self.source = random.Random(seed)

    def unit(self):
        return self.source.random()

    def chance(self, share):
        return self.unit() < share

    def below(self, limit):
        return int(self.unit() * limit)

    def between(self, low, high):
        return low + self.below(high - low + 1)

    def pick(self, items):
        return items[self.below(len(items))]

    def weighted(self, pairs):
        left = self.unit() * sum(weight for _, weight in pairs)
        for item, weight in pairs:
            left -= weight
            if left < 0:
                return item
        return pairs[-1][0]

    def normal(self):
        return math.sqrt(-2.0 * math.log(1.0 - self.unit())) * math.cos(2.0 * math.pi * self.unit())

    def lognormal(self, median, spread):
        return int(median * math.exp(spread * self.normal()))

    def shuffle(self, items):
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]


def load(language):
    """The rows of a language's texts; a text with {a|b} is taken once for each alternative, in step."""
    rows = []
    with open(os.path.join(HERE, "texts", language + ".tsv"), encoding="utf-8") as file:
        next(file)
        for line in file:
            kind, sentiment, flags, text = line.rstrip("\n").split("\t")
            text = text.replace("\\n", "\n")
            groups = re.findall(r"\{([^{}|]*(?:\|[^{}|]*)+)\}", text)
            copies = max([group.count("|") + 1 for group in groups], default=1)
            for copy in range(copies):
                def choose(match):
                    options = match.group(1).split("|")
                    return options[copy % len(options)]
                rows.append({
                    "kind": kind, "sentiment": sentiment, "flags": [] if flags == "-" else flags.split(","),
                    "text": re.sub(r"\{([^{}|]*(?:\|[^{}|]*)+)\}", choose, text), "lang": language,
                })
    return rows


def plain(text):
    """Czech as many type it: without diacritics. Emoji and punctuation stay."""
    out = []
    for letter in text:
        parts = unicodedata.normalize("NFD", letter)
        out.append(parts[0] if len(parts) > 1 and parts[0].isalpha() and parts[0].isascii() else letter)
    return "".join(out)


class Maker:
    def __init__(self):
        self.dice = Dice(SEED)
        self.authors = {}
        self.names = set()
        self.next_author = 10000
        self.posts = []

    # ---- authors -------------------------------------------------------------------------------------------------

    def name(self, language, channel):
        dice = self.dice
        while True:
            words = NAMES[language]
            if language == "en" or channel == "ptt":
                words = NAMES["en"]
                name = dice.pick(words) + dice.pick(["", "_", ""]) + dice.pick(words) + dice.pick(["", "", str(dice.between(1, 99))])
                if channel in ("facebook", "mail", "chat", "app_review"):
                    name = dice.pick(PEOPLE) + dice.pick([" ", " ", " ", "_"]) + dice.pick(list("ABCDEFGHJKLMNOPRSTVW")) + dice.pick([".", "", str(dice.between(55, 99))])
            elif language == "cs":
                name = dice.pick(words) + dice.pick([" ", " ", "_"]) + dice.pick(list("ABDHJKLMNPRSTVZ")) + dice.pick([".", "", str(dice.between(60, 99))])
                if channel in ("twitter", "instagram"):
                    name = plain(name).lower().replace(" ", "").replace(".", "") + dice.pick(["", "_cz", "cz"])
            else:
                name = dice.pick(words) + dice.pick(TAILS[language]) + dice.pick(["", "", str(dice.between(1, 999))])
            if name not in self.names:
                self.names.add(name)
                return name

    def author(self, language, channel, kind="organic"):
        dice = self.dice
        pool = self.authors.setdefault((language, channel), [])
        if kind == "organic" and len(pool) > 8 and dice.chance(0.2):
            chosen = dice.pick(pool)
            if chosen["used"] < 5:
                chosen["used"] += 1
                return chosen
        author = {"id": "u%d" % self.next_author, "name": self.name(language, channel), "used": 1,
                  "zone": dice.weighted(ZONES[language]), "plain": language == "cs" and dice.chance(0.33),
                  "voice": dice.unit(), "customer": None}
        self.next_author += dice.between(1, 37)
        if kind == "throwaway":
            age = dice.between(0, 11)
            author.update(followers=dice.between(0, 9), following=dice.between(40, 1900), posts=dice.between(1, 24),
                          verified=False, plain=False, born=START + timedelta(days=-age, seconds=-dice.below(DAY)))
            if language != "cs" and dice.chance(0.6):
                author["name"] = dice.pick(["user", "用户", "wq", "小", "hr_", "vip"]) + str(dice.between(100000, 9999999))
        elif channel in PUBLIC:
            followers = dice.lognormal(210 if channel != "weibo" else 260, 1.45)
            author.update(followers=followers, following=dice.lognormal(240, 0.9), posts=dice.lognormal(900, 1.3),
                          verified=followers > 20000 and dice.chance(0.7),
                          born=START - timedelta(days=dice.between(60, 5200), seconds=dice.below(DAY)))
        if kind == "organic":
            share = {"chat": 0.95, "mail": 0.9, "app_review": 0.2}.get(channel, 0.3)
            if dice.chance(share):
                tier = dice.weighted([("standard", 62), ("silver", 23), ("gold", 11), ("vip", 4)])
                author["customer"] = {"id": "c%d" % dice.between(200000, 899999), "tier": tier}
            pool.append(author)
        return author

    # ---- times ---------------------------------------------------------------------------------------------------

    def time(self, zone, hour=None):
        """Seconds from START, in the rhythm of the author's local day; `hour` pins the local hour."""
        while True:
            second = self.dice.below(SECONDS)
            local = int((second / 3600 + zone / 60) % 24)
            if hour is not None:
                if local == hour:
                    return second
            elif self.dice.unit() * max(DAILY) < DAILY[local]:
                return second

    def spread(self, day, curve, count):
        """`count` sorted seconds, spread as the cumulative curve says."""
        seconds = []
        for index in range(count):
            share = (index + self.dice.unit()) / count
            for (hour, low), (next_hour, high) in zip(curve, curve[1:]):
                if share <= high:
                    seconds.append(int((day * 24 + hour + (next_hour - hour) * (share - low) / (high - low)) * 3600))
                    break
        return seconds

    # ---- texts ---------------------------------------------------------------------------------------------------

    def voice(self, row, author, channel):
        """What the keyboard does to a text: case, a slip of the finger, an emoji, a tag, missing diacritics."""
        dice, text, language = self.dice, row["text"], row["lang"]
        text = text.replace("<order>", "K24-%d" % dice.between(310000, 989999))
        text = text.replace("<flight>", "NW %d" % dice.between(210, 899))
        text = text.replace("<train>", "NWR %d" % dice.between(1100, 4899))
        bare = row["kind"] in ("oneword", "emoji", "reply", "incident_reply", "outage_reply")
        special = (row["kind"] in ("glass", "unanswered", "viral", "campaign", "spam")
                   or {"press", "self-harm"} & set(row["flags"]))
        if not bare and not special and channel != "mail":
            if language in ("en", "cs") and author["voice"] < 0.16 and channel in ("twitter", "chat", "instagram"):
                text = text.lower().rstrip(".")
            if language in ("en", "cs") and dice.chance(0.05):
                places = [m.start() for m in re.finditer(r"(?<=[a-z])[a-z](?=[a-z][a-z])", text)]
                if places:
                    at = dice.pick(places)
                    text = text[:at] + text[at + 1] + text[at] + text[at + 2:]
            if row["sentiment"] == "negative" and language in ("en", "cs") and len(text) < 60 and dice.chance(0.04):
                text = text.upper() + "!!!"
            if "urgent" not in row["flags"] and "legal" not in row["flags"] and len(text) < 200 and dice.chance(0.1):
                mood = row["sentiment"]
                if "sarcasm" in row["flags"]:
                    mood = "sarcasm"
                elif row["kind"] == "other" and mood == "neutral":
                    mood = "chatter"
                smiles = EMOJI[mood]
                text = text + dice.pick(["", " "]) + dice.pick(smiles) * dice.between(1, 2)
            if channel == "weibo" and dice.chance(0.10):
                for brand in ("小篮子", "Nordwind", "Telmo", "Lumi"):
                    if brand in text and "#" not in text:
                        text = "#%s# %s" % (brand, text)
                        break
            if channel in ("instagram", "twitter") and language != "zh-Hans" and dice.chance(0.12):
                text = text + self.tag(row)
        if author["plain"]:
            text = plain(text)
        return text

    def tag(self, row):
        """A tag that fits: the brand that the text names, else one of the general kind."""
        about = row["text"].lower()
        for brand, tag in (("kosik", " #kosik24"), ("košík", " #kosik24"), ("小籃子", " #小籃子"), ("nordwind", " #nordwind"),
                           ("telmo", " #telmo"), ("lumi", " #lumibank")):
            if brand in about:
                return tag
        if row["kind"] == "incident":
            return " #小籃子" if row["lang"] == "zh-Hant" else " #kosik24"
        if row["sentiment"] != "negative":
            return ""
        return self.dice.pick({"en": [" #fail", " #customerservice", " #neveragain"], "cs": [" #smutny", " #uznikdy", " #fail"],
                               "zh-Hant": [" #崩潰", " #日常"]}[row["lang"]])

    def channel(self, row):
        for flag in row["flags"]:
            if flag.startswith("@"):
                return flag[1:]
        dice, language, kind = self.dice, row["lang"], row["kind"]
        if kind == "app" and dice.chance(0.45):
            return "app_review"
        pairs = CHANNELS[language]
        if kind in ("reply", "incident_reply", "outage_reply", "other", "spam", "campaign", "outage_telmo", "incident"):
            pairs = [pair for pair in pairs if pair[0] in PUBLIC or (kind == "incident" and pair[0] == "chat")]
        elif kind in ("oneword", "emoji"):
            pairs = [pair for pair in pairs if pair[0] != "mail"]
        elif len(row["text"]) < 40 or len(row["text"]) < 60 and language in ("en", "cs"):
            pairs = [pair for pair in pairs if pair[0] != "mail"]
        if kind in ("howto", "other", "booking", "privacy", "safety", "waiting", "emoji"):
            pairs = [pair for pair in pairs if pair[0] != "app_review"]
        if "[" in row["text"] and language == "zh-Hans":
            return "weibo"
        return dice.weighted(pairs)

    # ---- posts ---------------------------------------------------------------------------------------------------

    def post(self, row, author, channel, second, parent=None, text=None):
        dice = self.dice
        made = {"row": row, "author": author, "channel": channel, "second": min(max(second, 0), SECONDS - 1),
                "text": text if text is not None else self.voice(row, author, channel), "parent": parent,
                "engagement": None, "root": None, "answers": 0, "order": len(self.posts)}
        if channel in PUBLIC:
            reach = 8 + author.get("followers", 0) * math.exp(0.7 * dice.normal() - 1.1)
            if row["kind"] in ("campaign", "spam"):
                reach = dice.between(2, 90)
            views = int(reach * (0.4 if parent else 1.0)) + dice.below(12)
            likes = int(views * 0.012 * math.exp(0.9 * dice.normal()))
            made["engagement"] = {"likes": likes, "reposts": int(likes * 0.2 * dice.unit()), "replies": int(likes * 0.3 * dice.unit()),
                                  "views": views}
        elif channel == "app_review":
            made["engagement"] = {"likes": dice.lognormal(2, 1.2)}
        if parent is not None:
            parent["answers"] += 1
            parent["root"] = parent["root"] or parent
            made["root"] = parent["root"]
        self.posts.append(made)
        return made

    def organic(self, row):
        channel = self.channel(row)
        author = self.author(row["lang"], channel)
        if "vip" in row["flags"]:
            author = self.author(row["lang"], channel, "organic fresh")
            author["customer"] = {"id": "c%d" % self.dice.between(1000, 9999), "tier": self.dice.pick(["vip", "vip", "gold"])}
        hour = [int(flag[5:]) for flag in row["flags"] if flag.startswith("hour=")]
        return self.post(row, author, channel, self.time(author["zone"], hour[0] if hour else None))

    def answer(self, row, parents, median_minutes):
        """A short answer of the public to an earlier post."""
        dice = self.dice
        while True:
            parent = dice.pick(parents)
            second = parent["second"] + 60 + dice.lognormal(median_minutes * 60, 0.9)
            author = self.author(row["lang"], parent["channel"])
            if second < SECONDS and author is not parent["author"]:
                return self.post(row, author, parent["channel"], second, parent)

    def wave(self, rows, day, curve):
        """An event in the order in which its texts are written in the file, along a curve."""
        made = []
        for language in LANGUAGES:
            own = [row for row in rows if row["lang"] == language]
            for row, second in zip(own, self.spread(day, curve, len(own))):
                channel = self.channel(row)
                if channel == "chat" and row["kind"] == "incident" and self.dice.chance(0.5):
                    channel = {"en": "twitter", "zh-Hans": "weibo", "zh-Hant": "ptt", "cs": "facebook"}[language]
                author = self.author(language, channel, "organic fresh")
                # All customers of the one warehouse and of the one town live in its time zone.
                author["zone"] = 60
                author["customer"] = {"id": "c%d" % self.dice.between(200000, 899999), "tier": self.dice.weighted(
                    [("standard", 70), ("silver", 20), ("gold", 10)])} if channel == "chat" or self.dice.chance(0.3) else None
                if "evening" in row["flags"]:
                    second = day * DAY + self.dice.between(20 * 3600, 21 * 3600)
                if "night" in row["flags"]:
                    second = day * DAY + self.dice.between(22 * 3600, 22 * 3600 + 2700)
                made.append(self.post(row, author, channel, second))
        return made

    def build(self):
        dice = self.dice
        rows = [row for language in LANGUAGES for row in load(language)]
        by = {}
        for row in rows:
            by.setdefault(row["kind"], []).append(row)
        background = [row for row in rows if row["kind"] in TOPICS or row["kind"] in ("other", "oneword", "emoji")]
        dice.shuffle(background)
        organic = [self.organic(row) for row in background]

        incident = self.wave(by["incident"], 1, INCIDENT)
        for row in by["incident_reply"]:
            roots = [p for p in incident if p["row"]["lang"] == row["lang"] and p["channel"] in PUBLIC and "night" not in p["row"]["flags"]]
            roots.sort(key=lambda p: p["second"])
            # A few early posts gather most of the "me too", as they do.
            self.answer(row, roots[:4] if dice.chance(0.5) else roots, 18)
        outage = self.wave(by["outage_telmo"], 2, OUTAGE)
        for row in by["outage_reply"]:
            roots = [p for p in outage if p["row"]["lang"] == row["lang"] and p["second"] < 2 * DAY + 13 * 3600]
            self.answer(row, roots, 15)

        for row in by["reply"]:
            parents = [p for p in organic if p["row"]["lang"] == row["lang"] and p["channel"] in PUBLIC
                       and p["second"] < SECONDS - 20000 and p["row"]["kind"] in TOPICS
                       and p["row"]["sentiment"] == "negative" and "self-harm" not in p["row"]["flags"]]
            wanted = [flag[3:] for flag in row["flags"] if flag.startswith("to=")]
            parents = [p for p in parents if not wanted or p["row"]["kind"] in wanted]
            self.answer(row, parents, 40)

        self.build_campaign(by["campaign"])
        for row in by["spam"]:
            channel = self.channel(row)
            author = self.author(row["lang"], channel, "throwaway")
            self.post(row, author, channel, self.time(author["zone"]))
        self.build_glass(by["glass"][0])
        self.build_unanswered(by["unanswered"])
        self.build_viral(by["viral"][0])
        self.number()

    def build_campaign(self, rows):
        """45 posts of 40 throwaway accounts, 02:05 to 07:00 UTC of day 2 (10:05 to 15:00 in +08:00)."""
        dice = self.dice
        rows = list(rows)
        dice.shuffle(rows)
        accounts = []
        for index, row in enumerate(rows):
            again = [a for a in accounts if a[0] == row["lang"]]
            if index >= len(rows) - 5 and again:
                _, channel, author = dice.pick(again)
                accounts.remove((row["lang"], channel, author))
            else:
                channel = self.channel(row)
                author = self.author(row["lang"], channel, "throwaway")
                author["zone"] = 480
                accounts.append((row["lang"], channel, author))
            at = DAY + 2 * 3600 + 300 + int(((index + dice.unit()) / len(rows)) * 4.85 * 3600)
            self.post(row, author, channel, at)

    def build_glass(self, row):
        author = self.author("en", "facebook", "glass")
        author.update(followers=84, following=131, posts=212, verified=False, zone=60, customer=None,
                      born=datetime(2014, 9, 6, 17, 22, 41, tzinfo=timezone.utc))
        made = self.post(row, author, "facebook", DAY + 16 * 3600 + 41 * 60 + 12)
        made["engagement"] = {"likes": 2, "reposts": 0, "replies": 0, "views": 37}

    def build_unanswered(self, rows):
        moments = [(0, 9, 12), (0, 16, 41), (0, 21, 5), (1, 8, 33), (1, 19, 24), (2, 7, 48), (2, 15, 10), (2, 20, 52)]
        author = self.author("en", "twitter", "unanswered")
        author.update(id="u_unanswered_lost_refund", name="Wilma Harrow", followers=63, following=118, posts=341,
                      verified=False, zone=0, customer={"id": "c640218", "tier": "standard"},
                      born=datetime(2016, 1, 19, 8, 2, 0, tzinfo=timezone.utc))
        first = None
        for row, (day, hour, minute) in zip(rows, moments):
            channel = [flag[1:] for flag in row["flags"] if flag.startswith("@")][0]
            text = row["text"].replace("<order>", "K24-507731")
            follows = first if channel == "twitter" else None
            made = self.post(row, author, channel, day * DAY + hour * 3600 + minute * 60 + self.dice.below(60), follows, text)
            first = first or made

    def build_viral(self, row):
        dice = self.dice
        author = self.author("en", "twitter", "viral")
        author.update(name="marbleotter", followers=312, verified=False, zone=60)
        at = DAY + 21 * 3600 + 58 * 60 + 20
        original = self.post(row, author, "twitter", at)
        original["engagement"] = {"likes": 6120, "reposts": 2384, "replies": 418, "views": 191200}
        text = "RT @marbleotter: " + row["text"]
        for index in range(25):
            fan = self.author("en", "twitter", "viral")
            fan["followers"] = dice.lognormal(900, 1.7)
            fan["verified"] = fan["followers"] > 20000
            later = at + 300 + int(15.5 * 3600 * ((index + dice.unit()) / 25) ** 1.6)
            made = self.post(row, fan, "twitter", later, None, text)
            made["retweet"] = True

    # ---- output --------------------------------------------------------------------------------------------------

    def number(self):
        self.posts.sort(key=lambda p: (p["second"], p["order"]))
        for index, post in enumerate(self.posts):
            post["id"] = "p%04d" % (index + 1)

    def line(self, post):
        author, row = post["author"], post["row"]
        zone = timezone(timedelta(minutes=author["zone"]))
        moment = (START + timedelta(seconds=post["second"])).astimezone(zone)
        stamp = moment.isoformat(timespec="seconds")
        if author["zone"] == 0:
            stamp = stamp.replace("+00:00", "Z")
        out = {"id": post["id"], "text": post["text"], "created_at": stamp, "channel": post["channel"], "lang": row["lang"]}
        who = {"id": author["id"], "name": author["name"]}
        if post["channel"] in PUBLIC and "born" in author:
            who.update(followers=author["followers"], following=author["following"], posts=author["posts"],
                       verified=author["verified"], created_at=author["born"].strftime("%Y-%m-%dT%H:%M:%SZ"))
        out["author"] = who
        if post["engagement"] is not None:
            engagement = dict(post["engagement"])
            if "replies" in engagement:
                engagement["replies"] = max(engagement["replies"], post["answers"])
            if row["kind"] == "unanswered":
                engagement["replies"] = post["answers"]
            out["engagement"] = engagement
        if post["parent"] is not None:
            out["in_reply_to"] = post["parent"]["id"]
        if post["root"] is not None:
            out["thread"] = post["root"]["id"]
        if author["customer"]:
            out["customer"] = author["customer"]
        return json.dumps(out, ensure_ascii=False, separators=(",", ":"))

    @staticmethod
    def label(post):
        row = post["row"]
        kind, flags = row["kind"], row["flags"]
        topic = {"incident": "delivery", "glass": "safety", "unanswered": "refund", "outage_telmo": "outage",
                 "viral": "staff"}.get(kind, kind if kind in TOPICS else "-")
        notes = [name for name, ok in (
            ("campaign", kind == "campaign"), ("spam", kind == "spam"), ("incident", kind == "incident"),
            ("incident-reply", kind == "incident_reply"), ("glass", kind == "glass"), ("unanswered", kind == "unanswered"),
            ("outage", kind == "outage_telmo"), ("outage-reply", kind == "outage_reply"), ("viral", kind == "viral"),
            ("reply", kind == "reply"), ("one-word", kind == "oneword"), ("emoji-only", kind == "emoji")) if ok]
        notes += [flag for flag in flags if flag in (
            "sarcasm", "code-mixing", "legal", "press", "self-harm", "data-leak", "unauthorised", "vip")]
        if kind == "other" and not notes:
            notes = ["chatter"]
        return {"id": post["id"], "spam": int(kind in ("campaign", "spam")), "topic": topic, "sentiment": row["sentiment"],
                "urgent": int("urgent" in flags or kind == "glass"), "notes": notes or ["-"]}

    def outputs(self):
        lines = [self.line(post) for post in self.posts]
        labels = [self.label(post) for post in self.posts]
        table = ["id\tspam\ttopic\tsentiment\turgent\tnote"]
        table += ["\t".join([l["id"], str(l["spam"]), l["topic"], l["sentiment"], str(l["urgent"]), ",".join(l["notes"])])
                  for l in labels]
        hidden = {}
        for label in labels:
            for note in label["notes"]:
                if note not in ("-", "chatter", "reply", "one-word"):
                    hidden.setdefault(note, []).append(label["id"])
        hidden = {note: hidden[note] for note in sorted(hidden)}
        parts = ["  %s: %s" % (json.dumps(note), json.dumps(ids)) for note, ids in hidden.items()]
        return {
            "posts.jsonl": "\n".join(lines) + "\n",
            "labels.tsv": "\n".join(table) + "\n",
            "hidden.json": "{\n" + ",\n".join(parts) + "\n}\n",
            "README.md": readme(lines, labels, hidden, self.posts),
        }


def main():
    maker = Maker()
    maker.build()
    outputs = maker.outputs()
    check(outputs)
    for name, text in outputs.items():
        path = os.path.join(HERE, name)
        if "--check" in sys.argv[1:]:
            with open(path, "rb") as file:
                assert file.read() == text.encode("utf-8"), name + " is not what generate.py writes"
        else:
            with open(path, "wb") as file:
                file.write(text.encode("utf-8"))
    print("%d posts, %d labels: valid" % (outputs["posts.jsonl"].count("\n"), outputs["labels.tsv"].count("\n") - 1))


if __name__ == "__main__":
    main()
