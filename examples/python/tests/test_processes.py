"""Threads, forks and pickles: what services do with an engine."""

import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
import time

import pytest
from conftest import SAMPLE

import hearken

# A child that waits for threads which a fork did not bring waits for ever.
LIMIT = 20


def work(engine, sample, send):
    send.send(engine.triage(sample).to_jsonl())


def in_a_process(kind, engine, sample):
    context = multiprocessing.get_context(kind)
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(engine, sample, send))
    process.start()
    try:
        assert receive.poll(LIMIT), f"no answer from a process by {kind} within {LIMIT} s"
        return receive.recv()
    finally:
        process.kill()
        process.join()


def test_fork_after_use(engine, sample, lines):
    # The pool of this process has threads by now; the child has none of them.
    assert engine.triage(sample).to_jsonl() == lines
    assert in_a_process("fork", engine, sample) == lines
    assert engine.triage(sample).to_jsonl() == lines


def test_fork_while_another_thread_answers(engine, sample, lines):
    stop = threading.Event()

    def answer():
        while not stop.is_set():
            engine.triage(sample)

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        for _ in range(5):
            assert in_a_process("fork", engine, sample) == lines
    finally:
        stop.set()
        thread.join()


def test_spawn(engine, sample, lines):
    assert in_a_process("spawn", engine, sample) == lines


PRELOADED = """
import os, select, sys, time
import polars as pl
import hearken

engine = hearken.Engine()
posts = pl.read_ndjson(sys.argv[1], infer_schema_length=None).to_arrow()
expected = engine.triage(posts).to_jsonl()
workers = []
for _ in range(3):
    read, write = os.pipe()
    if os.fork() == 0:
        same = engine.triage(posts).to_jsonl() == expected
        child = os.fork()
        if child == 0:
            os._exit(0 if engine.triage(posts).to_jsonl() == expected else 1)
        _, status = os.waitpid(child, 0)
        os.write(write, b"y" if same and status == 0 else b"n")
        os._exit(0)
    workers.append(read)
said = [os.read(read, 1) if select.select([read], [], [], LIMIT)[0] else b"late" for read in workers]
print(said)
os._exit(said != [b"y"] * 3)
"""


def test_workers_of_a_preloaded_service():
    """As gunicorn --preload: the application is loaded, then workers are forked, which fork."""
    code = PRELOADED.replace("LIMIT", str(LIMIT))
    done = subprocess.run([sys.executable, "-c", code, str(SAMPLE)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_threads_share_an_engine(engine, sample, lines):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(engine.triage(sample).to_jsonl()))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [lines] * 8


def test_other_threads_go_on_while_posts_are_answered(engine, sample):
    turns, stop = 0, threading.Event()

    def count():
        nonlocal turns
        while not stop.is_set():
            turns += 1
            time.sleep(0)

    thread = threading.Thread(target=count)
    thread.start()
    try:
        before = turns
        for _ in range(5):
            engine.triage(sample)
        during = turns - before
    finally:
        stop.set()
        thread.join()
    assert during > 5, "the interpreter's lock is held while posts are answered"


def test_pickle(sample, lines, tmp_path):
    terms = tmp_path / "terms.tsv"
    terms.write_text("refund\tmoney\t2\ten\n", encoding="utf-8")
    engine = hearken.Engine(terms=terms, threads=1)
    terms.unlink()
    other = pickle.loads(pickle.dumps(engine))
    assert other.fingerprint == engine.fingerprint != hearken.Engine().fingerprint
    assert other.triage(sample).to_jsonl() == engine.triage(sample).to_jsonl() != lines
    plain = pickle.loads(pickle.dumps(hearken.Engine()))
    assert plain.triage(sample).to_jsonl() == lines


def test_files_that_cannot_be_used(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.model can't be read"):
        hearken.Engine(models=tmp_path / "nowhere.model")
    with pytest.raises(ValueError, match="not a hearken model"):
        hearken.Engine(models=[b"nothing of the kind"])
    with pytest.raises(ValueError, match="line|TOML|toml"):
        hearken.Engine(taxonomy=b"not = [toml")
    with pytest.raises(ValueError, match="not UTF-8"):
        hearken.Engine(importance=b"\xff\xfe")


def test_ctrl_c_ends_long_work():
    code = (
        "import hearken, sys, threading, os, signal\n"
        "engine = hearken.Engine(threads=1)\n"
        "def texts():\n"
        "    while True:\n"
        "        yield 'Where is my refund? ' * 20\n"
        "threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGINT)).start()\n"
        "try:\n"
        "    engine.triage(texts())\n"
        "except KeyboardInterrupt:\n"
        "    os._exit(7)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], timeout=3 * LIMIT)
    assert done.returncode == 7


assert os.name == "posix", "forks are of Unix"
