#!/usr/bin/env python3
"""What scikit-learn's LinearSVC and logistic regression reach from few rows a label: data/peers_few.tsv.

    .venv/bin/python benches/peers/few_rows.py SETS > data/peers_few.tsv

Five draws of so many rows a label of train.jsonl, macro F1 on valid.jsonl, mean and standard deviation; one thread.
Both see tf-idf of words, pairs and characters 2 to 5; of Chinese, characters 1 to 3 alone.
"""
import json, os, random, statistics, sys
os.environ["OMP_NUM_THREADS"] = "1"
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

SETS = ["airline_sentiment", "airline_reason", "banking77", "sms_spam", "cz_facebook_3class", "toutiao_subset",
        "bdci_car2018_topic", "disaster_tweets"]
SIZES, DRAWS, MOST_ROWS = [5, 20, 50, 200], 5, 3000


def read(folder, half):
    with open(os.path.join(folder, half + ".jsonl"), encoding="utf8") as lines:
        rows = [json.loads(line) for line in lines]
    return [(row["text"], str(row["label"])) for row in rows], str(rows[0].get("lang", "")).startswith("zh")


def drawn(rows, most, seed):
    rows, of_label, chosen = rows[:], {}, []
    random.Random(seed).shuffle(rows)
    for text, label in rows:
        of_label[label] = of_label.get(label, 0) + 1
        if of_label[label] <= most:
            chosen.append((text, label))
    return chosen


def features(chinese):
    if chinese:
        return TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    return make_union(TfidfVectorizer(token_pattern=r"(?u)\b\w+\b|[^\w\s]", ngram_range=(1, 2), sublinear_tf=True),
                      TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True))


print("# scikit-learn on few rows a label: macro F1 on the valid halves, mean ± standard deviation of five draws. Made by")
print("#   .venv/bin/python benches/peers/few_rows.py SETS > data/peers_few.tsv")
print("# set\trows a label\tSVC\tLR")
for name in SETS:
    folder = os.path.join(sys.argv[1], name)
    train, chinese = read(folder, "train")
    valid, _ = read(folder, "valid")
    texts, truth = zip(*valid)
    for size in SIZES:
        draws = [drawn(train, size, seed) for seed in range(1, DRAWS + 1)]
        if len(draws[0]) > MOST_ROWS:
            continue
        cells = []
        for model in (lambda: LinearSVC(C=1.0), lambda: LogisticRegression(C=8, max_iter=200)):
            found = []
            for draw in draws:
                x, y = zip(*draw)
                peer = make_pipeline(features(chinese), model()).fit(x, y)
                found.append(f1_score(truth, peer.predict(texts), average="macro"))
            cells.append(f"{statistics.mean(found):.3f} ± {statistics.stdev(found):.3f}")
        print(name, size, *cells, sep="\t", flush=True)
