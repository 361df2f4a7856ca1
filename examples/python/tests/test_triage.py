"""Answers are those of the command line, byte for byte, for each kind of input."""

import json
import pickle

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from conftest import SAMPLE, answered, table

import hearken


def halves(batches: pa.Table):
    """A table of chunks that begin within a larger buffer."""
    middle = batches.num_rows // 2
    doubled = pa.concat_tables([batches, batches]).combine_chunks()
    return doubled.slice(middle, batches.num_rows)


def test_a_table_with_a_column_a_field(engine, sample, lines):
    assert engine.triage(sample).to_jsonl() == lines


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view(), "dictionary"])
def test_each_kind_of_text(engine, sample, lines, kind):
    texts = sample["text"].combine_chunks()
    texts = texts.dictionary_encode() if kind == "dictionary" else texts.cast(kind)
    other = sample.set_column(sample.schema.get_field_index("text"), "text", texts)
    assert engine.triage(other).to_jsonl() == lines


def test_nested_fields_of_polars(engine, lines):
    nested = pl.read_ndjson(SAMPLE, infer_schema_length=None)
    assert engine.triage(nested).to_jsonl() == lines
    assert engine.triage(nested.lazy().collect().rechunk()).to_jsonl() == lines


def test_pandas(engine, sample, lines):
    assert engine.triage(sample.to_pandas()).to_jsonl() == lines


def test_a_relation_of_duckdb(engine, sample, lines):
    relation = duckdb.sql("select * from sample")
    assert engine.triage(relation).to_jsonl() == lines
    read = duckdb.sql(f"select * from read_json_auto('{SAMPLE}', sample_size=-1)")
    assert engine.triage(read).to_jsonl() == lines


def test_batches_chunks_and_slices(engine, sample, lines):
    small = sample.to_batches(max_chunksize=100)
    assert engine.triage(small).to_jsonl() == lines
    assert engine.triage(iter(small)).to_jsonl() == lines
    assert engine.triage(pa.Table.from_batches(small)).to_jsonl() == lines
    assert engine.triage(pa.RecordBatchReader.from_batches(sample.schema, small)).to_jsonl() == lines
    one = sample.combine_chunks().to_batches()[0]
    assert engine.triage(one).to_jsonl() == lines
    whole = engine.triage(sample).to_jsonl().splitlines()
    middle = sample.num_rows // 2
    assert engine.triage(halves(sample)).to_jsonl().splitlines() == whole[middle:] + whole[:middle]


def test_texts_alone(engine, posts, tmp_path):
    texts = [post["text"] for post in posts]
    alone = tmp_path / "texts.jsonl"
    alone.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    expected = answered(alone)
    assert engine.triage(texts).to_jsonl() == expected
    assert engine.triage(iter(texts)).to_jsonl() == expected
    assert engine.triage(tuple(texts)).to_jsonl() == expected


def test_columns_by_other_names(engine, sample, lines):
    names = [f"my_{name.replace('.', '_')}" for name in sample.column_names]
    other = sample.rename_columns(names)
    columns = dict(zip(sample.column_names, names))
    text = columns.pop("text")
    assert engine.triage(other, text=text, columns=columns).to_jsonl() == lines
    # Without them it is another answer: the fields count.
    assert engine.triage(other, text=text).to_jsonl() != lines


def test_times_and_numbers_of_a_table(engine, sample, lines):
    at = sample.schema.get_field_index("author.created_at")
    for kind in ["s", "ms", "us", "ns"]:
        times = sample["author.created_at"].cast(pa.timestamp(kind, tz="UTC"))
        other = sample.set_column(at, "author.created_at", times)
        place = sample.schema.get_field_index("author.followers")
        followers = sample["author.followers"].cast(pa.float64())
        other = other.set_column(place, "author.followers", followers)
        assert engine.triage(other).to_jsonl() == lines


def test_the_threads_do_not_matter(sample, lines):
    for threads in [1, 2, 5]:
        assert hearken.Engine(threads=threads).triage(sample).to_jsonl() == lines


def test_reasons(engine, sample):
    expected = answered(SAMPLE, "--explain")
    answers = engine.triage(sample, explain=True, json=True)
    assert answers.to_jsonl() == expected
    rows = answers.to_arrow().to_pylist()
    assert "".join(row["json"] + "\n" for row in rows) == expected
    first = json.loads(rows[0]["explanation"])["importance"]
    assert sum(part["points"] for part in first["parts"]) == first["score"]


def test_columns_say_what_the_lines_say(engine, sample, lines):
    answers = engine.triage(sample, json=True, model=True).to_arrow().to_pylist()
    plain = engine.triage(sample, dictionary=False).to_arrow().to_pylist()
    assert [row.pop("model") for row in answers] == [engine.fingerprint] * len(answers)
    assert "".join(row.pop("json") + "\n" for row in answers) == lines
    assert answers == plain
    for line, row in zip(lines.splitlines(), plain):
        answer = json.loads(line)
        parts = {name: points for name, points in row["parts"].items() if points}
        assert parts == answer["importance"]["parts"]
        assert sum(parts.values()) == row["importance"] == answer["importance"]["score"]
        assert row["id"] == answer["id"] and row["language"] == answer["language"]["code"]
        assert row["level"] == answer["importance"]["level"]
        assert row["disposition"] == answer["disposition"]
        topics = [topic["id"] for topic in answer["topics"]]
        assert [topic["id"] for topic in row["topics"]] == topics
        assert row["topic"] == (topics[0] if topics else None)
        assert row["sentiment"] == (answer["sentiment"] or {}).get("label")
        assert row["spam"] == (answer["spam"] or {}).get("verdict")
        assert pytest.approx(row["urgency"]) == answer["urgency"]
        terms = [(term["term"], term["start"], term["end"]) for term in answer["terms"]]
        assert [(term["term"], term["start"], term["end"]) for term in row["terms"]] == terms


def test_a_null_text_is_a_null_row(engine):
    answers = engine.triage(["Where is my refund?", None, ""])
    assert len(answers) == 3 and answers.to_jsonl().splitlines()[1] == "null"
    rows = engine.triage(pa.table({"text": ["a", None]}), json=True, model=True).to_arrow()
    assert all(value is None for value in rows.to_pylist()[1].values())
    none = pa.table({"text": pa.nulls(3)})
    assert engine.triage(none).to_jsonl() == "null\n" * 3


def test_an_empty_input_has_the_columns_all_the_same(engine, sample):
    columns = engine.triage(["a"]).to_arrow().schema
    for empty in [[], iter([]), sample.slice(0, 0), pa.table({"text": pa.array([], pa.string())})]:
        answers = engine.triage(empty)
        assert len(answers) == 0 and answers.to_jsonl() == ""
        assert answers.to_arrow().schema == columns
        assert pl.DataFrame(answers).height == 0


def test_wrong_columns_are_named(engine, sample):
    with pytest.raises(ValueError, match="no column `body`.*there are: .*text"):
        engine.triage(sample, text="body")
    with pytest.raises(ValueError, match="no column `fans`.*`author.followers`"):
        engine.triage(sample, columns={"author.followers": "fans"})
    with pytest.raises(ValueError, match="`author.fans` in columns is no field of a post"):
        engine.triage(sample, columns={"author.fans": "id"})
    with pytest.raises(ValueError, match="`text` is Int64, not text"):
        engine.triage(pa.table({"text": [1, 2]}))
    with pytest.raises(ValueError, match="`id` is List"):
        engine.triage(pa.table({"text": ["a"], "id": [[1]]}), columns={"id": "id"})
    # A column that only has the name of a field by chance spoils nothing.
    assert len(engine.triage(pa.table({"text": ["a"], "author": [[1]], "id": [[1]]}))) == 1


def test_what_is_no_table_is_named(engine):
    for wrong in ["a text", {"text": "a"}]:
        with pytest.raises(ValueError, match="one text is no table"):
            engine.triage(wrong)
    with pytest.raises(ValueError, match="int is no table"):
        engine.triage(3)
    with pytest.raises(ValueError, match="item 1 is int"):
        engine.triage(["a", 3])


def test_rules_are_those_of_the_command_line(sample, tmp_path):
    (tmp_path / "listed.tsv").write_text("refund*\tmoney\t2\n")
    rules = tmp_path / "rules.toml"
    rules.write_text('lists = ["listed.tsv"]\n[[rule]]\nid = "not-paid"\nany = ["list:money", "billing"]\n')
    expected = answered(SAMPLE, "--rules", str(rules), "--rules", "agent")
    assert '"rule":"not-paid"' in expected
    engine = hearken.Engine(rules=[str(rules), "agent"])
    found = engine.triage(sample, json=True).to_arrow()
    assert "".join(line + "\n" for line in found["json"].to_pylist()) == expected
    assert any(rule["rule"] == "not-paid" for rules in found["rules"].to_pylist() for rule in rules or [])
    # The lists go along to another process, which has no such folder.
    rules.unlink()
    (tmp_path / "listed.tsv").unlink()
    again = pickle.loads(pickle.dumps(engine))
    assert again.triage(sample).to_jsonl() == expected and again.fingerprint == engine.fingerprint
    assert len({made.fingerprint for made in (engine, hearken.Engine(), hearken.Engine(rules="agent"))}) == 3
    text = b'lists = ["a.tsv"]\n[[rule]]\nid = "a"\nany = ["list:money"]\n'
    given = hearken.Engine(rules=(text, {"a.tsv": b"refund\tmoney\t2\n"}))
    assert given.triage(["My refund?"]).to_arrow()["rules"].to_pylist()[0][0]["rule"] == "a"
    with pytest.raises(ValueError, match="a.tsv.*was not given"):
        hearken.Engine(rules=text)
    with pytest.raises(FileNotFoundError, match="rules.toml can't be read"):
        hearken.Engine(rules=rules)


def test_progress(engine, sample):
    told = []
    engine.triage(sample, progress=told.append)
    assert told[-1] == sample.num_rows and told == sorted(told)
    with pytest.raises(ZeroDivisionError):
        engine.triage(sample, progress=lambda count: 1 / 0)
    assert len(engine.triage(sample, progress=True)) == sample.num_rows


@pytest.mark.large
def test_a_hundred_thousand_posts(engine, posts, tmp_path):
    """Posts of the sample, varied: each round other numbers, and every third in capitals."""
    many = []
    while len(many) < 100_000:
        turn = len(many) // len(posts)
        for number, post in enumerate(posts):
            text = post["text"] if (turn + number) % 3 else post["text"].upper()
            many.append({**post, "id": f"{turn}-{post['id']}", "text": f"{text} {turn}"})
    many = many[:100_000]
    file = tmp_path / "many.jsonl"
    file.write_text("".join(json.dumps(post) + "\n" for post in many), encoding="utf-8")
    expected = answered(file)
    whole = table(many)
    assert engine.triage(whole).to_jsonl() == expected
    assert engine.triage(pl.from_arrow(whole)).to_jsonl() == expected
    assert engine.triage(whole.to_pandas()).to_jsonl() == expected
    assert engine.triage(duckdb.sql("select * from whole")).to_jsonl() == expected
    assert engine.triage(whole.to_batches(max_chunksize=10_000)).to_jsonl() == expected
