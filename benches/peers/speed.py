#!/usr/bin/env python3
"""Peers side by side in one run: texts in, label out, on the same posts, as ratios to hearken: the table benches/peers/speed.tsv.

    (cd benches/peers && cargo build --release)
    python3 -m venv .venv
    .venv/bin/pip install scikit-learn==1.9.1 fasttext-wheel==0.9.2 jieba==0.42.1 vaderSentiment==3.3.2 snownlp==0.12.3
    .venv/bin/python benches/peers/speed.py SETS benches/peers/target/release/speed > benches/peers/speed.tsv

SETS holds a folder a set with train.jsonl and valid.jsonl, a JSON object a line with `text` and `label`. What is trained is trained
on the train half; all answer the same posts of the valid half, one after another in turn, round after round. A peer that can't be
imported is said to be absent. Times are of one thread on a processor; hearken answers all its heads, a peer one question. A ratio
is the median of those of the rounds: above 1 the peer takes longer.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

# What is trained has one thread, as all others.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

SETS = [("en", "English", "airline_sentiment"), ("zh", "Chinese", "waimai_10k"), ("cs", "Czech", "cz_facebook_3class")]
POSTS = 1000
ROUNDS = 5
# As in classify.py, but with 50 dimensions for both, which is quicker.
FASTTEXT = {
    "words and pairs": {"wordNgrams": 2, "epoch": 25, "lr": 0.5, "bucket": 500_000, "dim": 50},
    "with characters": {"wordNgrams": 2, "epoch": 15, "lr": 0.3, "minn": 2, "maxn": 5, "dim": 50, "bucket": 1_000_000},
}


def read(path, count=None):
    lines = path.read_text(encoding="utf8").splitlines()[:count]
    return [json.loads(line) for line in lines]


def cutter(language):
    """What puts spaces between words, where the language has none."""
    if language != "zh":
        return lambda text: " ".join(text.split())
    import jieba

    jieba.lcut("好")
    return lambda text: " ".join(jieba.cut(text))


def fasttexts(language, train, texts):
    import fasttext

    cut = cutter(language)
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf8") as file:
        for post in train:
            file.write(f"__label__{post['label']} {cut(post['text']).replace(chr(10), ' ')}\n")
        file.flush()
        for name, options in FASTTEXT.items():
            model = fasttext.train_supervised(file.name, thread=1, verbose=0, seed=1, **options)
            with_cut = " with jieba.cut" if language == "zh" else ""
            # The binding's own `predict` fails with numpy 2; what it calls does not.
            yield (f"fastText 0.9.2, {name}{with_cut}", "one label",
                   lambda model=model: [model.f.predict(cut(text).replace("\n", " ") + "\n", 1, 0.0, "strict") for text in texts])


def linear_svc(language, train, texts):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import FeatureUnion, Pipeline
    from sklearn.svm import LinearSVC

    cut = cutter(language)
    words = TfidfVectorizer(token_pattern=r"(?u)\S+" if language == "zh" else r"(?u)\b\w+\b|[^\w\s]", ngram_range=(1, 2), min_df=2)
    signs = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2)
    model = Pipeline([("features", FeatureUnion([("words", words), ("characters", signs)])), ("svc", LinearSVC())])
    model.fit([cut(post["text"]) for post in train], [str(post["label"]) for post in train])
    with_cut = " with jieba.cut" if language == "zh" else ""
    yield f"LinearSVC, scikit-learn 1.9.1, one list{with_cut}", "one label", lambda: model.predict([cut(text) for text in texts])


def vader(language, _, texts):
    if language == "en":
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

        analyzer = SentimentIntensityAnalyzer()
        yield "VADER 3.3.2, Python", "sentiment", lambda: [analyzer.polarity_scores(text) for text in texts]


def snownlp(language, _, texts):
    if language == "zh":
        from snownlp import SnowNLP

        yield "SnowNLP 0.12.3", "sentiment", lambda: [SnowNLP(text).sentiments for text in texts if text.strip()]


def jieba_cut(language, _, texts):
    if language == "zh":
        import jieba

        yield "jieba 0.42.1, Python", "words", lambda: [list(jieba.cut(text)) for text in texts]


def timed(work):
    start = time.process_time()
    work()
    return time.process_time() - start


def main(sets, binary):
    with tempfile.TemporaryDirectory() as folder:
        arguments = []
        for language, _, name in SETS:
            path = pathlib.Path(folder, f"{language}.jsonl")
            lines = [json.dumps({"id": str(place), "text": post["text"]}, ensure_ascii=False)
                     for place, post in enumerate(read(pathlib.Path(sets, name, "valid.jsonl"), POSTS))]
            path.write_text("\n".join(lines) + "\n", encoding="utf8")
            arguments.append(f"{language}={path}")
        child = subprocess.Popen([binary, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf8")
        rust = [line.rstrip("\n").split("\t") for line in iter(child.stdout.readline, "\n")]

    def ask(language, name):
        child.stdin.write(f"{language}\t{name}\n")
        child.stdin.flush()
        return float(child.stdout.readline())

    print(f"# Texts in, label out: {POSTS} posts of the valid half of each set, {ROUNDS} rounds in turn, one thread, time on a processor. Made by")
    print("# `.venv/bin/python benches/peers/speed.py SETS benches/peers/target/release/speed > benches/peers/speed.tsv`.")
    print("# hearken answers all its heads; each peer one question. A ratio above 1: the peer takes longer.")
    print(f"# Load of the machine before: {os.getloadavg()[0]:.1f}.")
    print("language", "peer", "gives", "µs a post", "× hearken", sep="\t")
    for language, title, name in SETS:
        train, valid = [read(pathlib.Path(sets, name, f"{half}.jsonl")) for half in ("train", "valid")]
        texts = [post["text"] for post in valid[:POSTS]]
        works, absent = [], []
        for of, peer, gives in rust:
            if of == language:
                works.append((peer, gives, lambda peer=peer: ask(language, peer)))
        for family in (fasttexts, linear_svc, vader, snownlp, jieba_cut):
            try:
                for peer, gives, work in family(language, train, texts):
                    work()
                    works.append((peer, gives, lambda work=work: timed(work)))
            except ImportError as error:
                absent.append((family.__name__, str(error)))
        times = {peer: [] for peer, _, _ in works}
        for _ in range(ROUNDS):
            for peer, _, work in works:
                times[peer].append(work() * 1e6 / len(texts))
        ours = times["hearken"]
        for peer, gives, _ in works:
            ratios = sorted(other / own for other, own in zip(times[peer], ours))
            spread = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f})"
            print(title, peer, gives, f"{statistics.median(times[peer]):.1f}", spread, sep="\t", flush=True)
        for peer, why in absent:
            print(title, peer, "–", "absent", why, sep="\t", flush=True)
    child.stdin.close()
    child.wait()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
