#!/usr/bin/env python3
"""The bundled sentiment head beside VADER and SnowNLP, on the same posts in one run: the table data/peers_shipped.tsv.

    cargo build --release
    python3 -m venv .venv
    .venv/bin/pip install vaderSentiment==3.3.2 snownlp==0.12.3
    .venv/bin/python benches/peers/shipped.py SETS target/release/hearken > data/peers_shipped.tsv

SETS holds a folder a set with valid.jsonl, a JSON object a line with `text` and `label`. Nobody is trained here. VADER answers
for English, SnowNLP for Chinese, nobody beside hearken for Czech.

- Three classes: hearken's label; VADER's `compound` from 0.05 on positive, to -0.05 negative (its README).
- Two classes, where the set has no neutral posts: the sign of hearken's polarity, SnowNLP's score from 0.5 on positive.

Macro F1 over the set's classes. Posts a second of processor time, so that other work on the machine counts little, on one thread:
hearken's whole triage, all its heads, with reading and writing JSON but without its start; of the peers the call for the sentiment alone.
"""
import json
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

# Set, language, peer, and the set's labels as ours where they are others; posts of other labels are left out.
SETS = [
    ("airline_sentiment", "en", "VADER", {}),
    ("tweeteval_sentiment", "en", "VADER", {}),
    ("online_shopping_10_cats", "zh-Hans", "SnowNLP", {}),
    ("waimai_10k", "zh-Hans", "SnowNLP", {}),
    ("smp2020_ewect_usual", "zh-Hans", "SnowNLP",
     {"angry": "negative", "sad": "negative", "fear": "negative", "happy": "positive"}),
    ("ptt_mood", "zh-Hant", "SnowNLP", {"hate": "negative", "sad": "negative", "happy": "positive"}),
    ("cz_facebook_3class", "cs", "", {}),
]
# Sets whose train half the bundled head is never trained on (data/models/bundled.toml).
UNSEEN = {"airline_sentiment", "cz_facebook_3class"}


def read(path, labels):
    """The texts and labels of a set's valid half."""
    posts = [json.loads(line) for line in path.read_text(encoding="utf8").splitlines()]
    named = [(post["text"], labels.get(post["label"]) if labels else post["label"]) for post in posts]
    return [(text, label) for text, label in named if label]


def macro_f1(truth, given):
    """The mean over the classes of truth of 2 true positives / (2 true positives + false positives + false negatives)."""
    scores = []
    for label in sorted(set(truth)):
        hits = sum(is_ == label == said for is_, said in zip(truth, given))
        scores.append(2 * hits / (truth.count(label) + given.count(label)))
    return sum(scores) / len(scores)


def child_seconds():
    """The processor time of all commands that were run to their ends."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def hearken(binary, texts, classes):
    """Labels and seconds of the hearken command."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts]

        def run(count):
            path = pathlib.Path(folder, "posts.jsonl")
            path.write_text("".join(lines[:count]), encoding="utf8")
            start = child_seconds()
            command = [binary, "triage", "--quiet", "--threads", "1", str(path)]
            answers = subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf8").stdout
            return answers.splitlines(), child_seconds() - start

        answers, seconds = run(len(lines))
        # Of each the least of five: what other work on the machine adds is never less than nothing.
        seconds = min([seconds, *(run(len(lines))[1] for _ in range(4))]) - min(run(1)[1] for _ in range(5))
    said = [json.loads(answer)["sentiment"] for answer in answers]
    if len(said) != len(texts):
        sys.exit(f"{len(said)} answers for {len(texts)} posts")
    # Which of the two is the more probable: what is not neutral is not asked here.
    forced = lambda one: "positive" if one["polarity"] > 0 else "negative"
    return [one["label"] if classes == 3 else forced(one) for one in said], seconds


def vader(texts, _):
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()
    start = time.process_time()
    scores = [analyzer.polarity_scores(text)["compound"] for text in texts]
    seconds = time.process_time() - start
    return ["positive" if score >= 0.05 else "negative" if score <= -0.05 else "neutral" for score in scores], seconds


def snownlp(texts, _):
    from snownlp import SnowNLP

    # It reads its model at its first text, and divides by zero where there is none.
    score = lambda text: SnowNLP(text).sentiments if text.strip() else 0.5
    score("好")
    start = time.process_time()
    scores = [score(text) for text in texts]
    seconds = time.process_time() - start
    return ["positive" if score >= 0.5 else "negative" for score in scores], seconds


PEERS = {"VADER": vader, "SnowNLP": snownlp}


def main(sets, binary):
    print("# hearken's bundled sentiment head beside VADER 3.3.2 and SnowNLP 0.12.3: macro F1 on the same posts of the valid halves, and")
    print("# posts a second of processor time (hearken: the whole triage with JSON). Made by")
    print("#   .venv/bin/python benches/peers/shipped.py SETS target/release/hearken > data/peers_shipped.tsv")
    columns = ["hearken", *PEERS]
    print("set", "language", "seen in training", "posts", "classes", *columns, *(f"{name} posts/s" for name in columns), sep="\t")
    for name, language, peer, labels in SETS:
        posts = read(pathlib.Path(sets) / name / "valid.jsonl", labels)
        texts, truth = [text for text, _ in posts], [label for _, label in posts]
        classes = len(set(truth))
        found = {"hearken": hearken(binary, texts, classes)}
        if peer:
            found[peer] = PEERS[peer](texts, classes)
        scores = [f"{macro_f1(truth, found[one][0]):.4f}" if one in found else "–" for one in columns]
        speeds = [f"{len(texts) / found[one][1]:.0f}" if one in found else "–" for one in columns]
        seen = "no" if name in UNSEEN else "train half"
        print(name, language, seen, len(texts), classes, *scores, *speeds, sep="\t", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
