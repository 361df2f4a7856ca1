"""The stubs say what is there, and the README what it does."""

import os
import pathlib
import re
import subprocess
import sys

import pytest
from conftest import SAMPLE

import hearken

HERE = pathlib.Path(__file__).resolve().parents[1]
BLOCKS = re.findall(r"^```python\n(.*?)^```", (HERE / "README.md").read_text(encoding="utf-8"), re.S | re.M)


def test_stubs_are_those_of_the_module():
    run = [sys.executable, "-m", "mypy.stubtest", "hearken", "--ignore-disjoint-bases", "--mypy-config-file", "pyproject.toml"]
    package = pathlib.Path(hearken.__file__).resolve().parents[1]
    environment = {**os.environ, "PYTHONPATH": str(package)}
    done = subprocess.run(run, capture_output=True, text=True, cwd=HERE, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr


def test_everything_is_described():
    for name in hearken.__all__:
        thing = getattr(hearken, name)
        if name == "__version__":
            continue
        assert thing.__doc__, name
        for member in vars(thing) if isinstance(thing, type) else []:
            if not member.startswith("_"):
                assert getattr(thing, member).__doc__, f"{name}.{member}"


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_the_examples_of_the_readme_run(number, tmp_path, monkeypatch):
    (tmp_path / "posts.jsonl").write_bytes(SAMPLE.read_bytes())
    monkeypatch.chdir(tmp_path)
    exec(compile(BLOCKS[number], f"README.md, block {number}", "exec"), {"__name__": "readme"})


def test_the_readme_has_examples():
    assert len(BLOCKS) >= 6
