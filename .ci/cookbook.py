"""Runs the blocks of docs/cookbook.md in their order, in one shell and an empty folder.

    cookbook.py PATH-OF-PROGRAMS

PATH-OF-PROGRAMS are folders with `hearken`, `hearken-service`, `datasette` and a `python3` that has DuckDB, parted by
colons. The first block that fails is named. All of it has three minutes.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
MOST = 180  # seconds


def main() -> int:
    text = (ROOT / "docs/cookbook.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```bash\n(.*?)^```$", text, re.M | re.S)
    script = ["set -euo pipefail", "trap 'jobs -p | xargs -r kill -9 2>/dev/null || true' EXIT"]
    for number, block in enumerate(blocks, 1):
        script += [f"echo '--- block {number} of {len(blocks)}'", block]
    programs = ":".join(str(pathlib.Path(folder).resolve()) for folder in sys.argv[1].split(":"))
    environment = os.environ | {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "SAMPLE": str(ROOT / "data/sample/posts.jsonl"),
    }
    with tempfile.TemporaryDirectory() as folder:
        # `set -m` numbers the service as %1. A group of its own, so that a time-out ends all of it.
        shell = subprocess.Popen(["bash", "-c", "set -m\n" + "\n".join(script)], cwd=folder, env=environment,
                                 start_new_session=True)
        try:
            code = shell.wait(MOST)
        except subprocess.TimeoutExpired:
            print(f"docs/cookbook.md: not done within {MOST} s")
            code = 1
        finally:
            subprocess.run(["pkill", "-KILL", "-s", str(shell.pid)], check=False)
        if code != 0:
            log = pathlib.Path(folder) / "service.log"
            if log.exists():
                print(log.read_text()[-2000:])
    if code == 0:
        print(f"{len(blocks)} passed, 0 failed")
    return 1 if code else 0


if __name__ == "__main__":
    sys.exit(main())
