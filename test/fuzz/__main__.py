# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Fuzz the code that takes bytes from outside: image messages, model manifests, bags."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from bgflow_ros.segmentation.files import write_atomically

TARGETS = {
    "image": "fields of a sensor_msgs/Image",
    "depth": "fields of a depth image, its points",
    "compressed": "data of a sensor_msgs/CompressedImage",
    "manifest": "manifest.yaml of a model",
    "mcap": "an MCAP file as a bag",
    "db3": "an SQLite file as a bag",
}
"""Names of the targets in `targets.py`, which needs atheris."""
PACKAGES = ("atheris", "numpy", "opencv-python-headless", "pyyaml", "rosbags")
HANG, MEGABYTES = 20, 2048
"""Limits of one input: seconds and megabytes."""


@dataclass(frozen=True)
class Outcome:
    """Outcome of fuzzing one target."""

    target: str
    inputs: int
    seconds: float
    reached: str
    """Number of edges of the instrumented code that were reached."""
    found: str
    """Last line of the error and the file of the input; empty if there was no error."""


def main() -> int:
    """Fuzz all targets; return 1 if an error was found."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)} (all)")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of libFuzzer (%(default)s)")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where fuzzing.md goes, and inputs that break something"
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.targets) - TARGETS.keys():
        parser.error(f"no target {', '.join(sorted(unknown))}; expected of {', '.join(TARGETS)}")
    out = arguments.out or Path(tempfile.mkdtemp(prefix="fuzz"))
    out.mkdir(parents=True, exist_ok=True)
    outcomes = []
    for target in arguments.targets or TARGETS:
        print(f"{target}: {arguments.seconds} s", file=sys.stderr)
        outcomes.append(fuzz(target, arguments.seconds, arguments.seed, out))
        write_atomically(out / "fuzzing.md", table(outcomes, arguments.seed).encode())
    print((out / "fuzzing.md").read_text())
    return int(any(outcome.found for outcome in outcomes))


def fuzz(target: str, seconds: int, seed: int, out: Path) -> Outcome:
    """Fuzz one target in a process of its own."""
    options = [f"-max_total_time={seconds}", f"-seed={seed}", "-print_final_stats=1", f"-timeout={HANG}"]
    options += [f"-rss_limit_mb={MEGABYTES}", f"-malloc_limit_mb={MEGABYTES}", f"-artifact_prefix={out}/{target}-"]
    with tempfile.TemporaryDirectory() as corpus:
        began = time.monotonic()
        command = [sys.executable, "-m", "fuzz.one", target, corpus, *options]
        ran = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    log = ran.stderr
    inputs = [int(a or b) for a, b in re.findall(r"number_of_executed_units: (\d+)|^#(\d+)", log, re.MULTILINE)]
    covered = re.findall(r"cov: (\d+)", log)
    found = ""
    if ran.returncode:
        reasons = re.findall(r"Uncaught Python exception: ===\s*(.*)|ERROR: (libFuzzer.*)", log)
        files = re.findall(r"Test unit written to (\S+)", log)
        reason = next((a or b for a, b in reasons), log[-300:])
        found = f"{reason} ({Path(files[-1]).name if files else 'no input'})"
    return Outcome(target, max(inputs, default=0), time.monotonic() - began, covered[-1] if covered else "-", found)


def table(outcomes: list[Outcome], seed: int) -> str:
    """Markdown table of the outcomes."""
    lines = [
        f"# Fuzzing, seed {seed}",
        "",
        "| target | what | inputs | seconds | edges reached | found |",
        "| --- | --- | ---: | ---: | ---: | --- |",
    ]
    for o in outcomes:
        found = o.found.replace("|", "\\|") or "nothing"
        lines.append(f"| {o.target} | {TARGETS[o.target]} | {o.inputs} | {o.seconds:.0f} | {o.reached} | {found} |")
    versions = ", ".join(
        f"{name} {version(name)}" for name in ("atheris", "numpy", "opencv-python-headless", "pyyaml", "rosbags")
    )
    return "\n".join([*lines, "", f"{versions}; `scripts/fuzz --seed {seed} --out DIR`.", ""])


if __name__ == "__main__":
    sys.exit(main())
