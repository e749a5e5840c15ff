# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""From labelled pictures to a model on the robot, with the real commands on small pictures made here."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path

import pytest
import yaml

torch = pytest.importorskip("torch", reason="needs the train extra")

import safetensors.torch
from support import made_rooms

from bgflow_ros.segmentation.model import DEFAULT_MODEL, Model
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_ros.tools.cli.main import main
from bgflow_train.data import DatasetError, IndexedDataset, Sample
from bgflow_train.data.registry import open_dataset
from bgflow_train.data.splits import FOLDERS, NAMES, Splits, group_rooms, make_splits
from bgflow_train.evaluation.metrics import summary
from bgflow_train.evaluation.model_counts import count_model
from bgflow_train.export import quantizing, reporting
from bgflow_train.model.densities import Gaussian
from bgflow_train.model.fitted import Fitted
from bgflow_train.model.network import score_maps

pytestmark = pytest.mark.usefixtures("few_blocks")

SIZE = ["--size", "128x96"]
DENSITIES = ["--scores", "head,classes,room,gaussian4,gaussian6"]
FLOWS = ["--scores", "hybrid7,hybrid6,latent6,gaussian4"]
HEADS = ["--scores", "head,classes"]
SMALL = [*SIZE, "--crop", "96x64", "--steps", "3", "--batch", "2", "--init", "random"]


@pytest.fixture(scope="module")
def backbone(made: Path, rendered: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a backbone that the command trained, on rendered rooms as well."""
    out = tmp_path_factory.mktemp("backbone")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Splits, "load", classmethod(lambda cls: made_rooms.splits_of(made)))
        assert main(["train", "--data", str(made), "--rooms", str(rendered), "--out", str(out), *SMALL]) == 0
    return out


@pytest.fixture
def quick(few_crops: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few resamples, and the widest layers, whose weights take the longest to round, stay in float32."""
    monkeypatch.setattr("bgflow_train.evaluation.evaluation.summary", partial(summary, resamples=20))
    monkeypatch.setattr(quantizing, "KEEP", (*quantizing.KEEP, *(f"blocks.{stage}." for stage in range(3, 7))))


def check_contrast(exported: dict, model: Path) -> None:
    """See that `quantize` has measured the contrast anew, with both graphs."""
    quantized = yaml.safe_load((model / "manifest.yaml").read_text())["contrast"]
    assert exported["precision"].keys() == {"float32"}
    assert quantized["precision"].keys() == {"float32", "int8"}
    first, second = (found["precision"]["float32"]["validation"] for found in (exported, quantized))
    assert first == pytest.approx(second)
    assert quantized["least"] <= exported["least"]
    assert Model.load(model).min_contrast == quantized["least"]
    assert f"below **{quantized['least']:.2f}**" in (model / "README.md").read_text()


def check_thresholds(exported: dict, model: Path, arguments: list[str]) -> None:
    """See that `thresholds` chooses with the rendered rooms as well, and measures both graphs again."""
    assert main(["thresholds", str(model), *arguments]) == 0
    changed = yaml.safe_load((model / "manifest.yaml").read_text())
    sources = changed["calibration"]["operating_points_by_source"]
    assert sources.keys() == exported["calibration"]["operating_points_by_source"].keys() | {"rooms/all"}
    assert sources["rooms/all"]["static"]["rooms"] == 10
    assert "10 of rooms/all" in changed["thresholds"]["static"]["guarantee"]
    assert changed["sha256"] == exported["sha256"]
    for metrics in (changed["metrics"], changed["int8"]["metrics"]):
        assert metrics["nyu/test"]["metrics"]["auroc"] == pytest.approx(
            exported["metrics"]["nyu/test"]["metrics"]["auroc"], abs=0.05
        )
    found = Model.load(model)
    assert [found.foreground_threshold, found.static_threshold] == [
        point["likelihood"] for point in changed["thresholds"].values()
    ]
    assert "| rooms/all | 10 |" in (model / "README.md").read_text()


@pytest.mark.timeout(300)
def test_train_fit_export_evaluate_and_segment_go_hand_in_hand(
    made: Path,
    rendered: Path,
    splits: None,
    quick: None,
    few_views: None,
    backbone: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fit, model = tmp_path / "fit", tmp_path / "small"
    sources = ["--backbone", str(backbone), "--data", str(made), "--rooms", str(rendered)]
    assert main(["fit", *sources, "--out", str(fit), *SIZE, *FLOWS]) == 0
    printed = capsys.readouterr().out
    for domain in ("nyu/validate", "ade20k_indoor/fuse and coco_indoor/fuse", "rooms/validate"):
        assert f"AUROC on cells of {domain}, fusion fitted to the others: " in printed
    (tmp_path / "notes.md").write_text("It was looked at.\n")
    notes = ["--notes", str(tmp_path / "notes.md")]
    assert main(["export", str(fit), "--data", str(made), "--out", str(model), *notes]) == 0
    manifest = yaml.safe_load((model / "manifest.yaml").read_text())
    assert manifest["calibration"]["parity"]["largest_likelihood_difference"] < 1e-3
    assert manifest["calibration"]["parity"]["pictures"] == 8
    assert [(score["name"], score["kind"], score["layer"]) for score in manifest["scores"]] == [
        ("hybrid7", "flow", 7),
        ("hybrid6", "flow", 6),
        ("latent6", "room", 6),
        ("gaussian4", "gaussian", 4),
    ]
    assert sum(score["weight"] for score in manifest["scores"]) == pytest.approx(1, abs=1e-3)
    assert manifest["input"] == {"width": 128, "height": 96}
    assert manifest["training"]["data"]["nyu/fit"]["pictures"] == 12
    assert manifest["training"]["data"]["rooms/fit"]["pictures"] == 9
    assert manifest["encoder"]["weights"] == "random weights; trained on nyu/fit (50%), rooms/fit (50%)"
    assert {path.name for path in model.iterdir()} >= {"README.md", "manifest.yaml", "model.onnx"}
    card = (model / "README.md").read_text()
    assert "| nyu/test | 3 |" in card
    assert card.endswith("It was looked at.\n")
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
    assert result["metrics"]["auroc"] > 0.6, "even random features tell a checkered thing from a wall"
    assert main(["evaluate", str(model), "--dataset", f"nyu:{made / 'nyu'}", "--split", "balanced"]) == 0
    assert main(["quantize", str(model), "--data", str(made), *notes]) == 0
    assert "likelihood differs from float32 by" in capsys.readouterr().out
    int8 = yaml.safe_load((model / "manifest.yaml").read_text())["int8"]
    assert 0 < int8["difference"]["mean"] < 0.05
    assert int8["metrics"]["ade20k_rooms/test"]["machine"]["precision"] == "int8"
    assert int8["metrics"]["ade20k_rooms/test"]["metrics"]["auroc"] == pytest.approx(
        result["metrics"]["auroc"], abs=0.05
    )
    assert "## In int8" in (model / "README.md").read_text()
    check_contrast(manifest["contrast"], model)
    check_thresholds(manifest, model, ["--data", str(made), "--unseen-rooms", str(rendered), *notes])
    segment = ["segment", str(rooms / "rgb"), "--model", str(model), "--precision", "int8"]
    assert main([*segment, "--out", str(tmp_path / "out")]) == 0

    # From the model folder alone all of it goes on, even scores that the model does not have.
    further = ["train", "--data", str(made), "--out", str(tmp_path / "further"), *SMALL, "--init", str(model)]
    assert main(further) == 0
    again = tmp_path / "again"
    assert main(["fit", "--backbone", str(model), "--data", str(made), "--out", str(again), *SIZE, *HEADS]) == 0
    trained, found = (Fitted.load(folder).backbone.state_dict() for folder in (fit, again))
    assert all(torch.equal(found[name], trained[name]) for name in ("head.weight", "classify.bias", "context.0.weight"))


def test_a_fit_that_is_read_again_is_the_fit(made: Path, splits: None, backbone: Path, tmp_path: Path) -> None:
    scores = ["--scores", "head,gaussian4,mixture6"]
    command = ["fit", "--backbone", str(backbone), "--data", str(made), "--out", str(tmp_path), *scores, *SIZE]
    assert main(command) == 0
    first, second = Fitted.load(tmp_path), Fitted.load(tmp_path)
    assert [score.name for score in first.scores] == ["head", "gaussian4", "mixture6"]
    assert first.record["data"].keys() == {
        "nyu/fit",
        "nyu/validate",
        "coco_indoor/validate",
        "ade20k_indoor/fuse",
        "coco_indoor/fuse",
    }
    image = torch.randint(0, 256, (1, 96, 128, 3), dtype=torch.uint8)
    maps = [score_maps(fitted.backbone, fitted.scores, image)[0] for fitted in (first, second)]
    assert torch.equal(*maps)
    assert maps[0].isfinite().all()
    for layer in first.record["layers"]:
        assert layer["nll"]["cells"] >= 50
        assert layer["nll"]["train"] < layer["nll"]["validation"] + 20


def test_the_record_of_an_earlier_version_is_read_unless_it_has_a_veto(
    made: Path, splits: None, backbone: Path, tmp_path: Path
) -> None:
    assert main(["fit", "--backbone", str(backbone), "--data", str(made), "--out", str(tmp_path), *SIZE, *HEADS]) == 0
    path, recipe = tmp_path / "fitted.json", Fitted.load(tmp_path).recipe
    record = json.loads(path.read_text()) | {"veto": None}
    record["recipe"]["veto"] = None
    path.write_text(json.dumps(record))
    assert Fitted.load(tmp_path).recipe == recipe
    record["recipe"]["veto"] = "gaussian4"
    path.write_text(json.dumps(record))
    with pytest.raises(DatasetError, match=r"fitted\.json: the fit has the veto 'gaussian4'; .* fit again"):
        Fitted.load(tmp_path)


def test_a_second_fit_takes_what_is_there_and_another_one_is_refused(
    made: Path,
    rendered: Path,
    splits: None,
    backbone: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "fit"
    where = ["--backbone", str(backbone), "--data", str(made), "--out", str(out)]
    plain = ["fit", *where, *SIZE, "--scores", "head,gaussian6"]
    command = [*plain, "--rooms", str(rendered)]
    assert main(command) == 0
    first = (out / "fitted.json").read_bytes()
    monkeypatch.setattr(Gaussian, "fit", lambda *_, **__: pytest.fail("fitted again"))
    assert main(command) == 0
    assert (out / "fitted.json").read_bytes() == first
    assert main([*command, "--seed", "1"]) == 2
    assert "recipe.seed 0 there, 1 asked for" in capsys.readouterr().err
    assert main(plain) == 2
    refused = capsys.readouterr().err
    assert "data.rooms/fit {'pictures': 9" in refused
    assert refused.count("there, None asked for") == 2, "what only the first fit had"
    other = shutil.copytree(backbone, tmp_path / "other")
    weights = safetensors.torch.load_file(other / "pyramid.safetensors")
    safetensors.torch.save_file(weights | {"head.bias": weights["head.bias"] + 1}, other / "pyramid.safetensors")
    assert main([*command, "--backbone", str(other)]) == 2
    assert "expert.sha256 " in capsys.readouterr().err


def test_empty_rooms_join_the_densities_pictures(made: Path, splits: None, backbone: Path, tmp_path: Path) -> None:
    command = ["fit", "--backbone", str(backbone), "--data", str(made), *SIZE, "--scores", "head,gaussian4,gaussian6"]
    assert main([*command, "--out", str(tmp_path / "without")]) == 0
    assert main([*command, "--out", str(tmp_path / "with"), "--empty", str(made / "nyu/rgb")]) == 0
    without, empty = (Fitted.load(tmp_path / name).record for name in ("without", "with"))
    assert empty["data"].keys() - without["data"].keys() == {"empty/1 rgb"}
    for more, fewer in zip(empty["layers"], without["layers"], strict=True):
        assert more["nll"]["cells"] > fewer["nll"]["cells"]
        assert more["nll"]["validation"] != fewer["nll"]["validation"]


def test_a_killed_evaluation_goes_on_and_ends_as_the_whole_one(
    made: Path, splits: None, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    segmenter = Segmenter(Model.load(tiny), "cpu")
    dataset = open_dataset(f"coco_indoor:{made / FOLDERS['coco_indoor']}", "validate")
    whole = count_model(segmenter, dataset, tmp_path)
    read, ids = type(dataset).__getitem__, []

    def killed_at_the_twentieth(dataset: IndexedDataset, index: int) -> Sample:
        ids.append(dataset.ids[index])
        if len(ids) == 20:
            raise KeyboardInterrupt
        return read(dataset, index)

    monkeypatch.setattr(type(dataset), "__getitem__", killed_at_the_twentieth)
    with pytest.raises(KeyboardInterrupt):
        count_model(segmenter, dataset, tmp_path)
    continued = count_model(segmenter, dataset, tmp_path)
    assert ids == [*dataset.ids[:20], *dataset.ids[19:]], "each image once, but for the one that was killed"
    assert (continued.logits == whole.logits).all()
    assert (continued.masks.foreground_missed == whole.masks.foreground_missed).all()
    assert list(tmp_path.iterdir()) == []


FIT = ["fit", "--backbone", "{backbone}", "--data", "{made}", "--out", "{tmp}/f"]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["export", "{tmp}", "--data", "{tmp}", "--out", "{tmp}/m"], "holds no finished fit"),
        (["fit", "--backbone", "{tmp}", "--data", "{tmp}", "--out", "{tmp}/f"], "holds no backbone"),
        (["fit", "--backbone", "{backbone}", "--data", "{tmp}", "--out", "{tmp}/f"], "is not a folder"),
        ([*FIT, "--size", "big"], "--size is 'big'; expected WxH"),
        ([*FIT, "--size", "100x96"], "the canvas is 100x96; expected multiples of 32"),
        ([*FIT, "--scores", "room,head"], "the scores are room, head; expected head or hybrid7 first"),
        ([*FIT, "--scores", "head,gaussian4,flow9"], "no score 'flow9'; expected head, "),
        ([*FIT, "--rooms", "{tmp}"], "has 0 complete rooms, none of them to fit"),
        ([*FIT, "--empty", "{tmp}/nowhere"], "nowhere"),
        (["evaluate", DEFAULT_MODEL], "give either"),
        (["evaluate", DEFAULT_MODEL, "--images", "{tmp}"], "give either"),
        (["evaluate", DEFAULT_MODEL, "--dataset", "kitti:{tmp}"], "is not a known data set"),
        (["evaluate", DEFAULT_MODEL, "--dataset", "nyu:{tmp}", "--split", "fuse"], "no split 'fuse'; it has fit, "),
        (["evaluate", DEFAULT_MODEL, "--images", "{tmp}", "--masks", "{tmp}/nowhere"], "is not a folder"),
    ],
)
def test_what_only_the_user_can_mend_is_one_line(
    made: Path,
    splits: None,
    backbone: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
    message: str,
) -> None:
    assert main([part.format(tmp=tmp_path, made=made, backbone=backbone) for part in command]) == 2
    errors = capsys.readouterr().err
    assert message in errors
    assert len(errors.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_too_few_background_cells_are_a_clear_error(
    made: Path, splits: None, backbone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["fit", "--backbone", str(backbone), "--data", str(made), "--out", str(tmp_path), *SIZE, *DENSITIES]
    assert main([*command, "--cells", "20"]) == 2
    assert (
        "layer 4 has 12 cells of a side to fit with, of at least 112; more or larger images" in capsys.readouterr().err
    )


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
    assert make_splits(data) == Splits.load()


def test_rooms_are_runs_of_consecutive_numbers() -> None:
    assert group_rooms(["0003", "0004", "0007", "0001", "0008"]) == [["0001"], ["0003", "0004"], ["0007", "0008"]]


def test_a_named_set_needs_a_known_name(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="expected NAME:FOLDER with NAME one of nyu"):
        open_dataset(str(tmp_path), "test")


ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def manifest() -> dict:
    """The packaged model's."""
    return yaml.safe_load((ROOT / "models" / DEFAULT_MODEL / "manifest.yaml").read_text())


def test_the_packaged_graph_and_torch_agreed_when_it_was_exported(manifest: dict) -> None:
    parity = manifest["calibration"]["parity"]
    assert parity["pictures"] >= 8
    assert parity["largest_likelihood_difference"] < 1e-3


def test_the_documentation_says_what_the_manifest_says(manifest: dict) -> None:
    page = (ROOT / "doc" / "results.md").read_text()
    assert manifest["metrics"].keys() == {"/".join(split) for split in reporting.REPORT}
    for name, result in manifest["metrics"].items():
        numbers = result["metrics"]
        cells = f"{100 * numbers['ap']:.1f} | {100 * numbers['ar']:.1f} | {100 * numbers['fpr95']:.1f} |"
        assert f"| {result['pictures']} | {numbers['auroc']:.3f} | {cells}" in page, name
