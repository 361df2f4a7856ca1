"""Triage of social-media posts: spam, importance, topic and sentiment, explained.

>>> import hearken
>>> engine = hearken.Engine()
>>> answers = engine.triage(["Where is my refund?", "谢谢，已经解决了"])
>>> len(answers)
2
>>> answers.to_arrow().column("disposition").to_pylist()
['needs_answer', 'thanks']
"""

from ._hearken import (
    Answers,
    Campaigns,
    Desk,
    Engine,
    Explanation,
    Model,
    Page,
    Table,
    Trends,
    __version__,
    evaluate,
    report,
    series,
    train,
)

__all__ = [
    "Answers",
    "Campaigns",
    "Desk",
    "Engine",
    "Explanation",
    "Model",
    "Page",
    "Table",
    "Trends",
    "__version__",
    "evaluate",
    "report",
    "series",
    "train",
]
