#!/usr/bin/env python3
"""Assembles posts.jsonl, labels.tsv, README.md and hidden.json from the hand-written texts under texts/.

    python3 data/sample/generate.py            # writes the four files
    python3 data/sample/generate.py --check    # writes nothing; fails unless they are what it would write, and valid

The texts are written by hand; this script only gives them authors, times, numbers and threads. Only the standard
library is used, and of `random` only `random()`, whose sequence for a seed is guaranteed: the same bytes on every Python 3.
"""

import json
import math
import os
import random
import re
import sys
import unicodedata
from collections import Counter
from datetime import datetime, timedelta, timezone

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = 20260302
START = datetime(2026, 3, 2, tzinfo=timezone.utc)
SECONDS = 3 * 86400
DAY = 86400
LANGUAGES = ["en", "zh-Hans", "zh-Hant", "cs"]
TOPICS = ("delivery refund payment price quality safety account app outage staff waiting booking privacy praise "
          "howto").split()
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
TAILS = {
    "zh-Hans": ["", "酱", "不加糖", "在路上", "的日常", "啊啊啊", "2026", "小站", "_zz", "爱喝汤", "不想上班", "本人"],
    "zh-Hant": ["", "醬", "日記", "本人", "微糖少冰", "不想上班", "_tw", "77", "的窩", "愛睡覺"],
}
EMOJI = {"negative": ["😡", "😤", "🙄", "😭", "🤦", "😩"], "positive": ["😊", "🙏", "❤️", "👏", "🥰"],
         "neutral": ["🤔", "😅", "🙈", "☕", "😄"]}


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
                    name = name.replace("_", " ").title()
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
        special = row["kind"] in ("glass", "unanswered", "viral", "campaign", "spam")
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
            if dice.chance(0.09):
                text = text + dice.pick(["", " "]) + dice.pick(EMOJI[row["sentiment"]]) * dice.between(1, 2)
            if channel == "weibo" and dice.chance(0.10):
                for brand in ("小篮子", "Nordwind", "Telmo", "Lumi"):
                    if brand in text and "#" not in text:
                        text = "#%s# %s" % (brand, text)
                        break
            if channel in ("instagram", "twitter") and language != "zh-Hans" and dice.chance(0.08):
                text = text + dice.pick([" #fail", " #customerservice", " #nordwind", " #kosik24"] if language == "en"
                                        else [" #kosik24", " #smutny", " #telmo"] if language == "cs"
                                        else [" #小籃子", " #日常"]) if row["sentiment"] == "negative" else text
        if author["plain"]:
            text = plain(text)
        return text

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
        elif len(row["text"]) < 25:
            pairs = [pair for pair in pairs if pair[0] != "mail"]
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
                       and p["second"] < SECONDS - 20000 and p["row"]["kind"] not in ("emoji", "oneword", "other", "praise")
                       and p["row"]["sentiment"] != "positive" and "self-harm" not in p["row"]["flags"]]
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


def readme(lines, labels, hidden, posts):
    read = [json.loads(line) for line in lines]
    written = {p["id"]: p for p in posts}

    def utc(identifier):
        return (START + timedelta(seconds=written[identifier]["second"])).strftime("%d %H:%M")

    def span(note):
        ids = hidden[note]
        return "%d posts, %s to %s (March, UTC)" % (len(ids), utc(ids[0]), utc(ids[-1]))

    def listed(note):
        return ", ".join(hidden[note])

    def table(head, counter, order=None):
        names = order or [name for name, _ in sorted(counter.items(), key=lambda item: (-item[1], item[0]))]
        return "| %s | posts |\n|---|---:|\n" % head + "".join("| %s | %d |\n" % (n, counter[n]) for n in names)

    languages = Counter(r["lang"] for r in read)
    channels = Counter(r["channel"] for r in read)
    notes = Counter(note for l in labels for note in l["notes"] if note != "-")
    topics = Counter(l["topic"] for l in labels)
    feelings = Counter(l["sentiment"] for l in labels)
    hours = Counter((written[i]["second"] - DAY) // 3600 for i in hidden["incident"])
    swell = ", ".join("%02d h: %d" % (hour, hours[hour]) for hour in sorted(hours))
    accounts = len({written[i]["author"]["id"] for i in hidden["campaign"]})
    routine = sum(1 for l in labels if l["topic"] == "quality" and l["sentiment"] == "negative")
    plain_share = sum(1 for r in read if r["lang"] == "cs" and r["text"].isascii()) / languages["cs"]
    with_customer = sum(1 for r in read if "customer" in r)
    replies = sum(1 for r in read if "in_reply_to" in r)
    glass = hidden["glass"][0]
    viral = hidden["viral"]
    texts = len({r["text"] for r in read})
    return f"""# The sample: three days of posts to four invented brands

`posts.jsonl` holds {len(read)} posts from 2 to 4 March 2026 (three whole days in UTC; the stamps carry the authors' own
offsets), in order of time: one JSON object a line with `id`,
`text`, `created_at`, `channel`, `lang`, `author`, `engagement`, `in_reply_to`, `thread`, `customer`. What a source does
not know is absent: no followers in chat, mail and app reviews, no `customer` for a stranger. Only customers and the
public write; answers of agents are not in it. `lang` is true for every post (for an emoji, the language of its author).

The brands are invented: Nordwind (trains and flights), Košík24 (shop and food delivery; 小篮子, 小籃子), Telmo
(telecom), Lumi Bank. So are the town of Brodovice, all names, handles, accounts, newspapers and numbers; addresses of the
web are under `example.com`, `example.cz`. No text was copied from anywhere.

## How it is made
    python3 data/sample/generate.py            # writes posts.jsonl, labels.tsv, hidden.json and this page
    python3 data/sample/generate.py --check    # writes nothing; fails unless they are what it would write, and valid

The texts are written by hand, in `texts/*.tsv` (kind, sentiment, flags, text; `{{a|b}}` gives one post for each
alternative). The script gives them authors, times, reach, threads and the marks of a keyboard (lost diacritics, lower case,
a slip, an emoji, a tag). The seed is fixed: the same bytes every time, on any Python 3.
{texts} of the {len(read)} texts are distinct; those that repeat are retweets and short things that repeat in life ("+1", "?").

`labels.tsv` says of each post what its author was meant to write: `id, spam, topic or -, sentiment, urgent, note` (several
notes are joined by commas). It is for measuring, not for training. A post has one topic there, the main one; an answer such
as "me too" has none, as its text names none. `hidden.json` lists the ids of each note, for tests.

## What is hidden in it
Ids are in `hidden.json` under the note named; times are UTC.

1. **Spam campaign** (`campaign`): {span("campaign")}, by {accounts} throwaway accounts (at most 12 days old, at most 9
   followers), Simplified and Traditional. One offer (piece work at home, paid daily, add a contact) in ever new words: full
   width, spaced-out letters, look-alikes, emoji or dots between characters, pinyin inside words, variants of the
   contact words (加V, 薇信, 威❤, 徽信, 微芯, 卫星, ＋ｖ信, 扣扣, 加賴, L1NE). The handles recur: jz_yueyue88,
   xiaoqi_rj66, lele_gz2026, gz-anan-77, anan_daily9, rich_mimi88, apple_work77, mimi_cash5.
   First {hidden["campaign"][0]}, last {hidden["campaign"][-1]}.
2. **Ordinary spam** (`spam`): {len(hidden["spam"])} posts over the three days: English crypto, gift cards, phishing; Czech loans.
   {listed("spam")}.
3. **Delivery incident** (`incident`, with its `incident-reply`): {span("incident")}, plus {len(hidden["incident-reply"])} short answers
   ("same here", "+1", "同问", "ja taky") in its threads. From 13:10 on 3 March nothing leaves Košík24's warehouse. Every text
   is different; these are customers, not spam. All write from the warehouse's zone (+01:00), Chinese too.
   By hour of the day: {swell}. First {hidden["incident"][0]}, last {hidden["incident"][-1]}.
4. **Glass in food** (`glass`): {glass}, {utc(glass)}, facebook, 84 followers, no customer record, in the middle of the
   incident. It is the only post in which anybody finds glass; {routine} routine complaints about quality stand around it.
5. **The unanswered customer** (`unanswered`): `u_unanswered_lost_refund` writes {len(hidden["unanswered"])} times over three days on twitter, chat
   and facebook about one lost refund, and nobody answers: {listed("unanswered")}.
6. **Outage** (`outage`, `outage-reply`): Telmo in Brodovice, {span("outage")}, plus {len(hidden["outage-reply"])} short answers.
   The last ones say that it works again.
7. **A viral post** (`viral`): {viral[0]} ({utc(viral[0])}, 312 followers), then {len(viral) - 1} retweets `RT @marbleotter: …` by as many accounts until
   {utc(viral[-1])}. Same text, but reach, not spam.
8. **Urgent matters**: unauthorised charges (`unauthorised`): {listed("unauthorised")}. Another person's data (`data-leak`):
   {listed("data-leak")}. Hints of self-harm, one each in three languages (`self-harm`): {listed("self-harm")}. Legal threats (`legal`):
   {listed("legal")}. Press (`press`): {listed("press")}.
9. **Important customers with mild wishes** (`vip`): {listed("vip")}.
10. **Hard to read**: sarcasm (`sarcasm`, {len(hidden["sarcasm"])}), code-mixing (`code-mixing`, {len(hidden["code-mixing"])}), emoji only (`emoji-only`,
    {len(hidden["emoji-only"])}), one word (`one-word` in `labels.tsv`, {notes["one-word"]}).

## Counts
{sum(l["spam"] for l in labels)} spam, {sum(l["urgent"] for l in labels)} urgent, {replies} answers to other posts, {with_customer} with a customer record, {len({r["author"]["id"] for r in read})} authors;
{plain_share:.0%} of the Czech posts have no diacritics.

{table("language", languages, LANGUAGES)}
{table("channel", channels)}
{table("sentiment", feelings)}
{table("topic", topics)}
{table("note", notes)}
## Licence
MIT OR Apache-2.0, as the project.
"""


def check(outputs):
    """What tests rely on; an AssertionError names what is broken."""
    posts = [json.loads(line) for line in outputs["posts.jsonl"].splitlines()]
    labels = [line.split("\t") for line in outputs["labels.tsv"].splitlines()[1:]]
    ids = [post["id"] for post in posts]
    assert len(posts) >= 1600, len(posts)
    assert len(set(ids)) == len(ids), "ids repeat"
    assert ids == [label[0] for label in labels], "labels are not in step"
    moments = [datetime.fromisoformat(post["created_at"].replace("Z", "+00:00")) for post in posts]
    assert moments == sorted(moments), "not in order of time"
    assert START <= moments[0] and moments[-1] < START + timedelta(seconds=SECONDS), "outside the three days"
    when = dict(zip(ids, moments))
    who = {post["id"]: post["author"]["id"] for post in posts}
    for post in posts:
        parent = post.get("in_reply_to")
        assert parent is None or (parent in when and when[parent] <= when[post["id"]]), post["id"]
        assert post.get("thread") is None or post["thread"] in when, post["id"]
        assert 0 < len(post["text"]) <= 700, post["id"]
        assert "\ufffd" not in post["text"] and not re.search(r"[{}|\\]|<[a-z]+>", post["text"]), post["text"]
        born = post["author"].get("created_at")
        assert born is None or datetime.fromisoformat(born.replace("Z", "+00:00")) <= when[post["id"]], post["id"]
    note = {label[0]: label[5].split(",") for label in labels}
    repeats = Counter(post["text"] for post in posts)
    short = {"reply", "incident-reply", "outage-reply", "one-word", "emoji-only"}
    for post in posts:
        if repeats[post["text"]] > 1:
            assert short & set(note[post["id"]]) or post["text"].startswith("RT @"), post["text"]
    count = Counter(name for names in note.values() for name in names)
    assert count["campaign"] == 45 and len({who[i] for i in ids if "campaign" in note[i]}) == 40, count["campaign"]
    for name, least in (("incident", 110), ("glass", 1), ("outage", 30), ("viral", 26), ("unanswered", 7), ("sarcasm", 20),
                        ("code-mixing", 25), ("emoji-only", 8), ("one-word", 20), ("incident-reply", 20), ("spam", 32)):
        assert count[name] >= least, (name, count[name])
    glass = [post for post in posts if re.search(r"\bglass\b|玻璃|\bskl[oau]\b|sklen|střep", post["text"], re.IGNORECASE)]
    assert len(glass) == 1 and glass[0]["author"]["followers"] == 84 and "customer" not in glass[0], glass
    assert sum(1 for l in labels if l[2] == "quality" and l[3] == "negative") >= 60
    for label in labels:
        assert label[1] in "01" and (label[2] == "-" or label[2] in TOPICS) and label[4] in "01", label
        assert label[3] in ("negative", "neutral", "positive"), label


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
