"""Types of the extension module; what each does is in its docstring."""

import os
from collections.abc import Callable, Iterable
from typing import Any, Literal, Protocol, TypeAlias, final

import pandas
import polars
import pyarrow

__all__ = [
    "__version__",
    "Engine",
    "Answers",
    "Table",
    "Explanation",
    "Desk",
    "Trends",
    "Model",
    "Page",
    "train",
    "evaluate",
    "series",
    "report",
]

__version__: str

class _Table(Protocol):
    def __arrow_c_stream__(self, requested_schema: Any = None) -> object: ...

class _Batch(Protocol):
    def __arrow_c_array__(self, requested_schema: Any = None) -> Any: ...

_Posts: TypeAlias = _Table | _Batch | Iterable[str | None] | Iterable[_Table] | Iterable[_Batch]
_File: TypeAlias = str | os.PathLike[str] | bytes | Model

@final
class Engine:
    def __new__(
        cls,
        *,
        models: _File | list[_File] | None = None,
        overlay: _File | list[_File] | None = None,
        taxonomy: _File | None = None,
        terms: _File | list[_File] | None = None,
        importance: _File | None = None,
        threads: int | None = None,
    ) -> Engine: ...
    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]: ...
    def triage(
        self,
        posts: _Posts,
        *,
        text: str = "text",
        columns: dict[str, str] | None = None,
        explain: bool = False,
        dictionary: bool = True,
        json: bool = False,
        model: bool = False,
        progress: Callable[[int], object] | bool | None = None,
    ) -> Answers: ...
    def explain(self, post: str | dict[str, Any]) -> Explanation: ...
    def mask(
        self, posts: str | _Posts, *, text: str = "text", columns: dict[str, str] | None = None
    ) -> Any: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def topics(self) -> list[str]: ...
    @property
    def heads(self) -> dict[str, list[str]]: ...

@final
class Answers:
    def __arrow_c_stream__(self, requested_schema: Any = None) -> object: ...
    def __len__(self) -> int: ...
    def to_arrow(self) -> pyarrow.Table: ...
    def to_polars(self) -> polars.DataFrame: ...
    def to_pandas(self) -> pandas.DataFrame: ...
    def to_jsonl(self) -> str: ...
    def _repr_html_(self) -> str: ...

@final
class Table:
    def __arrow_c_stream__(self, requested_schema: Any = None) -> object: ...
    def __len__(self) -> int: ...
    def to_arrow(self) -> pyarrow.Table: ...
    def to_polars(self) -> polars.DataFrame: ...
    def to_pandas(self) -> pandas.DataFrame: ...

@final
class Explanation:
    def to_dict(self) -> dict[str, Any]: ...
    def to_json(self) -> str: ...
    @property
    def parts(self) -> dict[str, int]: ...
    def _repr_html_(self) -> str: ...

@final
class Page:
    @property
    def html(self) -> str: ...
    def to_dict(self) -> dict[str, Any]: ...
    def save(self, path: str | os.PathLike[str]) -> None: ...
    def _repr_html_(self) -> str: ...

@final
class Model:
    def __new__(cls, data: bytes) -> Model: ...
    def __getnewargs__(self) -> tuple[bytes]: ...
    def to_bytes(self) -> bytes: ...
    def save(self, path: str | os.PathLike[str]) -> None: ...
    @property
    def tasks(self) -> list[str]: ...

@final
class Desk:
    def __new__(
        cls,
        engine: Engine,
        *,
        lateness: float | None = 0.0,
        queue: bool = True,
        trends: bool = True,
        watch: bool = True,
    ) -> Desk: ...
    @staticmethod
    def from_bytes(
        engine: Engine,
        data: bytes,
        *,
        lateness: float | None = 0.0,
        queue: bool = True,
        trends: bool = True,
        watch: bool = True,
    ) -> Desk: ...
    def to_bytes(self) -> bytes: ...
    def observe(
        self, posts: _Posts, *, text: str = "text", columns: dict[str, str] | None = None
    ) -> list[dict[str, Any]]: ...
    def finish(self) -> list[dict[str, Any]]: ...
    def advance(self, now: int) -> list[dict[str, Any]]: ...
    def answered(self, post: str, at: int) -> int: ...
    def next(self, count: int = 10) -> list[dict[str, Any]]: ...
    def alerts(self) -> list[dict[str, Any]]: ...
    def merge(self, other: Desk) -> list[dict[str, Any]]: ...

@final
class Trends:
    def __new__(
        cls, engine: Engine, *, pane: float = 300.0, measure: Literal["authors", "posts", "all"] = "authors"
    ) -> Trends: ...
    @staticmethod
    def from_bytes(engine: Engine, data: bytes) -> Trends: ...
    def to_bytes(self) -> bytes: ...
    def observe(
        self, posts: _Posts, *, text: str = "text", columns: dict[str, str] | None = None
    ) -> None: ...
    def merge(self, other: Trends) -> None: ...
    def counts(self) -> dict[str, int]: ...
    def alerts(
        self, *, budget: float = 2.0, warm_up: float = 24.0, least: int = 4, language: str = "en"
    ) -> list[dict[str, Any]]: ...
    def window(self, start: int, end: int) -> Table: ...

def train(
    table: _Table,
    *,
    label: str = "label",
    text: str = "text",
    task: str = "task",
    languages: list[str] | None = None,
    optimise: Literal["macro-f1", "accuracy"] = "macro-f1",
    seed: int = 1,
    progress: Callable[[str, float], object] | None = None,
) -> Model: ...
def evaluate(
    model: _File | Engine, table: _Table, *, label: str = "label", text: str = "text", task: str | None = None
) -> dict[str, Any]: ...
def series(
    table: _Table,
    *,
    time: str = "timestamp",
    value: str = "value",
    direction: Literal["both", "up", "down"] = "both",
) -> Table: ...
def report(
    posts: _Posts,
    *,
    engine: Engine | None = None,
    text: str = "text",
    columns: dict[str, str] | None = None,
    language: Literal["en", "cs", "zh-Hans", "zh-Hant"] = "en",
    time_zone: str = "UTC",
    top: int = 10,
    mask: bool = True,
    texts: bool = True,
) -> Page: ...
