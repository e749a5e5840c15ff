# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Cross-fitting: each image is scored by a fit that has not seen its room."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import yaml

torch = pytest.importorskip("torch", reason="needs the train extra")

from support import made_rooms

from bgflow_ros.tools.cli.main import main
from bgflow_train.data.folds import ALWAYS, CROSS_FITTED, Fold, fold_numbers
from bgflow_train.data.splits import Splits, group_rooms
from bgflow_train.evaluation.metrics import summary
from bgflow_train.model.fitted import Fitted
from bgflow_train.training import crops
from bgflow_train.training.crops import open_sources

SIZE = ["--size", "128x96"]
SMALL = [*SIZE, "--crop", "96x64", "--steps", "2", "--batch", "2"]


@contextmanager
def splits_of(made: Path) -> Iterator[None]:
    """Use the splits of the made images, whose names tell no rooms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Splits, "load", classmethod(lambda cls: made_rooms.splits_of(made)))
        for module in ("data.folds", "export.reporting"):
            patch.setattr(f"bgflow_train.{module}.group_rooms", lambda ids: [[id] for id in ids])
        yield


@pytest.fixture
def made_splits(made: Path) -> Iterator[None]:
    with splits_of(made):
        yield


@pytest.fixture(scope="module")
def backbones(made: Path, rendered: Path, few_blocks: None, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Backbones of two folds, each trained further from one that has seen the images of no fold."""
    out = tmp_path_factory.mktemp("backbones")
    train = ["train", "--data", str(made), "--rooms", str(rendered), *SMALL]
    with splits_of(made):
        assert main([*train, "--init", "random", "--out", str(out / "first")]) == 0
        for number in (1, 2):
            fold = ["--fold", f"{number}/2", "--init", str(out / "first"), "--out", str(out / str(number))]
            assert main([*train, *fold]) == 0
    return [out / "1", out / "2"]


@pytest.fixture(scope="module")
def fit(made: Path, backbones: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the fit of both."""
    out = tmp_path_factory.mktemp("fit")
    with splits_of(made):
        assert main([*command(made, backbones), "--out", str(out)]) == 0
    return out


def command(made: Path, backbones: list[Path]) -> list[str]:
    folders = ",".join(map(str, backbones))
    return ["fit", "--backbone", folders, "--data", str(made), *SIZE, "--scores", "head,gaussian6"]


@pytest.fixture
def drawing(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one drawing on a reported image stand for all."""
    monkeypatch.setattr(crops, "DRAWN_ROOMS", tmp_path)
    image = next((made / "rooms/gazebo_aws_house/rgb").iterdir()).relative_to(made)
    content = {"imagePath": str(image), "imageHeight": 96, "imageWidth": 128, "shapes": []}
    (tmp_path / "drawing.json").write_text(json.dumps(content))


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("name", CROSS_FITTED)
def test_every_image_is_held_out_once_and_no_room_is_on_both_sides(name: str, count: int) -> None:
    parts = [Fold(number, count) for number in range(1, count + 1)]
    held_out = [part.ids(name, held_out=True) for part in parts]
    everything = sorted(id for split in CROSS_FITTED[name] for id in Splits.load().ids(name, split))
    always = Splits.load().ids(name, ALWAYS[name]) if name in ALWAYS else []
    assert sorted(id for ids in held_out for id in ids) == everything
    assert max(map(len, held_out)) - min(map(len, held_out)) <= 1
    for part, ids in zip(parts, held_out, strict=True):
        assert sorted([*ids, *part.ids(name, held_out=False)]) == sorted([*everything, *always])
    if name == "nyu":
        numbers = fold_numbers(name, count)
        assert all(len({numbers.get(id) for id in room}) == 1 for room in group_rooms([*everything, *always]))


def test_no_reported_image_is_in_a_fold() -> None:
    splits = Splits.load()
    reported = {id for parts in splits.sets.values() for id in parts.get("test", ())}
    reported |= {id for ids in splits.sets["generalization"].values() for id in ids}
    assert not reported & {id for name in CROSS_FITTED for id in fold_numbers(name, 3)}


@pytest.mark.parametrize("text", ["", "1", "0/3", "4/3", "1/1", "1/3x", "-1/3"])
def test_what_is_no_fold_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="expected NUMBER/COUNT, such as 1/3"):
        Fold.parse(text)


def test_a_fold_trains_on_all_photographs_but_its_own(
    made: Path, rendered: Path, made_splits: None, drawing: None
) -> None:
    fold = Fold(1, 3)
    sources = open_sources(made, rendered, 0.5, 0.5, fold)
    assert [source.dataset.name for source in sources] == ["nyu/all but fold 1/3", "photographs", "rooms/fit"]
    seen = {id.rpartition("/")[2] for source in sources for id in source.dataset.ids}
    for name in CROSS_FITTED:
        assert seen >= set(fold.ids(name, held_out=False))
        assert not seen & set(fold.ids(name, held_out=True))


def test_each_image_is_scored_by_the_fit_that_has_not_seen_it(
    made: Path, made_splits: None, fit: Path, backbones: list[Path]
) -> None:
    fitted = Fitted.load(fit)
    assert [str(fold) for fold in fitted.held_out] == ["1/2", "2/2"]
    for number, (part, folder) in enumerate(zip(fitted.folds, backbones, strict=True), 1):
        trained = json.loads((folder / "pyramid.json").read_text())["data"]
        assert {name for name, data in trained.items() if data["share"]} == {
            f"nyu/all but fold {number}/2",
            "rooms/fit",
        }
        assert part.fusion == fitted.fusion
        assert f"nyu/all but fold {number}/2" in part.record["data"]
        for name in CROSS_FITTED:
            for id in Fold(number, 2).ids(name, held_out=True):
                assert fitted.systems.of(f"{name}/{id}")[0] is part.backbone
    assert fitted.systems.of("00009_0")[0] is fitted.backbone
    whole, *parts = (one.backbone.state_dict()["head.weight"] for one in (fitted, *fitted.folds))
    assert torch.allclose(whole, sum(parts) / 2)
    assert main([*command(made, backbones), "--out", str(fit)]) == 0, "a finished fit is only read"


def test_its_model_says_so_and_what_would_need_unseen_images_is_refused(
    made: Path,
    rendered: Path,
    made_splits: None,
    fit: Path,
    few_views: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("bgflow_train.evaluation.evaluation.summary", partial(summary, resamples=20))
    model, data = tmp_path / "model", ["--data", str(made)]
    assert main(["export", str(fit), *data, "--unseen-rooms", str(rendered), "--out", str(model)]) == 0
    manifest = yaml.safe_load((model / "manifest.yaml").read_text())
    assert manifest["training"]["held_out"] == ["1/2", "2/2"]
    assert "the mean of 2 such trainings" in manifest["encoder"]["weights"]
    sources = manifest["calibration"]["operating_points_by_source"]
    assert {name: source["pictures"] for name, source in sources.items()} == {
        "nyu/2 folds": 12,
        "photographs": 104,
        "rooms/all": 10,
    }
    assert manifest["contrast"]["guarantee"].startswith("the least of 116 images")
    for verb in ("thresholds", "contrast"):
        assert main([verb, str(model), *data]) == 2
        assert "was trained on the images that would tell this (folds 1/2, 2/2)" in capsys.readouterr().err


def test_folds_that_do_not_belong_together_are_refused(
    made: Path, made_splits: None, backbones: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for wrong in (backbones[:1] * 2, [backbones[0], backbones[0].parent / "first"]):
        assert main([*command(made, wrong), "--out", str(tmp_path / "fit")]) == 2
        assert capsys.readouterr().err


def test_weights_that_may_have_seen_the_fold_are_refused(
    made: Path, made_splits: None, backbones: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train = ["train", "--data", str(made), *SMALL, "--fold", "2/2", "--out", str(tmp_path / "out")]
    assert main([*train, "--init", str(backbones[0])]) == 2
    assert "may have seen fold 2/2" in capsys.readouterr().err
