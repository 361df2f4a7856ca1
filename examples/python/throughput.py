"""Compares what a post costs in the library, the command line, the wheel, DuckDB, polars and Spark.

usage: throughput.py POSTS LIBRARY COMMAND [spark]

LIBRARY is kernel's example `throughput` (- leaves it out), COMMAND the command line, both of one build. Each
contender runs twice, on all POSTS and on 2,000 of them: the difference is what posts cost without
the start. Processor time is that of all processes; on a machine that does other work too it is
surer than the time by the clock. All must give the same sum of importance.
"""

import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

SAMPLE = pathlib.Path(__file__).resolve().parents[2] / "data/sample/posts.jsonl"
FEW = 2_000


def texts(count: int) -> list[str]:
    """Texts of the sample, each with a number so that none comes twice."""
    sample = [json.loads(line)["text"] for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    return [f"{sample[number % len(sample)]} {number}".replace("\n", " ") for number in range(count)]


def wheel(folder: str) -> int:
    import hearken
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    answers = hearken.Engine().triage(pq.read_table(f"{folder}/posts.parquet"))
    return pc.sum(answers.to_arrow()["importance"]).as_py()


def duck(folder: str) -> int:
    import duckdb
    import hearken

    answers = hearken.Engine().triage(duckdb.sql(f"select * from '{folder}/posts.parquet'"))
    assert answers
    return duckdb.sql("select sum(importance)::bigint from answers").fetchall()[0][0]


def frames(folder: str) -> int:
    import hearken
    import polars as pl

    engine = hearken.Engine()
    answer = lambda batch: pl.DataFrame(engine.triage(batch, dictionary=False)).select("importance")  # noqa: E731
    query = pl.scan_parquet(f"{folder}/posts.parquet").map_batches(answer, schema={"importance": pl.Int16})
    return query.select(pl.col("importance").cast(pl.Int64).sum()).collect().item()


def below(process: int) -> float:
    """Seconds of the processor of all that a process started, and that still runs or was waited for."""
    parents, ticks = {}, {}
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        pid = int(path.parent.name)
        parents[pid], ticks[pid] = int(fields[1]), sum(map(int, fields[11:15]))
    found, new = set(), {process}
    while new:
        new = {pid for pid, parent in parents.items() if parent in new} - found
        found |= new
    return sum(ticks[pid] for pid in found - {process}) / os.sysconf("SC_CLK_TCK")


def spark(folder: str) -> None:
    sys.path.insert(0, str(SAMPLE.parents[2] / "examples/spark"))
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYTHONPATH"] = os.pathsep.join([sys.path[0], os.environ.get("PYTHONPATH", "")])
    import hearken_spark
    from pyspark.sql import SparkSession

    session = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    posts = session.read.parquet(f"{folder}/posts.parquet").repartition(4)
    found = hearken_spark.triage(posts).agg({"importance": "sum"}).collect()[0][0]
    # Java and its workers outlive this process, so that nobody waits for them and their time is in no
    # sum: it is said on a second line.
    print(found, below(os.getpid()), sep="\n", end="\n")
    session.stop()


PYTHON = {"wheel": wheel, "DuckDB": duck, "polars": frames, "Spark": spark}


def cost(run: list[str]) -> tuple[float, float, str]:
    """Seconds of the processor and of the clock, and what was printed."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(run, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    after, ended = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if "Spark" in run:
        cpu += float(done.stdout.split()[1])
    return cpu, ended - began, done.stdout


def main() -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    count, library, command = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    names = ["library", "command line", "wheel", "DuckDB", "polars", "Spark"]
    names = names[library == "-" :]
    names = names if "spark" in sys.argv[4:] else names[:-1]
    found: dict[str, list[tuple[float, float, str]]] = {name: [] for name in names}
    for size in (FEW, count):
        with tempfile.TemporaryDirectory() as folder:
            of = texts(size)
            bytes_a_post = sum(len(text.encode()) for text in of) / size
            pathlib.Path(folder, "posts.txt").write_text("".join(text + "\n" for text in of), encoding="utf-8")
            lines = "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in of)
            pathlib.Path(folder, "posts.jsonl").write_text(lines, encoding="utf-8")
            pq.write_table(pa.table({"text": of}), f"{folder}/posts.parquet")
            for name in names:
                run = [sys.executable, __file__, name, folder]
                if name == "library":
                    run = [library, f"{folder}/posts.txt"]
                if name == "command line":
                    run = [command, "triage", "--quiet", f"{folder}/posts.jsonl"]
                found[name].append(cost(run))
                print(f"{name}: {size} posts, {found[name][-1][0]:.2f} s of processor", file=sys.stderr, flush=True)
    answers = found["command line"][1][2].splitlines()
    expected = sum(json.loads(answer)["importance"]["score"] for answer in answers)
    print(f"{count} posts of {bytes_a_post:.0f} bytes; sum of importance {expected}")
    print(f"contender        µs of processor a post   ratio   µs by the clock   ratio (to the {names[0]})")
    base = None
    for name in names:
        (few_cpu, few_wall, _), (cpu, wall, said) = found[name]
        if name != "command line" and int(said.split()[0]) != expected:
            sys.exit(f"{name} gives {said.strip()}, the command line {expected}")
        cpu, wall = ((after - before) / (count - FEW) * 1e6 for before, after in ((few_cpu, cpu), (few_wall, wall)))
        base = base or (cpu, wall)
        print(f"{name:<16} {cpu:22.1f} {cpu / base[0]:7.2f} {wall:17.1f} {wall / base[1]:7.2f}")


if len(sys.argv) == 3 and sys.argv[1] in PYTHON:
    said = PYTHON[sys.argv[1]](sys.argv[2])
    if said is not None:
        print(said)
else:
    main()
