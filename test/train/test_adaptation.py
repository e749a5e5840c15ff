# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Adaptation of the packaged model to the demo's room."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

pytest.importorskip("torch", reason="needs the train extra")

from sklearn.metrics import roc_auc_score
from support import made_corner

from bgflow_ros.media.frames import Failures
from bgflow_ros.media.posed_recording import PosedRecording
from bgflow_ros.segmentation.model import Model, ModelError
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_ros.tools.cli.main import main
from bgflow_train.adaptation.adapting import adapt, looks
from bgflow_train.adaptation.checks import AdaptationError
from bgflow_train.adaptation.components import COUNT, fit_components
from bgflow_train.adaptation.logit import raise_logit
from bgflow_train.adaptation.mixtures import Components, Mixture, extend, find_mixtures
from bgflow_train.adaptation.sides import find_sides

DRIVE = Path(__file__).resolve().parents[2] / "demo" / "room" / "rgb.mp4"
NUMBERS = range(0, 240, 12)
"""Frames that are looked at; every second one has depth."""


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.load("default")


@pytest.fixture(scope="module")
def images() -> list[np.ndarray]:
    capture, found = cv2.VideoCapture(str(DRIVE)), []
    while (read := capture.read())[0]:
        found.append(cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB))
    return [found[place] for place in NUMBERS]


@pytest.fixture(scope="module")
def mixtures(model: Model) -> list[Mixture]:
    return find_mixtures(model)


def test_the_classes_of_every_flow_are_found_in_the_graph(mixtures: list[Mixture]) -> None:
    assert [(mixture.means.shape, mixture.background.sum()) for mixture in mixtures] == [
        ((41, 64), 4),
        ((41, 64), 4),
        ((41, 320), 4),
    ]
    for mixture in mixtures:
        assert np.exp(mixture.log_weights).sum() == pytest.approx(1, abs=1e-4)
    assert sum(len(mixture.sites) for mixture in mixtures) == 4, "the room's density asks one of them as well"


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_classes_that_are_nowhere_near_change_nothing_and_those_on_background_do(
    model: Model, mixtures: list[Mixture], images: list[np.ndarray], precision: str
) -> None:
    def logits(more: list[Components], offset: float = 0.0) -> np.ndarray:
        graph, int8 = (
            raise_logit(extend(graph, mixtures, more, 0.3), offset) for graph in (model.graph, model.int8 or b"")
        )
        return Segmenter(replace(model, graph=graph, int8=int8), "cpu", 1, precision)(images[0]).logit

    before = Segmenter(model, "cpu", 1, precision)(images[0]).logit
    far = [Components(np.full((2, mixture.means.shape[1]), 40.0), np.array([0.4, 0.6])) for mixture in mixtures]
    # 70 % of background is left to the flow's own classes, which is a third of a nat in each flow.
    assert np.abs(logits(far) - before).max() < 1.5
    assert np.abs(logits(far, 2.0) - logits(far) - 2.0).max() < 1e-3
    own = [Components(mixture.means[mixture.background], np.full(4, 0.25)) for mixture in mixtures]
    assert np.corrcoef(logits(own).ravel(), before.ravel())[0, 1] > 0.99


def test_what_the_flow_takes_for_foreground_is_left_out_unless_the_rooms_are_empty(mixtures: list[Mixture]) -> None:
    mixture, rng = mixtures[0], np.random.default_rng(0)
    sides = [mixture.means[side][0] for side in (mixture.background, ~mixture.background)]
    latents = np.concatenate([side + 0.3 * rng.standard_normal((500, 64)) for side in sides]).astype(np.float32)
    everything, none = fit_components(mixture, latents, False)
    guarded, left_out = fit_components(mixture, latents, True)
    assert (len(everything.means), none) == (COUNT, 0)
    assert 0 < left_out == COUNT - len(guarded.means) < COUNT
    for found in (everything, guarded):
        assert found.weights.sum() == pytest.approx(1)
    away = np.linalg.norm(guarded.means[:, None] - np.array(sides), axis=-1)
    assert (away[:, 0] < away[:, 1]).all()
    assert len(fit_components(mixture, latents[500:], True)[0].means) == 1, "the most likely one, for want of others"


@pytest.mark.parametrize("empty", [False, True])
def test_the_command_writes_a_model_that_keeps_what_is_surely_foreground(
    empty: bool, model: Model, images: list[np.ndarray], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "office"
    options = ["--empty", "--false-alarms", "0.2"] if empty else []
    assert main(["adapt", str(DRIVE), "--images", "30", "--out", str(out), *options]) == 0
    assert "held-out images" in capsys.readouterr().out
    manifest = yaml.safe_load((out / "manifest.yaml").read_text())
    record = manifest["adapted"]
    assert record["from"]["sha256"] == model.sha256
    assert (record["pictures"], record["held_out"], record["empty"]) == (24, 6, empty)
    assert record["foreground"]["after"] < record["foreground"]["before"]
    assert manifest["metrics"] == {}, "what was measured was measured on another model"
    assert manifest["thresholds"]["foreground"]["guarantee"].startswith("none since the model was adapted")
    assert cv2.imread(str(out / "adaptation.png")) is not None
    assert "![Held-out images" in (out / "README.md").read_text()
    adapted = Model.load(out)
    for precision in ("float32", "int8"):
        old, new = (Segmenter(one, "cpu", 1, precision)(images[-1]) for one in (model, adapted))
        assert (new.foreground > 0).mean() < (old.foreground > 0).mean()
        if not empty:
            assert (new.foreground[old.likelihood < 0.1] > 0).mean() > 0.8, "furniture that stands still"
    assert main(["adapt", str(DRIVE), "--out", str(out)]) == 2
    assert "exists; name a new folder" in capsys.readouterr().err
    with pytest.raises(ModelError, match="has been adapted before"):
        find_mixtures(adapted)


@pytest.fixture(scope="module")
def recording(images: list[np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drive with its depth and poses, every twelfth frame."""
    folder = tmp_path_factory.mktemp("drive")
    (folder / "rgb").mkdir()
    shutil.copytree(DRIVE.parent / "depth", folder / "depth")
    shutil.copy(DRIVE.parent / "groundtruth.txt", folder)
    camera = yaml.safe_load((DRIVE.parent / "camera.yaml").read_text())
    (folder / "camera.yaml").write_text(yaml.safe_dump(camera | {"depth_scale": 1000.0}))
    for place, image in zip(NUMBERS, images, strict=True):
        cv2.imwrite(str(folder / f"rgb/{place:04d}.png"), image[..., ::-1])
    for kind in ("rgb", "depth"):
        lines = [f"{place / 30:.6f} {kind}/{place:04d}.png" for place in NUMBERS]
        (folder / f"{kind}.txt").write_text("\n".join(lines))
    return folder


def test_with_depth_planes_and_furniture_teach(
    model: Model, recording: Path, images: list[np.ndarray], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["adapt", str(recording), "--out", str(tmp_path / "office")]) == 0
    assert "tells planes from things" in capsys.readouterr().out
    record = yaml.safe_load((tmp_path / "office" / "manifest.yaml").read_text())["adapted"]
    assert (record["pictures"], record["held_out"], record["planes"]) == (16, 4, True)
    assert min(record["cells"].values()) > 500
    assert record["auroc"]["after"] > record["auroc"]["before"] - 0.005
    assert "its depth told planes of the room from things" in (tmp_path / "office" / "README.md").read_text()
    adapted = Model.load(tmp_path / "office")
    assert adapted.foreground_threshold >= model.foreground_threshold
    assert adapted.static_threshold >= max(adapted.foreground_threshold, model.static_threshold)

    masks = [cv2.imread(str(DRIVE.parent / "mask" / f"{place:04d}.png"), cv2.IMREAD_GRAYSCALE) for place in NUMBERS]
    for precision in ("float32", "int8"):
        ranks, missed = [], []
        for one in (model, adapted):
            segmenter = Segmenter(one, "cpu", 1, precision)
            found = [segmenter(image) for image in images]
            shown = np.concatenate([mask[::4, ::4].ravel() for mask in masks]) > 0
            logits = np.concatenate([one.logit[::4, ::4].ravel() for one in found])
            ranks.append(roc_auc_score(~shown, logits))
            missed.append((np.concatenate([one.foreground[::4, ::4].ravel() for one in found])[shown] == 0).mean())
        assert ranks[1] > ranks[0] - 0.003
        assert missed[1] < missed[0] + 0.02, "furniture is not learnt"
    with pytest.raises(ModelError, match="has been adapted before"):
        find_mixtures(adapted)


def test_thresholds_rise_until_held_out_things_are_not_missed(
    model: Model, recording: Path, images: list[np.ndarray]
) -> None:
    views = [view for *_, view in PosedRecording(recording).frames(Failures())]
    bold = replace(model, foreground_threshold=0.01, static_threshold=0.02)
    advanced: list[int] = []
    adapted = adapt(bold, images, False, 0.05, lambda: advanced.append(1), views)
    assert len(advanced) == looks(len(images), len(views)) == 64
    standing = find_sides(views, int)[16:].standing

    def missed(one: Model) -> float:
        segmenter = Segmenter(one, "cpu", 1, "float32")
        found = [segmenter(image).foreground == 0 for image in adapted.held_out]
        return np.concatenate([kept[things] for kept, things in zip(found, standing, strict=True)]).mean()

    risen = adapted.model
    assert bold.foreground_threshold < risen.foreground_threshold < risen.static_threshold
    assert missed(risen) < 0.06 < missed(replace(risen, foreground_threshold=bold.foreground_threshold))


def test_a_bag_with_depth_and_transforms_teaches_the_same(
    recording: Path, images: list[np.ndarray], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("rosbags", reason="needs rosbags, of the bag extra")
    from support import made_posed_bags

    views = [view for *_, view in PosedRecording(recording).frames(Failures())]
    bag = made_posed_bags.write(tmp_path / "bag", images, views)
    for source in ([str(recording)], [str(bag), "--world", "odom"]):
        assert main(["adapt", *source, "--out", str(tmp_path / f"office{len(source)}")]) == 0
    told = [line.partition(": ")[2] for line in capsys.readouterr().out.splitlines()]
    assert told[0] == told[1]
    assert main(["adapt", str(bag), "--world", "map", "--out", str(tmp_path / "other")]) == 2
    assert "no transforms lead from camera up to map" in capsys.readouterr().err
    assert main(["adapt", str(bag), "--depth-topic", "/camera/depth", "--out", str(tmp_path / "other")]) == 2
    assert "--depth-topic needs --world" in capsys.readouterr().err


def test_depth_that_does_not_fit_the_images_is_refused(
    model: Model, images: list[np.ndarray], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # The views of another room, in an order that the images know nothing of.
    drive = made_corner.write(tmp_path / "drive", [image[..., ::-1] for image in images])
    assert main(["adapt", str(drive), "--out", str(tmp_path / "office")]) == 2
    assert "depth and images do not fit" in capsys.readouterr().err
    assert not (tmp_path / "office").exists()


def test_a_room_that_is_surely_empty_is_seen_though_nothing_in_it_stands_out(
    model: Model, images: list[np.ndarray]
) -> None:
    flat = replace(model, min_contrast=99.0)
    with pytest.raises(AdaptationError, match=r"tells nothing apart in 1\d of 16 images"):
        adapt(flat, images, True, 0.05, int)
    sure = replace(flat, foreground_threshold=1e-3, static_threshold=2e-3)  # so low that nearly all is background
    assert adapt(sure, images, True, 0.05, int).record["empty"]


def test_depth_without_furniture_is_told(model: Model, images: list[np.ndarray]) -> None:
    with pytest.raises(AdaptationError, match="the depth shows 0 cells of things"):
        adapt(model, images, False, 0.05, int, made_corner.looks(len(images), np.empty((0, 2, 3))))


def test_each_look_at_an_image_advances_the_bar(model: Model, images: list[np.ndarray]) -> None:
    advanced: list[int] = []
    adapt(model, images, False, 0.05, lambda: advanced.append(1))
    assert len(advanced) == looks(len(images), 0) == 24


def test_a_recording_comes_alone_and_without_planes_is_told(
    model: Model, images: list[np.ndarray], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = made_corner.write(tmp_path / "drive", images)
    assert main(["adapt", str(recording), str(DRIVE), "--out", str(tmp_path / "office")]) == 2
    assert "comes alone" in capsys.readouterr().err
    unknown = [replace(view, depth=np.full_like(view.depth, np.nan)) for view in made_corner.looks(len(images))]
    with pytest.raises(AdaptationError, match="shows no floor; expected poses in a frame whose z axis points up"):
        adapt(model, images, False, 0.05, int, unknown)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda images: images[:5], "found 5 images; expected at least 10"),
        (lambda images: [images[0]] * 20, "show the same view"),
    ],
)
def test_images_that_cannot_adapt_it_are_told_with_what_is_missing(
    change, message: str, model: Model, images: list[np.ndarray]
) -> None:
    with pytest.raises(AdaptationError, match=message):
        adapt(model, change(images), False, 0.05, int)


def test_images_that_the_model_is_unsure_of_are_no_drive(model: Model, images: list[np.ndarray]) -> None:
    with pytest.raises(AdaptationError, match=r"tells nothing apart in 1\d of 16 images"):
        adapt(replace(model, min_contrast=99.0, static_threshold=1 - 1e-9), images, False, 0.05, int)


def test_a_model_without_such_a_flow_is_refused(tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["adapt", str(DRIVE), "--model", str(tiny), "--out", str(tmp_path / "office")]) == 2
    assert "has no hybrid flow to adapt" in capsys.readouterr().err
    assert not (tmp_path / "office").exists()
