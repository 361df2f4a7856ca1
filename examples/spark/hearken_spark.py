"""hearken in Apache Spark: answers in batch and streaming, and trends of parts that merge.

>>> import hearken_spark
>>> answers = hearken_spark.triage(posts)                      # a DataFrame, streaming or not
>>> trends = hearken_spark.trends(posts)                       # hearken.Trends of all of them

Executors need the package hearken: send the wheel as an archive (see README.md).
"""

import pickle
from collections.abc import Iterator, Sequence

import hearken
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import BinaryType, LongType, StructField, StructType

# Spans of event time whose counts are merged together, in milliseconds: six hours. By hand: long
# enough that a day is few rows, short enough that merging is spread.
BLOCK = 6 * 3600 * 1000
# Rows without a time, which trends count but put in no pane.
UNDATED = -(2**62)

PARTS = StructType([StructField("block", LongType()), StructField("part", BinaryType())])

# What this worker process has made; a process makes each engine once.
_engines: dict[bytes, hearken.Engine] = {}


def sent(engine: hearken.Engine | None) -> bytes:
    """An engine as bytes, for executors: with one thread, for Spark has a worker for each core."""
    named = (engine or hearken.Engine()).__getnewargs_ex__()[1]
    return pickle.dumps(named | {"threads": 1})


def engine_of(data: bytes) -> hearken.Engine:
    """The engine of this process that was sent as bytes."""
    if data not in _engines:
        _engines[data] = hearken.Engine(**pickle.loads(data))
    return _engines[data]


def triage(
    posts: DataFrame,
    engine: hearken.Engine | None = None,
    *,
    text: str = "text",
    columns: dict[str, str] | None = None,
    keep: Sequence[str] = (),
    explain: bool = False,
    json: bool = False,
) -> DataFrame:
    """Answers for posts, a row a post; the same for a batch and for a stream.

    The columns are those of ``hearken.Answers``, names as strings, and ``model`` with the
    fingerprint of the engine. ``keep`` names columns of ``posts`` that are kept, as those of the
    time; a null text gives a null row beside them.
    """
    options = {"text": text, "columns": columns, "explain": explain, "json": json}
    options |= {"dictionary": False, "model": True}
    kept = [posts.schema[name] for name in keep]
    empty = hearken.Engine().triage([], **{**options, "columns": None})
    found = from_arrow_schema(empty.to_arrow().schema)
    names = {field.name for field in found}
    for name in keep:
        if name in names:
            raise ValueError(f"answers have a column `{name}` too; rename it before it is kept")
    data, keep = sent(engine), list(keep)

    def answer(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        of = engine_of(data)
        for batch in batches:
            answers = of.triage(batch, **options).to_arrow().combine_chunks()
            for name in keep:
                answers = answers.append_column(batch.schema.field(name), batch.column(name))
            yield from answers.to_batches()

    return posts.mapInArrow(answer, StructType([*found, *kept]))


def lines(engine: hearken.Engine | None = None):
    """A function of a column of texts: the line of JSON of each, for ``select``.

    Texts alone have no reach and no customer; where these count, use ``triage``.
    """
    data = sent(engine)

    @F.arrow_udf("string")
    def line(texts: pa.Array) -> pa.Array:
        answers = engine_of(data).triage(pa.table({"text": texts}), json=True)
        return answers.to_arrow().column("json").combine_chunks()

    return line


def parts(
    posts: DataFrame,
    engine: hearken.Engine | None = None,
    *,
    at: str = "created_at",
    text: str = "text",
    columns: dict[str, str] | None = None,
) -> DataFrame:
    """What each partition counts, as bytes, by block of event time: columns ``block``, ``part``.

    ``at`` is a column of timestamps.
    """
    data = sent(engine)
    columns = {**(columns or {}), "created_at": at}

    def count(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        of, counted = engine_of(data), {}
        for batch in batches:
            table = pa.Table.from_batches([batch])
            times = table[at].cast(pa.timestamp("ms", table.schema.field(at).type.tz)).cast(pa.int64())
            blocks = pc.fill_null(pc.floor(pc.divide(times.cast(pa.float64()), BLOCK)).cast(pa.int64()), UNDATED)
            for block in sorted(pc.unique(blocks).to_pylist()):
                rows = table.filter(pc.equal(blocks, block))
                if block not in counted:
                    counted[block] = hearken.Trends(of)
                counted[block].observe(rows, text=text, columns=columns)
        yield batch_of(sorted(counted.items()))

    return posts.mapInArrow(count, PARTS)


def batch_of(counted: list[tuple[int, hearken.Trends]]) -> pa.RecordBatch:
    """Counts as rows."""
    blocks = pa.array([block for block, _ in counted], pa.int64())
    found = pa.array([trends.to_bytes() for _, trends in counted], pa.binary())
    return pa.record_batch({"block": blocks, "part": found})


def merged(found: DataFrame, engine: hearken.Engine | None = None) -> DataFrame:
    """One row a block: the parts of all partitions, merged."""
    data = sent(engine)

    def merge(table: pa.Table) -> pa.Table:
        trends = joined(engine_of(data), table["part"].to_pylist())
        return pa.Table.from_batches([batch_of([(table["block"][0].as_py(), trends)])])

    return found.groupBy("block").applyInArrow(merge, PARTS)


def joined(engine: hearken.Engine, found: Sequence[bytes]) -> hearken.Trends:
    """Counts of parts as one."""
    trends = hearken.Trends(engine)
    for part in found:
        trends.merge(hearken.Trends.from_bytes(engine, part))
    return trends


def trends(
    posts: DataFrame,
    engine: hearken.Engine | None = None,
    *,
    at: str = "created_at",
    text: str = "text",
    columns: dict[str, str] | None = None,
) -> hearken.Trends:
    """What all posts count, on the driver: ``trends(…).alerts()`` is one watch over all of it."""
    engine = engine or hearken.Engine()
    found = merged(parts(posts, engine, at=at, text=text, columns=columns), engine)
    return joined(engine, [row.part for row in found.collect()])
