"""A cluster of two executors on this machine, and the processes of it."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest
from pyspark.sql import SparkSession

import hearken

HERE = pathlib.Path(__file__).resolve().parents[1]
ROOT = HERE.parents[1]
SAMPLE = ROOT / "data/sample/posts.jsonl"
# Seconds until a test takes something for hung: many times what it takes.
LIMIT = 400

FIELDS = """
    id string, text string, created_at string, channel string, lang string,
    author struct<id string, name string, followers bigint, following bigint, posts bigint,
                  verified boolean, created_at string>,
    engagement struct<likes bigint, reposts bigint, replies bigint, views bigint>,
    in_reply_to string, thread string, customer struct<id string, tier string>, role string
"""


def session(wheel: pathlib.Path, master: str = "local-cluster[2,1,1024]") -> SparkSession:
    """A session whose executors get hearken from the wheel alone: it is sent as an archive."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    return (
        SparkSession.builder.master(master)
        .appName("hearken")
        .config("spark.archives", f"{wheel}#hearken_wheel")
        .config("spark.submit.pyFiles", str(HERE / "hearken_spark.py"))
        .config("spark.executorEnv.PYTHONPATH", "hearken_wheel")
        .config("spark.executorEnv.PYTHONDONTWRITEBYTECODE", "1")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "1g")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "500")
        # Executors that were killed are replaced as often as it takes.
        .config("spark.deploy.maxExecutorRetries", "-1")
        .getOrCreate()
    )


def wheel() -> pathlib.Path:
    """The wheel, which HEARKEN_WHEEL names, with the ending that Spark takes for an archive."""
    given = os.environ.get("HEARKEN_WHEEL")
    if not given:
        pytest.exit("HEARKEN_WHEEL names no wheel; run .ci/spark", 2)
    return pathlib.Path(given)


def processes(parent: int) -> dict[int, str]:
    """All that a process started, with their command lines."""
    parents, lines = {}, {}
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            state = (path / "stat").read_text().rsplit(")", 1)[1].split()
            lines[int(path.name)] = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            # One that has ended and was not yet waited for is gone.
            parents[int(path.name)] = int(state[1]) if state[0] != "Z" else 0
        except (OSError, IndexError):
            continue
    found, new = {}, [parent]
    while new:
        new = [pid for pid, of in parents.items() if of in new and pid not in found]
        found.update({pid: lines[pid] for pid in new})
    return found


def executors(parent: int) -> set[int]:
    """The processes of executors below a process."""
    below = processes(parent).items()
    return {pid for pid, line in below if "CoarseGrainedExecutorBackend" in line and "java" in line}


def until(what: str, holds):
    """Waits for something, and gives it."""
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        found = holds()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {LIMIT} s")


def kill_an_executor(parent: int) -> None:
    """Kills an executor below a process, and sees that it is gone and replaced."""
    before = until("two executors", lambda: executors(parent) if len(executors(parent)) >= 2 else None)
    killed = min(before)
    os.kill(killed, signal.SIGKILL)
    until("the executor is gone", lambda: killed not in executors(parent))
    until("a new executor", lambda: executors(parent) - before)


@pytest.fixture(scope="session")
def spark():
    made = session(wheel())
    made.sparkContext.setLogLevel("ERROR")
    yield made
    made.stop()


@pytest.fixture(scope="session")
def engine() -> hearken.Engine:
    return hearken.Engine()


@pytest.fixture(scope="session")
def lines() -> list[str]:
    """The command line's answers to the sample."""
    run = [os.environ["HEARKEN"], "triage", "--quiet", str(SAMPLE)]
    return subprocess.run(run, check=True, capture_output=True, text=True, encoding="utf-8").stdout.splitlines()
