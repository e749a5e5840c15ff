# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""From labelled pictures to a model on the robot, with the real commands on small pictures made here."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

pytest.importorskip("torch", reason="needs the train extra")

from bgflow_ros.cli.main import main
from bgflow_ros.model import Model
from bgflow_ros.segmenter import Segmenter
from bgflow_train import exporting, fitting
from bgflow_train import tally as tallying
from bgflow_train.calibration import Calibration
from bgflow_train.datasets import DatasetError, FolderDataset, Sample
from bgflow_train.datasets.named import open_named
from bgflow_train.fitting import Fitted
from bgflow_train.network import Network
from bgflow_train.splits import FOLDERS, NAMES, Splits, make, rooms
from bgflow_train.tally import tally

SMALL = ["--size", "256x192", "--couplings", "2", "--hidden", "4,4,4", "--epochs", "2"]


@pytest.fixture
def one_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """The made pictures' names are no numbers that rooms could be told by."""
    monkeypatch.setattr(exporting, "rooms", lambda ids: [ids])


def test_fit_export_evaluate_and_segment_go_hand_in_hand(
    made: Path, splits: None, one_room: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fit, model = tmp_path / "fit", tmp_path / "small"
    assert main(["fit", "--data", str(made), "--out", str(fit), *SMALL]) == 0
    assert main(["export", str(fit), "--data", str(made), "--out", str(model)]) == 0
    manifest = yaml.safe_load((model / "manifest.yaml").read_text())
    assert manifest["calibration"]["parity"]["largest_likelihood_difference"] < 1e-3
    assert manifest["training"]["data"]["nyu/fit"]["pictures"] == 12
    assert sorted(path.name for path in model.iterdir()) == ["README.md", "manifest.yaml", "model.onnx"]
    assert "| nyu/test | 3 |" in (model / "README.md").read_text()
    assert Model.load(model).static_threshold >= Model.load(model).foreground_threshold

    report = tmp_path / "report.json"
    rooms = made / FOLDERS["ade20k_rooms"]
    folders = ["--images", str(rooms / "rgb"), "--masks", str(rooms / "mask")]
    capsys.readouterr()
    assert main(["evaluate", str(model), *folders, "--json", str(report)]) == 0
    assert "AUROC" in capsys.readouterr().out
    result = json.loads(report.read_text())
    # The manifest says the same of the same pictures.
    assert result["metrics"] == pytest.approx(manifest["metrics"]["ade20k_rooms/test"]["metrics"])
    assert result["metrics"]["ap"] - result["metrics"]["ar"] == pytest.approx(result["metrics"]["pi"])
    assert result["metrics"]["auroc"] > 0.6, "even two epochs see a checkered thing on a wall"
    assert main(["evaluate", str(model), "--dataset", f"nyu:{made / 'nyu'}", "--split", "balanced"]) == 0
    assert main(["segment", str(rooms / "rgb"), "--model", str(model), "--out", str(tmp_path / "out")]) == 0


def test_a_second_fit_takes_what_is_there_and_another_recipe_is_refused(
    made: Path, splits: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["fit", "--data", str(made), "--out", str(tmp_path), *SMALL]
    assert main(command) == 0
    first = (tmp_path / "fitted.json").read_bytes()
    monkeypatch.setattr(fitting.RealNVP, "fit", lambda *_, **__: pytest.fail("fitted again"))
    assert main(command) == 0
    assert (tmp_path / "fitted.json").read_bytes() == first
    assert main([*command, "--seed", "1"]) == 2
    assert "recipe.seed 0 there, 1 asked for" in capsys.readouterr().err


def test_a_killed_evaluation_goes_on_and_ends_as_the_whole_one(
    made: Path, splits: None, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    segmenter = Segmenter(Model.load(tiny), "cpu")
    dataset = open_named(f"coco_indoor:{made / FOLDERS['coco_indoor']}", "validate")
    whole = tally(segmenter, dataset, tmp_path)
    monkeypatch.setattr(tallying, "PERIOD", 0.0)
    count, seen = tallying._count, []

    def killed_after_twenty(segmenter: Segmenter, sample: Sample) -> object:
        seen.append(sample.id)
        if len(seen) == 20:
            raise KeyboardInterrupt
        return count(segmenter, sample)

    monkeypatch.setattr(tallying, "_count", killed_after_twenty)
    with pytest.raises(KeyboardInterrupt):
        tally(segmenter, dataset, tmp_path)
    again = tally(segmenter, dataset, tmp_path)
    assert seen[19:21] == [seen[19]] * 2
    assert len(seen) == len(dataset) + 1
    assert (again.logits == whole.logits).all()
    assert (again.masks == whole.masks).all()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["export", "{tmp}", "--data", "{tmp}", "--out", "{tmp}/m"], "holds no finished fit"),
        (["fit", "--data", "{tmp}", "--out", "{tmp}/f"], "is not a folder"),
        (["fit", "--data", "{tmp}", "--out", "{tmp}/f", "--size", "big"], "--size is 'big'"),
        (["evaluate", "lite0"], "give either"),
        (["evaluate", "lite0", "--images", "{tmp}"], "give either"),
        (["evaluate", "lite0", "--dataset", "kitti:{tmp}"], "no known data set"),
        (["evaluate", "lite0", "--dataset", "nyu:{tmp}", "--split", "fuse"], "no split 'fuse'; it has fit, validate"),
        (["evaluate", "lite0", "--images", "{tmp}", "--masks", "{tmp}/nowhere"], "is not a folder"),
    ],
)
def test_what_only_the_user_can_mend_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str], message: str
) -> None:
    assert main([part.format(tmp=tmp_path) for part in command]) == 2
    assert message in capsys.readouterr().err


def test_the_committed_splits_keep_reported_pictures_apart() -> None:
    splits = Splits.load()
    assert tuple(splits.sets) == (*NAMES, "generalization")
    for name in NAMES:
        sets = splits.sets[name]
        reported = set(sets.get("test", ()))
        for split in ("fit", "validate", "fuse"):
            assert not reported & set(sets.get(split, ())), (name, split)
        assert set(sets.get("balanced", ())) <= reported
    used = [set(splits.ids("nyu", split)) for split in ("fit", "validate", "test")]
    assert len(set.union(*used)) == sum(map(len, used)) == 1296


def test_the_committed_splits_are_what_the_rules_make(data: Path) -> None:
    assert make(data) == Splits.load()


def test_rooms_are_runs_of_consecutive_numbers() -> None:
    assert rooms(["0003", "0004", "0007", "0001", "0008"]) == [["0001"], ["0003", "0004"], ["0007", "0008"]]


def test_a_named_set_needs_a_known_name(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="expected NAME:FOLDER with NAME one of nyu"):
        open_named(str(tmp_path), "test")


ROOT = Path(__file__).resolve().parents[1]


def test_the_shipped_graph_and_torch_agree_on_real_pictures(data: Path) -> None:
    pictures = FolderDataset(data / "nyu/rgb", data / "nyu/mask", Splits.load().ids("nyu", "validate")[:8], "nyu")
    assert exporting.parity(*shipped(), pictures)["largest_likelihood_difference"] < 1e-3


def test_the_shipped_graph_and_torch_agree_on_the_rendered_room(room: list[np.ndarray], tmp_path: Path) -> None:
    for kind in ("rgb", "mask"):
        (tmp_path / kind).mkdir()
    for number, frame in enumerate(room):
        cv2.imwrite(str(tmp_path / "rgb" / f"{number}.png"), frame[..., ::-1])
        cv2.imwrite(str(tmp_path / "mask" / f"{number}.png"), np.zeros(frame.shape[:2], np.uint8))
    pictures = FolderDataset(tmp_path / "rgb", tmp_path / "mask")
    assert exporting.parity(*shipped(), pictures)["largest_likelihood_difference"] < 1e-3


def shipped() -> tuple[Segmenter, Network]:
    """The packaged model, and the torch network that it was exported from."""
    manifest = yaml.safe_load((ROOT / "models/lite0/manifest.yaml").read_text())
    calibration = Calibration(*(manifest["calibration"][key] for key in ("temperature", "offset")))
    fitted = Fitted.load(ROOT / "results/lite0")
    network = Network(fitted.encoder, fitted.densities, fitted.fusion, calibration)
    return Segmenter(Model.load("lite0"), "cpu"), network.eval()


def test_the_readme_says_what_the_manifest_says() -> None:
    readme = (ROOT / "README.md").read_text()
    manifest = yaml.safe_load((ROOT / "models/lite0/manifest.yaml").read_text())
    assert manifest["metrics"].keys() == {"/".join(split) for split in exporting.REPORT}
    for name, result in manifest["metrics"].items():
        numbers = result["metrics"]
        cells = f"{100 * numbers['ap']:.1f} | {100 * numbers['ar']:.1f} | {100 * numbers['fpr95']:.1f} |"
        assert f"| {result['pictures']} | {numbers['auroc']:.3f} | {cells}" in readme, name
