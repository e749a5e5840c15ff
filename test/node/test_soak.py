# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The soak itself: what it counts, and what it takes for a failure."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from support import SUPPORT

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from soak.report import Sample, Soaked
from support.robot import environment


def soaked(**changes: object) -> Soaked:
    """Half an hour in which all was well, but for the changes."""
    samples = [Sample(float(second), 300.0, 200.0, 20, 30) for second in range(0, 1800, 5)]
    ages = [(second / 2, 20.0) for second in range(3600)]
    well = {"received": 100, "answered": 90, "dropped": {"superseded": 10}, "samples": samples, "ages": ages}
    return Soaked(seed=0, minutes=30, **(well | changes))  # type: ignore[arg-type]


def test_when_all_is_well_nothing_is_told() -> None:
    assert soaked().failures() == []
    assert soaked().slope == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("changes", "failure"),
    [
        ({"answered": 89}, "1 frames were delivered and neither answered nor counted"),
        (
            {"samples": [Sample(t, 300.0, 200 + t / 100, 20, 30) for t in range(0, 1800, 5)]},
            "private memory grew by 14.4 MB",
        ),
        ({"ages": [(t / 2, 20 + t / 400) for t in range(3600)]}, "masks became 7.2 ms older"),
    ],
)
def test_what_is_wrong_is_told(changes: dict[str, object], failure: str) -> None:
    [told] = soaked(**changes).failures()
    assert failure in told


def test_memory_that_grows_before_it_has_settled_is_no_failure() -> None:
    samples = [Sample(float(t), 300.0, 100 + min(t, 300), 20, 30) for t in range(0, 1800, 5)]
    assert soaked(samples=samples).failures() == []


def test_what_the_middleware_shares_is_told_beside() -> None:
    shared = soaked(samples=[Sample(float(t), 300 + t / 10, 200.0, 20, 30) for t in range(0, 1800, 5)])
    assert shared.resident_grown > 100
    assert shared.failures() == []


def test_a_short_soak_says_nothing_of_growth() -> None:
    short = soaked(samples=[Sample(1.0, 300.0, 200.0, 20, 30)], ages=[(1.0, 20.0)])
    assert math.isnan(short.grown)
    assert math.isnan(short.older)
    assert short.failures() == []


@pytest.mark.skipif(find_spec("matplotlib") is None, reason="needs the train extra")
def test_a_soak_of_a_few_seconds_from_end_to_end(tiny: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "soak", "--minutes", "0.05", "--out", str(tmp_path), "--model", str(tiny)]
    command += ["--faults", "services", "--seed", "2"]  # which waits for a short time before the first fault
    own = environment() | {"PYTHONPATH": os.pathsep.join((str(SUPPORT.parent), os.getcwd()))}  # noqa: PTH109
    ran = subprocess.run(command, env=own, capture_output=True, text=True, timeout=100, check=False)
    assert ran.returncode == 0, ran.stderr
    found = json.loads((tmp_path / "soak.json").read_text())
    assert found["answered"] > 20
    assert found["unaccounted"] == 0
    assert {name for _, name in found["faults"]} == {"services"}
    assert "received, neither answered nor counted | 0 |" in (tmp_path / "soak.md").read_text()
    assert (tmp_path / "soak.png").stat().st_size > 5000
