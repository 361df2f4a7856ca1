"""Answers and trends of a cluster are those of one machine, whatever is killed."""

import hashlib
import json
import os
import pathlib
import threading
import time

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from conftest import FIELDS, SAMPLE, kill_an_executor, until
from pyspark.sql import functions as F

import hearken
import hearken_spark


def digest(rows) -> str:
    """The hash of the whole result, sorted."""
    return hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()


def sample(spark, partitions=8):
    return spark.read.schema(FIELDS).json(str(SAMPLE)).repartition(partitions)


@pytest.fixture
def marks(tmp_path):
    folder = tmp_path / "marks"
    folder.mkdir()
    return folder


def slowed(frame, marks, stage):
    """The same rows, with a mark when a partition has begun and time to kill what reads it."""
    folder = str(marks)

    def wait(batches):
        for batch in batches:
            pathlib.Path(folder, f"{stage}-{os.getpid()}").touch()
            time.sleep(0.5)
            yield batch

    return frame.mapInArrow(wait, frame.schema)


def rows_of(frame, marks, stage):
    """The lines of a result while an executor is killed in a stage."""
    found, failed = [], []

    def collect():
        try:
            found.extend(row.json for row in frame.collect())
        except Exception as error:  # noqa: BLE001: told in the test's own thread
            failed.append(error)

    thread = threading.Thread(target=collect)
    thread.start()
    until(f"the {stage} stage", lambda: list(marks.glob(f"{stage}-*")))
    kill_an_executor(os.getpid())
    thread.join()
    assert not failed, failed
    return found


def test_executors_have_the_wheel_that_was_sent(spark):
    def where(batches):
        for _ in batches:
            yield pa.record_batch({"file": [hearken.__file__]})

    files = spark.range(4).repartition(4).mapInArrow(where, "file string").collect()
    assert files and all("hearken_wheel/hearken" in row.file for row in files)


def test_answers_are_those_of_the_command_line(spark, engine, lines):
    answers = hearken_spark.triage(sample(spark), json=True, keep=["created_at"])
    rows = answers.collect()
    assert digest(row.json for row in rows) == digest(lines)
    assert {row.model for row in rows} == {engine.fingerprint}
    one = next(row for row in rows if row.id == json.loads(lines[0])["id"])
    assert one.importance == json.loads(lines[0])["importance"]["score"] and one.created_at
    with pytest.raises(ValueError, match="column `id` too"):
        hearken_spark.triage(sample(spark), keep=["id"])


def test_a_function_of_a_column(spark, engine):
    texts = spark.createDataFrame([("Where is my refund?",), (None,)], "text string")
    found = {row.text: row.line for row in texts.select("text", hearken_spark.lines()("text").alias("line")).collect()}
    assert found["Where is my refund?"] + "\n" == engine.triage(["Where is my refund?"]).to_jsonl()
    assert found[None] is None


def test_an_executor_is_killed_in_the_map_stage(spark, lines, marks):
    answers = hearken_spark.triage(slowed(sample(spark), marks, "map"), json=True)
    assert digest(rows_of(answers.select("json"), marks, "map")) == digest(lines)


def test_an_executor_is_killed_in_the_reduce_stage(spark, lines, marks):
    answers = hearken_spark.triage(sample(spark), json=True).select("json").repartition(6, "json")
    assert digest(rows_of(slowed(answers, marks, "reduce"), marks, "reduce")) == digest(lines)


def test_trends_of_parts_are_those_of_one_machine(spark, engine):
    posts = sample(spark).withColumn("created_at", F.to_timestamp("created_at"))
    one = hearken.Trends(engine)
    one.observe(posts.toArrow())
    many = hearken_spark.trends(posts, engine)
    assert many.to_bytes() == one.to_bytes()
    assert many.alerts() == one.alerts() and many.alerts()
    assert many.counts()["posts"] == len(SAMPLE.read_text(encoding="utf-8").splitlines())
    # The order of rows does not matter either.
    table = posts.toArrow()
    other = hearken.Trends(engine)
    other.observe(table.take(pc.sort_indices(table["text"])))
    assert other.to_bytes() == one.to_bytes()


def test_campaigns_of_parts_are_those_of_one_machine(spark, engine):
    posts = sample(spark).withColumn("created_at", F.to_timestamp("created_at"))
    # All of the sample is in the window, so nothing leaves it.
    made = {"window": 10 * 86_400.0}
    one = hearken.Campaigns(engine, **made)
    one.observe(posts.toArrow().sort_by("created_at"))
    many = hearken_spark.campaigns(posts, engine, **made)
    assert many.to_bytes() == one.to_bytes()
    assert many.found() == one.found() and many.found()
    # Their posts by identifier, to be joined with answers.
    marked = many.marked().to_arrow()
    assert marked == one.marked().to_arrow()
    answers = hearken_spark.triage(posts)
    spam = spark.createDataFrame(marked).join(answers, "id")
    assert spam.count() == marked.num_rows == sum(campaign["marked"] for campaign in many.found())
    # A whole that came in one part of random order is the same.
    assert hearken_spark.campaigns(posts.coalesce(1), engine, **made).to_bytes() == one.to_bytes()
    # Without posts there is an empty window; posts without a time are in none.
    empty = hearken_spark.campaigns(posts.withColumn("created_at", F.lit(None).cast("timestamp")), engine, **made)
    assert empty.to_bytes() == hearken.Campaigns(engine, **made).to_bytes()
