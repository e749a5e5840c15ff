# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The time of the packaged model on computers that are not at hand."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import pytest

pytest.importorskip("onnx", reason="needs the train extra")

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.model import Model
from bgflow_train.cli import benchmark_estimate
from bgflow_train.studies.speed.limits import Limits, bound
from bgflow_train.studies.speed.operations import count

RESULTS = Path(__file__).resolve().parents[2] / "results" / "speed"
RATES = RESULTS / "published.json"


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    benchmark_estimate.add_arguments(parser)
    return benchmark_estimate.run(parser.parse_args(arguments))


def record(path: Path, limits: Limits, gap: float) -> str:
    """Write what `bgflow benchmark systems` would on a computer where each network takes `gap` times its bound."""
    model = Model.load()
    graphs = {"bgflow int8": model.int8 or b"", "bgflow float32": model.graph}
    systems = [
        {"name": name, "network_ms": 1e3 * gap * bound(count(graph).operations, limits)}
        for name, graph in graphs.items()
    ]
    machine = {"processor": path.stem, "flags": ["avx2"]}
    made = {"systems": systems, "machine": machine, "setting": {"threads": 2}, "limits": asdict(limits)}
    path.write_text(json.dumps(made))
    return str(path)


def test_a_computer_takes_its_bound_times_the_gaps_of_the_measured_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slow, fast = Limits(20e9, 40e9, 10e9), Limits(200e9, 800e9, 40e9)
    records = [record(tmp_path / "slow.json", slow, 2.0), record(tmp_path / "fast.json", fast, 3.0)]
    assert run(*records, "--rates", str(RATES), "--out", str(tmp_path / "out")) == 0
    found = json.loads((tmp_path / "out" / "estimate.json").read_text())
    names = [computer["computer"] for computer in json.loads(RATES.read_text())]
    assert found.keys() == {"bgflow int8", "bgflow float32"}
    for rows in found.values():
        measured, others = rows[:2], rows[2:]
        assert [row["least_ms"] / row["bound_ms"] for row in measured] == pytest.approx([3.0, 2.0])
        assert [row["measured_ms"] / row["bound_ms"] for row in measured] == pytest.approx([2.0, 3.0])
        assert [row["computer"].rpartition(", ")[0] for row in others] == names
        assert all(row["least_ms"] / row["bound_ms"] == pytest.approx(2.0) for row in others)
        assert all(row["most_ms"] / row["bound_ms"] == pytest.approx(3.0) for row in others)
        assert all(row["measured_ms"] is None for row in others)
    assert "Raspberry Pi 5" in capsys.readouterr().out


def test_one_record_does_not_show_the_error(tmp_path: Path) -> None:
    only = record(tmp_path / "only.json", Limits(20e9, 40e9, 10e9), 2.0)
    with pytest.raises(UserError, match="two of different processors"):
        run(only, "--rates", str(RATES), "--out", str(tmp_path / "out"))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"systems": [], "machine": {"flags": []}}'])
def test_another_file_is_refused(text: str, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text(text)
    good = record(tmp_path / "good.json", Limits(20e9, 40e9, 10e9), 2.0)
    with pytest.raises(UserError, match=r"other\.json"):
        run(good, str(other), "--rates", str(RATES), "--out", str(tmp_path / "out"))
    with pytest.raises(UserError, match=r"published\.json"):
        run(good, good, "--rates", str(other), "--out", str(tmp_path / "out"))
