"""A stream whose executor and driver are killed has each answer and each window once."""

import collections
import datetime
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import pyarrow.parquet as pq
from conftest import HERE, SAMPLE, kill_an_executor, processes, until, wheel

HOUR = 3600


def started(posts, folder):
    # A session of its own, so that nothing of it outlives the test.
    run = [sys.executable, str(HERE / "stream.py"), str(posts), str(folder), str(wheel())]
    log = (folder / "log").open("ab")
    return subprocess.Popen(run, stdout=log, stderr=log, start_new_session=True)


def put(posts, number, lines):
    """A file of posts, which appears whole."""
    beside = posts.parent / "beside"
    beside.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    beside.rename(posts / f"{number:03}.json")


def batches(folder, query):
    """How many batches a query has committed."""
    return len(list((folder / f"checkpoint-{query}/commits").glob("[0-9]*")))


def rows(folder, name):
    """What the sink says is committed, and no other file."""
    committed = set()
    for path in sorted((folder / name / "_spark_metadata").glob("[0-9]*")):
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            committed.add(pathlib.Path(json.loads(line)["path"].removeprefix("file://")))
    return [row for path in sorted(committed) for row in pq.read_table(path).to_pylist()]


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def is_past(windows, moment):
    """Whether a window is given that begins after a moment."""
    return any(row["start"].timestamp() > moment.timestamp() for row in windows)


def test_windows_are_those_of_a_plain_count(tmp_path, lines):
    posts, folder = tmp_path / "posts", tmp_path / "out"
    posts.mkdir()
    folder.mkdir()
    given = sorted(SAMPLE.read_text(encoding="utf-8").splitlines(), key=lambda line: seconds(json.loads(line)["created_at"]))
    size = len(given) // 4 + 1
    files = [given[start : start + size] for start in range(0, len(given), size)]
    # Two posts far ahead pass the watermark over the last windows; then one comes days late.
    ahead = json.loads(given[-1])
    day = datetime.timedelta(days=1)
    last = datetime.datetime.fromisoformat(ahead["created_at"])
    files += [[json.dumps({**ahead, "id": f"ahead{days}", "created_at": (last + days * day).isoformat()})] for days in (2, 4)]
    late = [json.dumps({**json.loads(given[0]), "id": "late"})]
    put(posts, 0, files[0])
    driver = started(posts, folder)
    try:
        until("the first batch", lambda: batches(folder, "windows") >= 1)
        put(posts, 1, files[1])
        kill_an_executor(driver.pid)
        until("a batch after the executor was killed", lambda: batches(folder, "windows") >= 2)
        put(posts, 2, files[2])
        below = processes(driver.pid)
        driver.kill()
        driver.wait()
        for pid in below:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        until("the driver's processes are gone", lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in below))
        driver = started(posts, folder)
        for number, file in enumerate(files[3:], 3):
            put(posts, number, file)
        until("the window of the first post ahead", lambda: is_past(rows(folder, "windows"), last + day))
        # What is left is read before the end.
        put(posts, len(files), late)
        (folder / "end").touch()
        assert driver.wait(300) == 0, (folder / "log").read_text(errors="replace")[-3000:]
    finally:
        for pid in [*processes(driver.pid), driver.pid]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
    # Each answer once, the late post's too: it is late for its window alone.
    answers = rows(folder, "answers")
    assert len(answers) == len(given) + 3
    mine = [row["json"] for row in answers if not row["id"].startswith(("ahead", "late"))]
    assert sorted(mine) == sorted(lines)
    # The windows that the watermark has passed, counted plainly.
    expected = collections.Counter()
    for row in answers:
        if row["id"] != "late" and not row["id"].startswith("ahead4"):
            start = row["at"].timestamp() // HOUR * HOUR
            expected[(start, row["level"])] += 1
    found = collections.Counter()
    for row in rows(folder, "windows"):
        key = (row["start"].timestamp(), row["level"])
        assert key not in found, "a window was given twice"
        found[key] = row["count"]
    assert found == expected
    assert sum(found.values()) == len(given) + 1
    assert json.loads((folder / "late.json").read_text()) == 1
    shutil.rmtree(folder)
