"""hearken in Apache Spark: answers in batch and streaming, trends and campaigns of parts that merge.

>>> import hearken_spark
>>> answers = hearken_spark.triage(posts)                      # a DataFrame, streaming or not
>>> trends = hearken_spark.trends(posts)                       # hearken.Trends of all of them
>>> campaigns = hearken_spark.campaigns(posts)                 # hearken.Campaigns of all of them

Executors need the package hearken: send the wheel as an archive (see README.md).
"""

import pickle
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

import hearken
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import BinaryType, LongType, StructField, StructType

# Spans of event time whose parts are merged together, in milliseconds: six hours. By hand: long
# enough that a day is few rows, short enough that merging is spread.
BLOCK = 6 * 3600 * 1000
# Rows without a time, which trends count but put in no pane, and campaigns leave out.
UNDATED = -(2**62)

PARTS = StructType([StructField("block", LongType()), StructField("part", BinaryType())])

# State that merges: `Trends` or `Campaigns`.
State: TypeAlias = hearken.Trends | hearken.Campaigns

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
    kind: type[State] = hearken.Trends,
    options: dict[str, Any] | None = None,
    at: str = "created_at",
    text: str = "text",
    columns: dict[str, str] | None = None,
) -> DataFrame:
    """The state of each partition, as bytes, by block of event time: columns ``block``, ``part``.

    ``kind`` is what is made with ``options``; ``at`` is a column of timestamps.
    """
    data, options = sent(engine), options or {}
    columns = {**(columns or {}), "created_at": at}
    if kind is hearken.Campaigns:
        # They take posts in order of time.
        posts = posts.where(posts[at].isNotNull()).sortWithinPartitions(at)

    def observe(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        of, found = engine_of(data), {}
        for batch in batches:
            table = pa.Table.from_batches([batch])
            times = table[at].cast(pa.timestamp("ms", table.schema.field(at).type.tz)).cast(pa.int64())
            blocks = pc.fill_null(pc.floor(pc.divide(times.cast(pa.float64()), BLOCK)).cast(pa.int64()), UNDATED)
            for block in sorted(pc.unique(blocks).to_pylist()):
                rows = table.filter(pc.equal(blocks, block))
                if block not in found:
                    found[block] = kind(of, **options)
                found[block].observe(rows, text=text, columns=columns)
        yield batch_of(sorted(found.items()))

    return posts.mapInArrow(observe, PARTS)


def batch_of(found: list[tuple[int, State]]) -> pa.RecordBatch:
    """States as rows."""
    blocks = pa.array([block for block, _ in found], pa.int64())
    states = pa.array([state.to_bytes() for _, state in found], pa.binary())
    return pa.record_batch({"block": blocks, "part": states})


def merged(found: DataFrame, engine: hearken.Engine | None = None, *, kind: type[State] = hearken.Trends) -> DataFrame:
    """One row a block: the parts of all partitions, merged."""
    data = sent(engine)

    def merge(table: pa.Table) -> pa.Table:
        state = joined(engine_of(data), table["part"].to_pylist(), kind)
        return pa.Table.from_batches([batch_of([(table["block"][0].as_py(), state)])])

    return found.groupBy("block").applyInArrow(merge, PARTS)


def joined(
    engine: hearken.Engine,
    found: Iterable[bytes],
    kind: type[State] = hearken.Trends,
    options: dict[str, Any] | None = None,
) -> State:
    """States of parts as one; of no parts, one that has seen nothing."""
    # Pairs of like size are merged, as a counter in base two carries: campaigns compare all posts of
    # both sides anew, so adding one part after the other to a whole would cost its square.
    waiting: list[State] = []
    for number, part in enumerate(found, 1):
        state = kind.from_bytes(engine, part)
        while number % 2 == 0:
            waiting[-1].merge(state)
            state, number = waiting.pop(), number // 2
        waiting.append(state)
    state = waiting.pop() if waiting else kind(engine, **(options or {}))
    while waiting:
        waiting[-1].merge(state)
        state = waiting.pop()
    return state


def whole(
    posts: DataFrame,
    engine: hearken.Engine | None,
    kind: type[State],
    options: dict[str, Any],
    columns: dict[str, Any],
) -> State:
    """The state of all posts, on the driver."""
    engine = engine or hearken.Engine()
    found = merged(parts(posts, engine, kind=kind, options=options, **columns), engine, kind=kind)
    # In order of time, so that what a window lets go is what is oldest.
    rows = found.orderBy("block").collect()
    return joined(engine, (row.part for row in rows), kind, options)


def trends(
    posts: DataFrame,
    engine: hearken.Engine | None = None,
    *,
    at: str = "created_at",
    text: str = "text",
    columns: dict[str, str] | None = None,
) -> hearken.Trends:
    """What all posts count, on the driver: ``trends(…).alerts()`` is one watch over all of it."""
    return whole(posts, engine, hearken.Trends, {}, {"at": at, "text": text, "columns": columns})


def campaigns(
    posts: DataFrame,
    engine: hearken.Engine | None = None,
    *,
    window: float = 86_400.0,
    capacity: int = 200_000,
    at: str = "created_at",
    text: str = "text",
    columns: dict[str, str] | None = None,
) -> hearken.Campaigns:
    """The campaigns of all posts, on the driver: ``campaigns(…).marked()`` names their posts.

    ``window`` (seconds) and ``capacity`` (posts) say what is kept: with all of ``posts`` in both, the
    result is that of one machine. Posts without a time are left out.
    """
    options = {"window": window, "capacity": capacity}
    return whole(posts, engine, hearken.Campaigns, options, {"at": at, "text": text, "columns": columns})
