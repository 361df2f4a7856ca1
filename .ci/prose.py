"""Fails on lines of Rust comments that are wider than 100 columns, which rustfmt leaves as they are.

A Han character or an emoji takes two columns. Code between ``` is no prose; rows of a table and lines of one long word
(a link) can't be broken.
"""

import sys
import unicodedata
from pathlib import Path

MOST = 100


def width(line: str) -> int:
    """Columns of a line on a terminal."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in line)
    marks = sum(unicodedata.combining(character) > 0 for character in line)
    return len(line) + wide - marks


def is_breakable(line: str) -> bool:
    """Whether a comment could be broken."""
    text = line.lstrip("/! ")
    return " " in text and not text.startswith("|")


def main() -> int:
    found = 0
    for folder in sys.argv[1:]:
        for path in sorted(Path(folder).rglob("*.rs")):
            if "target" in path.parts:
                continue
            is_code = False
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                line = line.rstrip()
                if not line.lstrip().startswith("//"):
                    is_code = False
                    continue
                if line.lstrip(" /!").startswith("```"):
                    is_code = not is_code
                if not is_code and is_breakable(line.strip()) and width(line) > MOST:
                    found += 1
                    print(f"{path}:{number}: a comment of {width(line)} columns; break it at {MOST}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
