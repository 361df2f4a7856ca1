#!/usr/bin/env python3
"""Checks `cargo metadata` against deny.toml: licences, crates in two versions, and where crates come from.

usage: licences.py [MANIFEST…]        (Cargo.toml of this workspace, if none is given)

`cargo deny check` asks the advisories too; this needs nothing but cargo and Python 3.11.
"""
import json
import re
import subprocess
import sys
import tomllib
from collections import defaultdict


def allowed(expression, allow):
    """Whether an SPDX expression can be met: every AND, and of each OR one."""
    words = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))

    def choice(at):
        good, at = both(at)
        while at < len(words) and words[at] == "OR":
            other, at = both(at + 1)
            good |= other
        return good, at

    def both(at):
        good, at = single(at)
        while at < len(words) and words[at] == "AND":
            other, at = single(at + 1)
            good &= other
        return good, at

    def single(at):
        if words[at] == "(":
            good, at = choice(at + 1)
            return good, at + 1
        name, at = words[at], at + 1
        if at < len(words) and words[at] == "WITH":
            return f"{name} {' '.join(words[at:at + 2])}" in allow, at + 2
        return name in allow, at

    good, at = choice(0)
    return good and at == len(words)


def problems(manifest, rules):
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--all-features", "--manifest-path", manifest]
    metadata = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    versions = defaultdict(set)
    for package in metadata["packages"]:
        name, licence, source = package["name"], package["license"], package["source"]
        versions[name].add(package["version"])
        if not licence:
            yield f"{name} states no licence; ask its authors or take another crate"
        elif not allowed(licence, rules["licenses"]["allow"]):
            yield f"{name} is under {licence}, which deny.toml does not allow"
        if source and not source.startswith("registry+"):
            yield f"{name} comes from {source}; take a released version"
    skipped = {entry["name"] for entry in rules["bans"]["skip"]}
    for name, found in sorted(versions.items()):
        if len(found) > 1 and name not in skipped:
            yield f"{name} is there as {', '.join(sorted(found))}; use one, or say in deny.toml why not"


def main():
    with open("deny.toml", "rb") as file:
        rules = tomllib.load(file)
    count = 0
    for manifest in sys.argv[1:] or ["Cargo.toml"]:
        for problem in problems(manifest, rules):
            print(f"{manifest}: {problem}")
            count += 1
    print(f"{count} problems with licences and versions")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
