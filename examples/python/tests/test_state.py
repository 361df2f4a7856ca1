"""What remembers posts: desk, trends, report; and that it merges."""

import json
import subprocess

import pyarrow as pa
import pytest
from conftest import SAMPLE, command

import hearken


def test_a_desk_says_what_to_answer_next(engine, sample):
    desk = hearken.Desk(engine, lateness=None)
    outcomes = desk.observe(sample)
    assert outcomes == []
    outcomes = desk.finish()
    answers = [outcome["answer"] for outcome in outcomes if "answer" in outcome]
    assert len(answers) == sample.num_rows
    assert any("alert" in outcome for outcome in outcomes)
    assert any("revision" in outcome for outcome in outcomes)
    first = desk.next(3)
    assert len(first) == 3 and first[0]["post"]
    assert desk.answered(first[0]["post"], 1_800_000_000_000) > 0
    assert desk.next(1)[0]["post"] != first[0]["post"]


def test_a_desk_goes_on_from_its_bytes(engine, sample):
    whole, first = hearken.Desk(engine), hearken.Desk(engine)
    middle = sample.num_rows // 2
    expected = whole.observe(sample)
    begun = first.observe(sample.slice(0, middle))
    second = hearken.Desk.from_bytes(engine, first.to_bytes())
    assert begun + second.observe(sample.slice(middle)) == expected
    assert second.to_bytes() == whole.to_bytes()
    assert second.next(5) == whole.next(5) and second.alerts() == whole.alerts()
    with pytest.raises(ValueError, match="snapshot"):
        hearken.Desk.from_bytes(engine, b"nothing")


def test_desks_merge(engine, sample):
    shards = [hearken.Desk(engine, lateness=None, watch=False) for _ in range(2)]
    shards[0].observe(sample.slice(0, 500))
    shards[1].observe(sample.slice(500))
    whole = hearken.Desk(engine, lateness=None)
    whole.merge(shards[0])
    whole.merge(shards[1])
    whole.finish()
    alone = hearken.Desk(engine, lateness=None)
    alone.observe(sample)
    alone.finish()
    assert whole.next(5) == alone.next(5)
    with pytest.raises(ValueError, match="was merged into another"):
        shards[0].next()
    with pytest.raises(ValueError, match="itself"):
        whole.merge(whole)
    with pytest.raises(ValueError, match="has a watch"):
        whole.merge(hearken.Desk(engine))


def test_trends_merge_in_any_order_to_the_same_bytes(engine, sample):
    whole = hearken.Trends(engine)
    whole.observe(sample)
    parts = []
    for start in range(0, sample.num_rows, 300):
        part = hearken.Trends(engine)
        part.observe(sample.slice(start, 300))
        parts.append(hearken.Trends.from_bytes(engine, part.to_bytes()))
    for order in [parts, parts[::-1]]:
        merged = hearken.Trends(engine)
        for part in order:
            merged.merge(part)
        assert merged.to_bytes() == whole.to_bytes()
        assert merged.alerts() == whole.alerts()
    assert whole.counts()["posts"] == sample.num_rows
    assert whole.alerts() and "sentence" in whole.alerts()[0]
    rows = whole.window(0, 2**52).to_arrow().to_pylist()
    everything = next(row for row in rows if row["kind"] == "all")
    assert everything["posts"] + everything["spam"] == sample.num_rows


OWN = """
[own]
en = ["#summeroftelmo"]

[[topic]]
id = "anything"
terms = { en = ["anything"] }
"""


def test_the_campaigns_of_the_taxonomy_are_quiet():
    day, start = 86_400, 1_772_409_600
    posts = [(start + hour * 3600, hour, "An ordinary afternoon") for hour in range(4 * 24)]
    wave = start + 2 * day + 12 * 3600
    posts += [(wave + 90 * number, 1000 + number, f"Seen the tents of #SummerOfTelmo {number}") for number in range(25)]
    posts.sort()
    table = pa.table(
        {
            "created_at": [at for at, _, _ in posts],
            "author.id": [f"a{author}" for _, author, _ in posts],
            "text": [text for _, _, text in posts],
        }
    )

    def alerts(**made):
        trends = hearken.Trends(hearken.Engine(**made))
        trends.observe(table)
        return trends.alerts()

    name = "hashtag:summeroftelmo"
    assert any(alert["key"] == name for alert in alerts())
    quiet = alerts(taxonomy=OWN.encode())
    assert not any(alert["key"] == name for alert in quiet)
    assert all(alert["severity"] == 1 for alert in quiet if alert["own"])


def test_campaigns_merge_in_any_order_to_the_same_bytes(engine, sample):
    # All of the sample is in the window, so nothing leaves it.
    made = {"window": 10 * 86_400.0}
    posts = sample.sort_by("created_at")
    whole = hearken.Campaigns(engine, **made)
    whole.observe(posts)
    parts = []
    for shard in range(3):
        part = hearken.Campaigns(engine, **made)
        part.observe(posts.take(list(range(shard, posts.num_rows, 3))))
        parts.append(hearken.Campaigns.from_bytes(engine, part.to_bytes()))
    for order in [parts, parts[::-1]]:
        merged = hearken.Campaigns(engine, **made)
        for part in order:
            merged.merge(part)
        assert merged.to_bytes() == whole.to_bytes()
        assert merged.found() == whole.found() and merged.found()
        assert merged.marked().to_arrow() == whole.marked().to_arrow()
    marked = whole.marked().to_arrow()
    named = {campaign["id"]: campaign["marked"] for campaign in whole.found()}
    assert len(marked) == sum(named.values()) and set(marked["campaign"].to_pylist()) == set(named)
    counts = whole.counts()
    assert counts["posts"] > 0 and counts["expired"] == counts["late"] == 0
    assert hearken.Campaigns(engine).found() == []
    with pytest.raises(ValueError, match="different settings"):
        whole.merge(hearken.Campaigns(engine, window=60))
    with pytest.raises(ValueError, match="at least a minute"):
        hearken.Campaigns(engine, window=1)


def test_a_report_is_that_of_the_command_line(sample):
    run = [command(), "report", "--quiet", "--json", str(SAMPLE)]
    expected = json.loads(subprocess.run(run, check=True, capture_output=True).stdout)
    page = hearken.report(sample)
    found = page.to_dict()
    for report in (found, expected):
        report["about"].pop("inputs", None)
    assert found == expected
    assert page.html.startswith("<!DOCTYPE html>") and len(page.html) <= 400_000
    # A table has no name that could be shown.
    assert "Posts from" not in page.html
    czech = hearken.report(sample, language="cs", texts=False)
    assert 'lang="cs"' in czech.html
    with pytest.raises(ValueError, match="language"):
        hearken.report(sample, language="xx")


def test_notebooks(engine, sample, tmp_path):
    shown = engine.triage(sample)._repr_html_()
    assert shown.startswith("<iframe srcdoc=") and "&lt;" not in shown.split("srcdoc")[0]
    assert f"<h1>{sample.num_rows} posts</h1>" in shown and "<mark" in shown and "<svg" in shown
    why = engine.explain("My phone exploded! Where is my refund?")
    assert "<mark" in why._repr_html_() and "<svg" in why._repr_html_()
    assert sum(why.parts.values()) == why.to_dict()["importance"]["score"]
    assert json.loads(why.to_json()) == why.to_dict()
    page = hearken.report(sample)
    page.save(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page.html
    # A text can't leave its frame.
    evil = engine.triage(['"></iframe><script>alert(1)</script>'])._repr_html_()
    assert '"></iframe><script>' not in evil


def test_explaining_a_post_with_its_fields(engine, posts):
    line = next(post for post in posts if post.get("author", {}).get("followers"))
    run = [command(), "triage", "--quiet", "--explain"]
    given = json.dumps(line)
    expected = subprocess.run(run, input=given, check=True, capture_output=True, text=True).stdout
    assert engine.explain(line).to_json() + "\n" == expected
    with pytest.raises(ValueError, match="text"):
        engine.explain({"id": 1})


def test_masking(engine):
    texts = ["Call 604 123 456", None, "nothing personal"]
    masked = engine.mask(pa.table({"text": texts}))
    assert masked == engine.mask(texts)
    assert "[phone]" in masked[0] and masked[1] is None and masked[2] == texts[2]
    assert engine.mask(texts[0]) == masked[0]
