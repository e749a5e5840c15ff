# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The time that making a model takes, measured on small images that the test makes."""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the train extra")

from support.crowding import crowding

from bgflow_ros.segmentation.errors import UserError
from bgflow_train.cli import benchmark_training
from bgflow_train.studies.speed import training
from bgflow_train.training.recipe import Recipe


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    benchmark_training.add_arguments(parser)
    return benchmark_training.run(parser.parse_args(arguments))


def test_each_step_is_timed_and_told(
    made: Path,
    splits: None,
    few_crops: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # The steps are those of the default recipe, on a canvas of the made images' size and with a small flow. On such a
    # canvas layer 5 has fewer cells than a flow needs.
    scores = tuple(score for score in Recipe().scores if score != "hybrid5")
    monkeypatch.setattr(training, "Recipe", partial(Recipe, scores=scores, width=128, height=96))
    monkeypatch.setattr(training, "COUPLINGS", 2)
    assert run("--data", str(made), "--out", str(tmp_path)) == 0
    found = json.loads((tmp_path / "training.json").read_text())
    assert found["pictures"] == 24
    assert found["seconds"].keys() == {"features", "features_read", "fit", "flow"}
    assert all(seconds > 0 for seconds in found["seconds"].values())
    assert found["seconds"]["features_read"] < found["seconds"]["features"] * crowding()
    assert found["flow"]["epochs"] >= 1
    assert 100 < found["peak_memory_mib"] < 20_000
    table = capsys.readouterr().out
    assert table.startswith((tmp_path / "training.md").read_text())
    assert "| `bgflow fit` of the default model |" in table


def test_a_folder_without_the_pictures_is_the_users_to_mend(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        run("--data", str(tmp_path), "--out", str(tmp_path / "out"))
