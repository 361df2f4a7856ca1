#!/usr/bin/env python3
"""What scikit-learn's and fastText's classifiers reach on labelled sets: the lines of data/peers.tsv.

    python3 -m venv .venv
    .venv/bin/pip install scikit-learn==1.9.1 fasttext-wheel==0.9.2 jieba==0.42.1
    .venv/bin/python benches/peers/classify.py SETS/sms_spam SETS/banking77

A set is a folder with train.jsonl and valid.jsonl, a JSON object a line with `text`, `label` and perhaps `lang`. Everything
is trained on train and measured on valid; nothing is tuned on valid, but the best setting of a family is shown, so that the
peers are not sold short. Chinese texts (`lang` begins with zh) are cut by jieba for what counts words. Prints a line a set
with the macro F1 of each family, and on standard error that of every setting.
"""
import json
import logging
import pathlib
import sys
import tempfile

import fasttext
import jieba
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.naive_bayes import ComplementNB, MultinomialNB
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.svm import LinearSVC

# A word or a sign; of a text that jieba cut, whatever stands between spaces.
LETTERS, CUT = r"(?u)\b\w+\b|[^\w\s]", r"(?u)\S+"

FASTTEXT = {
    "defaults": {},
    "pairs": {"wordNgrams": 2, "epoch": 25, "lr": 0.5, "bucket": 500_000},
    "pairs and characters": {"wordNgrams": 2, "epoch": 15, "lr": 0.3, "minn": 2, "maxn": 5, "dim": 50, "bucket": 1_000_000},
}


class Half:
    """The texts of one half of a set, their labels, and the texts with spaces between words."""

    def __init__(self, path):
        lines = [json.loads(line) for line in path.read_text(encoding="utf8").splitlines()]
        self.texts = [line["text"] for line in lines]
        self.labels = [str(line["label"]) for line in lines]
        self.chinese = lines[0].get("lang", "").startswith("zh")
        self.words = [spaced(text) for text in self.texts] if self.chinese else self.texts


def spaced(text):
    return " ".join(word for word in jieba.cut(text) if not word.isspace())


def families(chinese):
    """(family, setting, whether it reads words, pipeline): the settings that are tried."""
    word = CUT if chinese else LETTERS

    def words(**options):
        return TfidfVectorizer(token_pattern=word, ngram_range=(1, 2), sublinear_tf=True, min_df=2, **options)

    yield "NB", "multinomial, words", True, [CountVectorizer(token_pattern=word), MultinomialNB(alpha=0.5)]
    yield "NB", "complement, words and pairs", True, [
        CountVectorizer(token_pattern=word, ngram_range=(1, 2), binary=True), ComplementNB(alpha=0.5)]
    if chinese:
        yield "NB", "multinomial, characters", False, [
            CountVectorizer(analyzer="char", ngram_range=(1, 3), binary=True), MultinomialNB(alpha=0.5)]
    yield "LR", "words and pairs", True, [words(), LogisticRegression(C=8, max_iter=200)]
    span = {"analyzer": "char", "ngram_range": (1, 3)} if chinese else {"analyzer": "char_wb", "ngram_range": (2, 5)}
    both = FeatureUnion([("words", words()), ("characters", TfidfVectorizer(sublinear_tf=True, min_df=3, **span))])
    yield "SVC", "words, pairs and characters", True, [both, LinearSVC(C=0.3)]


def by_fasttext(train, valid):
    """(setting, predicted labels) of each setting of fastText."""
    # It wants a line a text, and labels without spaces.
    flat = [" ".join(text.lower().split()) for text in train.words]
    names = {label: f"__label__{index}" for index, label in enumerate(sorted(set(train.labels)))}
    labels = {name: label for label, name in names.items()}
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf8") as file:
        file.writelines(f"{names[label]} {text}\n" for label, text in zip(train.labels, flat))
        file.flush()
        for setting, options in FASTTEXT.items():
            # One thread: with more the weights depend on which was faster.
            model = fasttext.train_supervised(file.name, thread=1, seed=1, verbose=0, **options)
            # Its own predict() breaks on numpy 2; what it wraps does not.
            answers = [model.f.predict(" ".join(text.lower().split()) + "\n", 1, 0.0, "strict") for text in valid.words]
            yield setting, [labels[answer[0][1]] if answer else "" for answer in answers]


def measure(folder):
    train, valid = Half(folder / "train.jsonl"), Half(folder / "valid.jsonl")
    best = {"NB": 0.0, "LR": 0.0, "SVC": 0.0, "fastText": 0.0}

    def note(family, setting, predicted):
        found = f1_score(valid.labels, predicted, average="macro")
        best[family] = max(best[family], found)
        print(f"{folder.name}\t{family}\t{setting}\t{found:.4f}", file=sys.stderr, flush=True)

    for family, setting, reads_words, steps in families(train.chinese):
        pipeline = Pipeline([(str(index), step) for index, step in enumerate(steps)])
        pipeline.fit(train.words if reads_words else train.texts, train.labels)
        note(family, setting, pipeline.predict(valid.words if reads_words else valid.texts))
    for setting, predicted in by_fasttext(train, valid):
        note("fastText", setting, predicted)
    print(folder.name, *(f"{found:.4f}" for found in best.values()), sep="\t", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    jieba.setLogLevel(logging.ERROR)
    for folder in sys.argv[1:]:
        measure(pathlib.Path(folder))
