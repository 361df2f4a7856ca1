# What a contributor does, one recipe each. `just` lists them; without just, run the lines as they stand.
# CONTRIBUTING.md says when to do what.

set positional-arguments

# List the recipes.
default:
    @just --list --unsorted

# All tests, of every feature: just test, or just test --test queue.
test *arguments:
    cargo test --workspace "$@"
    cargo test -p hearken --all-features "$@"

# Clippy on all packages and targets; a warning fails.
lint:
    cargo clippy --workspace --all-targets -- -D warnings

# Format all packages, and fuzz.
fmt:
    cargo fmt --all
    cargo fmt --manifest-path fuzz/Cargo.toml

# The documentation of the library; a broken link fails.
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc -p hearken --no-deps

# Times, beside their floors: just bench, or just bench --bench stages.
bench *arguments:
    cargo bench -p hearken "$@"

# Instructions and cache misses a post, by callgrind: minutes; the load of the machine doesn't matter.
instructions:
    cargo bench -p hearken --all-features --bench instructions

# Write BENCHMARKS.md again, or a part of it: just benchmarks, or just benchmarks --only queue.
benchmarks *arguments:
    cargo build --release -p hearken-cli
    cargo bench -p hearken --features train --bench benchmarks -- -o BENCHMARKS.md "$@"

# Fuzz what is read and what remembers: just fuzz fold --seconds 60; just fuzz --help lists the targets.
fuzz target *options:
    cargo run --manifest-path fuzz/Cargo.toml --release -- "$@"

# Write EVALUATION.md again from the folder of sets.
evaluate sets:
    cargo run --release -p hearken-workshop -- evaluate-all "$1" -o EVALUATION.md

# Train the bundled models again from the folder of sets.
train-bundled data:
    cargo run --release -p hearken-workshop -- train-bundled --data "$1" -o data/models/bundled.model

# Everything that must hold before a change is taken, or one step: just ci lints.
ci *steps:
    .ci/run "$@"
