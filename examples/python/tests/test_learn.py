"""Heads that are trained, evaluated and used; the surprise of series."""

import datetime
import pickle
import subprocess

import polars as pl
import pyarrow as pa
import pytest
from conftest import command

import hearken

WORDS = {
    "delivery": ["parcel", "courier", "driver", "depot"],
    "billing": ["invoice", "charge", "payment", "fee"],
}


def labelled() -> pa.Table:
    rows = [
        (f"the {word} was {how} for order {number}", label)
        for label, words in WORDS.items()
        for word in words
        for how in ["late", "wrong", "lost", "fine", "strange"]
        for number in range(2)
    ]
    return pa.table({"text": [text for text, _ in rows], "label": [label for _, label in rows]})


def test_a_head_is_the_one_of_the_command_line(tmp_path):
    table, steps = labelled(), []
    model = hearken.train(
        table, label="label", task="reason", languages=["en"], progress=lambda step, share: steps.append(share)
    )
    assert steps and model.tasks == ["reason"]
    lines = tmp_path / "labelled.jsonl"
    pl.DataFrame(table).write_ndjson(lines)
    made = tmp_path / "reason.model"
    run = [command(), "train", "--quiet", "--task", "reason", "--languages", "en", str(lines), "-o", str(made)]
    subprocess.run(run, check=True)
    assert model.to_bytes() == made.read_bytes()
    found = hearken.evaluate(model, table)
    assert found["accuracy"] > 0.9 and found == hearken.evaluate(made, table)
    engine = hearken.Engine(models=model)
    assert engine.heads["reason"] == ["billing", "delivery"]
    rows = engine.triage(["the parcel was lost"], dictionary=False).to_arrow().to_pylist()
    assert rows[0]["heads"][0]["head"] == "reason"
    assert hearken.evaluate(engine, table, task="reason")["accuracy"] == found["accuracy"]
    model.save(tmp_path / "again.model")
    again = pickle.loads(pickle.dumps(model))
    assert again.to_bytes() == (tmp_path / "again.model").read_bytes() == model.to_bytes()


def test_what_cannot_train_is_named():
    with pytest.raises(ValueError, match="no column `kind`"):
        hearken.train(labelled(), label="kind")
    with pytest.raises(ValueError, match="optimise"):
        hearken.train(labelled(), optimise="luck")
    with pytest.raises(ZeroDivisionError):
        hearken.train(labelled(), progress=lambda step, share: 1 / 0)
    with pytest.raises(ValueError, match="choose one with task="):
        hearken.evaluate(hearken.Engine(), labelled())


def test_the_surprise_of_a_series():
    start = datetime.datetime(2026, 3, 1, tzinfo=datetime.timezone.utc)
    values = [10.0 + number % 5 for number in range(400)]
    values[350], values[100] = 90.0, float("nan")
    times = [start + datetime.timedelta(minutes=5 * number) for number in range(400)]
    scores = hearken.series(pa.table({"timestamp": times, "value": values}), direction="up")
    rows = scores.to_arrow().to_pylist()
    assert len(scores) == 400 and rows[0]["expected"] is None and rows[100]["row"] == "missing"
    assert max(range(400), key=lambda row: rows[row]["score"]) == 350
    with pytest.raises(ValueError, match="direction"):
        hearken.series(pa.table({"timestamp": times, "value": values}), direction="left")
