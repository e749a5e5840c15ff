# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The manifest and the card of the packaged model, as the code that exports would write them today."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the train extra")

from bgflow_ros.segmentation.model import DEFAULT_MODEL, MANIFEST, Model, ModelError
from bgflow_train.export.manifest import Manifest
from bgflow_train.export.model_card import model_card

PACKAGED = Path(__file__).resolve().parents[2] / "models" / DEFAULT_MODEL


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return Manifest.load(PACKAGED)


def test_a_manifest_is_written_as_it_was_read(manifest: Manifest, tmp_path: Path) -> None:
    manifest.write(tmp_path)
    assert (tmp_path / MANIFEST).read_bytes() == (PACKAGED / MANIFEST).read_bytes()


def test_the_card_follows_from_the_manifest_and_ends_with_the_notes(manifest: Manifest) -> None:
    assert (PACKAGED / "README.md").read_text().startswith(model_card(manifest, ""))
    assert model_card(manifest, "It was looked at.\n") == model_card(manifest, "") + "It was looked at.\n"


def test_the_manifest_describes_the_graph_that_the_robot_loads(manifest: Manifest) -> None:
    model = Model.load(PACKAGED)
    assert (manifest.name, manifest.sha256, manifest.width, manifest.height, manifest.stride) == (
        model.name,
        model.sha256,
        model.width,
        model.height,
        model.stride,
    )


def test_flows_on_three_layers_decide(manifest: Manifest) -> None:
    flows = [score for score in manifest.scores if score["kind"] == "flow"]
    assert {score["layer"] for score in flows} >= {5, 6, 7}
    assert sum(score["weight"] for score in flows) >= 0.5


def test_a_part_that_is_replaced_keeps_its_place_and_a_new_one_comes_last(manifest: Manifest) -> None:
    assert list(manifest.added) == ["contrast", "int8"]
    replaced = manifest.with_part("contrast", {})
    assert list(replaced.added) == ["contrast", "int8"]
    assert replaced.added["contrast"] == {}
    once = Manifest(**vars(manifest) | {"added": {"contrast": {}}})
    assert list(once.with_part("int8", {}).added) == ["contrast", "int8"]


@pytest.mark.parametrize("name", ["", "my model", "a/b", "häuser"])
def test_a_folder_that_no_model_can_be_called_after_is_refused(name: str) -> None:
    Manifest.check_name(DEFAULT_MODEL)
    with pytest.raises(ModelError, match=r"a model cannot be called .*; expected a folder"):
        Manifest.check_name(name)
