"""A stream of posts with its windows: `stream.py POSTS FOLDER WHEEL`, ended by the file FOLDER/end.

Answers go to FOLDER/answers, windows of an hour by level to FOLDER/windows, both exactly once: it
goes on from its checkpoints, whatever was killed.
"""

import json
import pathlib
import sys
import time

from pyspark.sql import functions as F

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "tests")]

import hearken_spark  # noqa: E402
from conftest import FIELDS, session  # noqa: E402


def main() -> None:
    posts, folder, wheel = map(pathlib.Path, sys.argv[1:4])
    spark = session(wheel)
    spark.sparkContext.setLogLevel("ERROR")
    read = spark.readStream.schema(FIELDS).option("maxFilesPerTrigger", 1).json(str(posts))
    read = read.withColumn("at", F.to_timestamp("created_at"))
    answers = hearken_spark.triage(read, json=True, keep=["at"])
    to = {"format": "parquet", "outputMode": "append"}
    plain = answers.writeStream.options(checkpointLocation=str(folder / "checkpoint-answers"))
    plain = plain.start(str(folder / "answers"), **to)
    # A post counts in its window until one that is two hours later was seen in an earlier batch.
    counted = answers.withWatermark("at", "2 hours").groupBy(F.window("at", "1 hour"), "level").count()
    counted = counted.select("window.start", "level", "count")
    windows = counted.writeStream.options(checkpointLocation=str(folder / "checkpoint-windows"))
    windows = windows.start(str(folder / "windows"), **to)
    while not (folder / "end").exists():
        for query in (plain, windows):
            if query.exception():
                raise query.exception()
        time.sleep(0.3)
    plain.processAllAvailable()
    windows.processAllAvailable()
    late = sum(
        state.numRowsDroppedByWatermark for step in windows.recentProgress for state in step.stateOperators
    )
    (folder / "late.json").write_text(json.dumps(late), encoding="utf-8")
    spark.stop()


main()
