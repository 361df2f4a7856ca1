"""What all tests need: the command line's own answers, the sample, and an engine."""

import json
import os
import pathlib
import subprocess

import pyarrow as pa
import pytest

import hearken

ROOT = pathlib.Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "data/sample/posts.jsonl"


def command() -> str:
    """The command line: the file that HEARKEN names, or what cargo built last."""
    built = [ROOT / "target" / kind / "hearken" for kind in ("release", "debug")]
    built = sorted((path for path in built if path.exists()), key=lambda path: path.stat().st_mtime)
    given = os.environ.get("HEARKEN")
    if given is None and not built:
        pytest.exit("there is no command line; run `cargo build --release -p hearken-cli` first", 2)
    return given or str(built[-1])


def answered(posts: pathlib.Path, *options: str) -> str:
    """What the command line answers."""
    run = [command(), "triage", "--quiet", *options, str(posts)]
    return subprocess.run(run, check=True, capture_output=True, text=True, encoding="utf-8").stdout


def flat(post: dict) -> dict:
    """The fields of a post by the names that a table has: ``author.followers``."""
    fields = {}
    for name, value in post.items():
        if isinstance(value, dict):
            fields.update({f"{name}.{within}": value for within, value in value.items()})
        else:
            fields[name] = value
    return fields


def table(posts: list[dict]) -> pa.Table:
    """Posts as a table with a column a field."""
    rows = [flat(post) for post in posts]
    names = sorted({name for row in rows for name in row})
    return pa.table({name: [row.get(name) for row in rows] for name in names})


@pytest.fixture(scope="session")
def posts() -> list[dict]:
    return [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="session")
def sample(posts) -> pa.Table:
    return table(posts)


@pytest.fixture(scope="session")
def lines() -> str:
    """The command line's answers to the sample."""
    return answered(SAMPLE)


@pytest.fixture(scope="session")
def engine() -> hearken.Engine:
    return hearken.Engine()
