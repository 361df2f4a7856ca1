"""The page about the sample, and the check of what tests rely on. Used by generate.py."""

import json
import re
from collections import Counter
from datetime import datetime, timedelta, timezone

START = datetime(2026, 3, 2, tzinfo=timezone.utc)
SECONDS = 3 * 86400
DAY = 86400
LANGUAGES = ["en", "zh-Hans", "zh-Hant", "cs"]
TOPICS = ("delivery refund payment price quality safety account app outage staff waiting booking privacy praise "
          "howto").split()


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
a slip, an emoji, a tag). The seed is fixed: the same bytes every time, on Python 3.7 to 3.13.
A few dozen stories are told in several of the languages, each in its own words, so that languages can be compared.
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
