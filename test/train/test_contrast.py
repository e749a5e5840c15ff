# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Rooms beside views that show none: what the packaged model tells apart, and what its manifest says of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from bgflow_ros.segmentation.files import share
from bgflow_ros.segmentation.model import DEFAULT_MODEL, Model
from bgflow_ros.segmentation.segmenter import Segmenter

pytest.importorskip("torch", reason="needs the train extra")

from bgflow_ros.tools.cli.main import main
from bgflow_train.data import Sample
from bgflow_train.data.no_room import VIEWS
from bgflow_train.export import reporting
from bgflow_train.export.reporting import REPORT
from bgflow_train.model.partition import VALIDATE

ROOT = Path(__file__).resolve().parents[2]
HIDDEN = (
    "black",
    "a plain grey",
    "white",
    "noise",
    "colour bars",
    "a hand on the lens",
    "plaster at 10 cm",
    "out of focus, by 1/20 of the width",
)
"""Views in which nothing of a room is left; in the others a part of it is seen, or it is seen differently."""


@pytest.fixture(scope="module", params=["float32", "int8"])
def packaged(request: pytest.FixtureRequest) -> Segmenter:
    return Segmenter(Model.load(), "cpu", 1, request.param)


@pytest.fixture(scope="module")
def contrast() -> dict:
    """What the packaged model's manifest says."""
    return yaml.safe_load((share() / "models" / DEFAULT_MODEL / "manifest.yaml").read_text())["contrast"]


def sample(rgb: np.ndarray, mask: int = 1) -> Sample:
    return Sample(rgb, np.full(rgb.shape[:2], mask, np.uint8), "")


def test_frames_of_a_room_are_not_featureless(packaged: Segmenter, room: list[np.ndarray]) -> None:
    for image in room:
        segmentation = packaged(image)
        assert segmentation.contrast > 2 * packaged.model.min_contrast
        assert not segmentation.featureless


@pytest.mark.parametrize("name", HIDDEN)
def test_views_in_which_nothing_of_a_room_is_left_are(packaged: Segmenter, room: list[np.ndarray], name: str) -> None:
    for number, image in enumerate(room[::2]):
        view = VIEWS[name](sample(image), np.random.default_rng(number))
        assert view is not None
        assert (view.shape, view.dtype) == (image.shape, np.uint8)
        assert packaged(view).featureless


def test_the_model_may_be_sure_where_it_tells_nothing_apart(packaged: Segmenter, room: list[np.ndarray]) -> None:
    view = VIEWS["out of focus, by 1/20 of the width"](sample(room[0]), np.random.default_rng(0))
    assert np.abs(packaged(view).logit).mean() > 2
    assert packaged(view).featureless


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_a_view_is_the_same_whenever_it_is_made(name: str) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    first, second = (VIEWS[name](sample(rgb, mask=0), np.random.default_rng(1)) for _ in range(2))
    assert (first == second).all()


def test_a_surface_is_a_window_of_background_or_nothing() -> None:
    surface, rng = VIEWS["a wall, floor or ceiling that fills the view"], np.random.default_rng(0)
    rgb = np.zeros((48, 64, 3), np.uint8)
    rgb[20:40, 30:60] = 200
    mask = np.ones((48, 64), np.uint8)
    mask[20:40, 30:60] = 0
    assert (surface(Sample(rgb, mask, ""), rng) == 200).all()
    assert surface(sample(rgb, mask=1), rng) is None


def test_the_manifest_s_bound_is_the_least_of_images_that_the_fit_has_not_seen(contrast: dict) -> None:
    # The packaged model is cross-fitted, and the fits of its folds have no int8 graphs.
    assert contrast["precision"].keys() == {"float32"}
    least = min(found["validation"]["least"] for found in contrast["precision"].values())
    assert least - 0.01 < contrast["least"] <= least
    assert contrast["data"].keys() == {"nyu/3 folds", "photographs", *("/".join(split) for split in REPORT)}
    for found in contrast["precision"].values():
        assert found["views"].keys() == VIEWS.keys()
        for name in HIDDEN:
            assert found["views"][name]["below"] == found["views"][name]["images"], name
        assert found["reported"]["nyu/test"]["below"] < 0.01 * found["reported"]["nyu/test"]["images"]


def test_the_documentation_says_the_manifest_s_bound(contrast: dict) -> None:
    text = (ROOT / "doc" / "node.md").read_text()
    assert f"({contrast['least']:.2f} for the packaged model" in text
    assert f"rooms have {contrast['least']:.2f} or more" in text


def test_the_command_writes_bound_and_card_and_nothing_else(
    made: Path, splits: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The made images' names are no numbers that rooms could be told by, and fewer of them do.
    monkeypatch.setattr(reporting, "group_rooms", lambda ids: [ids])
    monkeypatch.setattr(reporting, "VALIDATE", VALIDATE[:1])
    monkeypatch.setattr("bgflow_train.evaluation.contrast.IMAGES", 1)
    model = tmp_path / "model"
    shutil.copytree(share() / "models" / DEFAULT_MODEL, model)
    before = yaml.safe_load((model / "manifest.yaml").read_text())
    del before["training"]["held_out"]  # of a model that was cross-fitted the command knows nothing
    (model / "manifest.yaml").write_text(yaml.safe_dump(before, sort_keys=False))
    graphs = [(model / name).read_bytes() for name in ("model.onnx", "model_int8.onnx")]
    (tmp_path / "notes.md").write_text("It was looked at.\n")
    assert main(["contrast", str(model), "--data", str(made), "--notes", str(tmp_path / "notes.md")]) == 0
    after = yaml.safe_load((model / "manifest.yaml").read_text())
    found, card = after["contrast"], (model / "README.md").read_text()
    assert found["data"]["nyu/validate"]["images"] == 12
    black = found["precision"]["int8"]["views"]["black"]
    assert black["images"] == black["below"] == 1
    assert f"least contrast of a room: {found['least']:.2f}" in capsys.readouterr().out
    assert f"below **{found['least']:.2f}**" in card
    assert card.endswith("It was looked at.\n")
    assert Model.load(model).min_contrast == found["least"] != before["contrast"]["least"]
    assert after | {"contrast": None} == before | {"contrast": None}
    assert [(model / name).read_bytes() for name in ("model.onnx", "model_int8.onnx")] == graphs


def test_a_folder_without_manifest_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contrast", str(tmp_path), "--data", str(tmp_path)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
