# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The backbone: its layers, what its training changes and leaves, takes up, refuses and draws."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the train extra")

from support.made_rooms import splits_of

from bgflow_rooms.nyu40 import CLASSES
from bgflow_ros.tools.cli.main import main
from bgflow_train.data import VOID, DatasetError, FolderDataset, IndexedDataset, Sample
from bgflow_train.data.camera_jitter import paste_objects
from bgflow_train.data.classes import UNKNOWN_BACKGROUND, UNKNOWN_FOREGROUND, ClassesDataset
from bgflow_train.data.rendered_rooms import open_rooms_classes
from bgflow_train.model.densities import HybridFlow
from bgflow_train.model.joint_flows import JointFlows
from bgflow_train.networks import RANDOM
from bgflow_train.networks.pyramid import GENERAL, Pyramid
from bgflow_train.training import crops
from bgflow_train.training import train_backbone as training
from bgflow_train.training.crops import Source
from bgflow_train.training.recipe import BackboneRecipe
from bgflow_train.training.train_backbone import load_backbone, mean_backbone, train_backbone

pytestmark = pytest.mark.usefixtures("few_blocks")

RECIPE = BackboneRecipe(init=RANDOM, width=64, height=64, crop=(64, 64), steps=5, batch=2, rate=1e-3)
Sets = tuple[list[Source], FolderDataset]


@pytest.fixture(scope="module", autouse=True)
def on_the_processor() -> Iterator[None]:
    """Where trainings are the same bit for bit; with a look after every second step."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "DEVICE", torch.device("cpu"))
        patch.setattr(training, "PERIOD", 2)
        yield


@pytest.fixture(scope="module")
def sets(made: Path, rendered: Path) -> Sets:
    """To train with, three of four pictures rendered, and to validate."""
    ids = splits_of(made).sets["nyu"]
    nyu = ClassesDataset(made / "nyu", ids["fit"], "nyu/fit")
    validation = FolderDataset(made / "nyu/rgb", made / "nyu/mask", ids["validate"][:4], "nyu/validate")
    return [Source(nyu, 0.25), Source(open_rooms_classes(rendered, "fit"), 0.75)], validation


@pytest.fixture(scope="module")
def trained(sets: Sets, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a pyramid that RECIPE trained."""
    out = tmp_path_factory.mktemp("trained")
    train_backbone(RECIPE, *sets, out)
    return out


@pytest.fixture(scope="module")
def pyramid() -> Pyramid:
    return untrained(RECIPE).eval().requires_grad_(False)


def untrained(recipe: BackboneRecipe) -> Pyramid:
    """What the training begins with."""
    torch.manual_seed(recipe.seed)
    return Pyramid(recipe.init)


def different(first: torch.nn.Module, second: torch.nn.Module) -> set[str]:
    """Names of the weights and statistics that are not bit for bit the same."""
    other = second.state_dict()
    return {name for name, tensor in first.state_dict().items() if not torch.equal(tensor, other[name])}


@pytest.mark.parametrize(
    ("encoder", "width", "height"),
    [
        *(("efficientnet_lite0", *size) for size in [(64, 64), (128, 96), (384, 288)]),
        ("efficientnet_lite1", 128, 96),
        ("efficientnet_lite2", 96, 64),
    ],
)
def test_layers_3_to_7_are_as_announced_and_the_heads_speak_at_stride_4(encoder: str, width: int, height: int) -> None:
    pyramid = Pyramid(RANDOM, encoder).eval().requires_grad_(False)
    assert pyramid.name == f"{encoder}+pyramid"
    maps = pyramid(255 * torch.rand(1, 3, height, width))
    assert [(layer.number, layer.stride) for layer in pyramid.layers] == [(3, 8), (4, 16), (5, 32), (6, 8), (7, 4)]
    for map, layer in zip(maps, pyramid.layers, strict=True):
        assert map.shape == (1, layer.channels, height // layer.stride, width // layer.stride)
        assert map.isfinite().all()
    assert pyramid.logits(maps[-1]).shape == (1, 1, height // 4, width // 4)
    assert pyramid.classes(maps[-1]).shape == (1, CLASSES + 1, height // 4, width // 4)


def test_what_lies_far_away_reaches_layer_7_by_the_picture_s_mean(pyramid: Pyramid) -> None:
    image = torch.full((1, 3, 64, 384), 127.5)
    other = image.clone()
    other[..., 320:] = 255
    near = (..., slice(0, 4))
    first, second = pyramid(image)[-1][near], pyramid(other)[-1][near]
    assert not torch.allclose(first, second, atol=1e-6)


def test_what_is_general_stays_bit_for_bit_while_all_else_learns(trained: Path) -> None:
    first = untrained(RECIPE)
    general = tuple(f"encoder.network.{name}." for name in GENERAL)
    stays = {name for name in first.state_dict() if name.startswith(general)}
    assert len(stays) > 10
    changed = different(first, load_backbone(trained))
    assert not changed & stays
    assert changed == set(first.state_dict()) - stays


def test_a_trained_pyramid_is_frozen_and_says_what_it_was_trained_on(trained: Path, sets: Sets) -> None:
    pyramid = load_backbone(trained)
    assert not pyramid.training
    assert not any(weight.requires_grad for weight in pyramid.parameters())
    assert pyramid.source == "random weights; trained on nyu/fit (25%), rooms/fit (75%)"
    assert {path.name for path in trained.iterdir()} == {"begun.json", "pyramid.json", "pyramid.safetensors"}
    record = json.loads((trained / "pyramid.json").read_text())
    assert record["recipe"]["crop"] == [64, 64]
    assert record["data"]["rooms/fit"] == {"pictures": 9, "sha256": sets[0][1].dataset.digest(), "share": 0.75}
    assert record["data"]["nyu/validate"]["share"] == 0
    assert record["best_step"] in (2, 4, 5)


def test_the_mean_s_weights_at_its_best_look_are_kept(
    sets: Sets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses, seen = iter([0.9, 0.5, 0.7]), []

    def validate(pyramid: Pyramid, *_: object) -> float:
        seen.append(pyramid.head.weight.detach().clone())
        return next(losses)

    monkeypatch.setattr(training, "_validate", validate)
    pyramid = train_backbone(RECIPE, *sets, tmp_path)
    assert [torch.equal(pyramid.head.weight, weight) for weight in seen] == [False, True, False]
    record = json.loads((tmp_path / "pyramid.json").read_text())
    assert (record["best_step"], record["validation_loss"]) == (4, 0.5)


def test_backbones_that_went_on_from_one_have_a_mean_and_others_have_none(
    trained: Path, sets: Sets, tmp_path: Path
) -> None:
    on = [tmp_path / str(seed) for seed in range(2)]
    for seed, folder in enumerate(on):
        train_backbone(replace(RECIPE, init=str(trained), steps=2, seed=seed), *sets, folder)
    mean, record = mean_backbone(on)
    weights = [load_backbone(folder).state_dict() for folder in on]
    for name, tensor in mean.state_dict().items():
        expected = torch.stack([one[name].double() for one in weights]).mean(0)
        assert torch.allclose(tensor.double(), expected, atol=1e-6), name
    assert [one["recipe"]["seed"] for one in record["mean_of"]] == [0, 1]
    assert mean.source.endswith(", the mean of 2 such trainings")
    assert "mean_of" not in mean_backbone(on[:1])[1]
    with pytest.raises(DatasetError, match=r"began with .* and random; only backbones that were trained further"):
        mean_backbone([on[0], trained])
    with pytest.raises(DatasetError, match=r"began with random; only"):
        mean_backbone([trained, trained])


def test_a_killed_training_goes_on_and_ends_as_the_whole_one(
    sets: Sets, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch, steps = training._batch, []

    killed: list[int] = []

    def maybe_killed(sources: list[Source], recipe: BackboneRecipe, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        steps.append(step)
        if steps == killed:
            raise KeyboardInterrupt
        return batch(sources, recipe, step)

    monkeypatch.setattr(training, "_batch", maybe_killed)
    for killed in ([0, 1], [0, 1, 2, 3]):  # before the first look, from which a training can go on, and after it
        steps.clear()
        with pytest.raises(KeyboardInterrupt):
            train_backbone(RECIPE, *sets, tmp_path)
        assert steps == killed
        with pytest.raises(DatasetError, match="holds no backbone"):
            load_backbone(tmp_path)
    steps.clear()
    killed = []
    pyramid = train_backbone(RECIPE, *sets, tmp_path)
    assert steps == [2, 3, 4]
    assert not different(pyramid, load_backbone(trained))
    assert (tmp_path / "pyramid.json").read_bytes() == (trained / "pyramid.json").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"begun.json", "pyramid.json", "pyramid.safetensors"}


def test_a_killed_training_with_flows_goes_on_with_them_and_leaves_nothing_of_them(
    sets: Sets, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, make = replace(RECIPE, flows=0.5, steps=4), partial(JointFlows, numbers=(6, 7))
    whole = train_backbone(recipe, *sets, tmp_path / "whole", make)
    assert whole.state_dict().keys() == load_backbone(trained).state_dict().keys()
    alone = train_backbone(replace(recipe, flows=0.0), *sets, tmp_path / "alone", make)
    assert any(name.startswith("encoder.") for name in different(whole, alone)), "the flows train the encoder"
    # A killed training continues with the flows as they were.
    take_step, taken = training.take_step, []

    def killed_at_the_fourth(*arguments: Any, **more: Any) -> None:
        taken.append(arguments)
        if len(taken) == 4:
            raise KeyboardInterrupt
        take_step(*arguments, **more)

    monkeypatch.setattr(training, "take_step", killed_at_the_fourth)
    with pytest.raises(KeyboardInterrupt):
        train_backbone(recipe, *sets, tmp_path / "killed", make)
    assert not different(train_backbone(recipe, *sets, tmp_path / "killed", make), whole)


def test_a_mix_lies_between_what_it_began_with_and_what_was_trained(sets: Sets, trained: Path, tmp_path: Path) -> None:
    recipe = replace(RECIPE, init=str(trained), steps=2)
    first, whole, mixed = (
        weights.state_dict()
        for weights in (
            load_backbone(trained),
            train_backbone(recipe, *sets, tmp_path / "whole"),
            train_backbone(replace(recipe, mix=0.25), *sets, tmp_path / "mixed"),
        )
    )
    assert different(load_backbone(tmp_path / "whole"), load_backbone(tmp_path / "mixed"))
    told = json.loads((tmp_path / "mixed" / "pyramid.json").read_text())["validation_loss"]
    assert told == pytest.approx(training._validate(load_backbone(tmp_path / "mixed"), sets[1], recipe)), "of the mix"
    for name, weight in mixed.items():
        if weight.is_floating_point():
            assert torch.allclose(weight, 0.25 * whole[name] + 0.75 * first[name], atol=1e-5), name


def test_only_the_cross_entropies_of_a_flow_train_what_computes_its_descriptors() -> None:
    flow = HybridFlow(4)
    x, foreground = torch.randn(20, 4, generator=torch.Generator().manual_seed(0)), torch.arange(20) % 2 == 0
    classes = torch.zeros(20, dtype=torch.int64)
    gradients = []
    for scale in (1.0, 0.0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(HybridFlow, "SIDES", HybridFlow.SIDES * scale)
            descriptors = x.clone().requires_grad_()
            flow.zero_grad()
            flow.joint_loss(descriptors, foreground, classes).backward()
            assert flow.means.grad is not None
            gradients.append((descriptors.grad, flow.means.grad.clone()))
    (with_sides, _), (of_density, means) = gradients
    assert with_sides is not None
    assert with_sides.any()
    assert of_density is None or not of_density.any()
    assert means.any()


def test_a_second_call_trains_nothing_and_another_training_is_refused(
    sets: Sets, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources, validation = sets
    monkeypatch.setattr(training, "_batch", lambda *_: pytest.fail("trained again"))
    assert not different(train_backbone(RECIPE, *sets, trained), load_backbone(trained))
    with pytest.raises(DatasetError, match=r"recipe\.rate 0\.001 there, 0\.1 asked for"):
        train_backbone(replace(RECIPE, rate=0.1), *sets, trained)
    halves = [source._replace(share=0.5) for source in sources]
    with pytest.raises(DatasetError, match=r"data\.nyu/fit .*'share': 0\.25.* there, .*'share': 0\.5.* asked for"):
        train_backbone(RECIPE, halves, validation, trained)
    with pytest.raises(DatasetError, match=r"data\.nyu/fit .* there, .*'share': 1\.0.* asked for"):
        train_backbone(RECIPE, sources[:1], validation, trained)


def test_an_unfinished_training_is_no_other_s_either(
    sets: Sets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "_batch", killed)
    with pytest.raises(KeyboardInterrupt):
        train_backbone(RECIPE, *sets, tmp_path)
    with pytest.raises(DatasetError, match=r"recipe\.seed 0 there, 1 asked for"):
        train_backbone(replace(RECIPE, seed=1), *sets, tmp_path)


def test_pictures_without_labels_cannot_validate(sets: Sets, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="none of the 3 images of blank has a label to validate with"):
        train_backbone(RECIPE, sets[0], Blank("blank", list("abc"), VOID), tmp_path)


class Blank(IndexedDataset):
    """Grey pictures that have one label everywhere."""

    def __init__(self, name: str, ids: list[str], label: int) -> None:
        super().__init__(name, ids)
        self.label = label

    def __getitem__(self, index: int) -> Sample:
        return Sample(np.full((64, 64, 3), 128, np.uint8), np.full((64, 64), self.label, np.uint8), self.ids[index])

    def _content(self, index: int) -> Iterator[bytes]:
        yield bytes([self.label])


@pytest.mark.parametrize("share", [0.1, 0.5, 0.75])
def test_so_many_of_the_pictures_are_rendered_as_the_share_says(share: float) -> None:
    # Three times the pictures must not be drawn three times as often.
    sources = [Source(Blank("few", list("a"), 1), 2 * (1 - share)), Source(Blank("many", list("bcd"), 2), 2 * share)]
    drawn = Counter()
    for step in range(10):
        _, classes = training._batch(sources, replace(RECIPE, batch=40), step)
        drawn.update(int(cut.max()) for cut in classes)
    assert drawn[1] + drawn[2] == 400
    assert drawn[2] / 400 == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / 400))


def test_photographs_with_drawn_masks_join_with_the_sides_alone_and_are_pasted_nowhere(
    made: Path, rendered: Path, splits: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crops, "DRAWN_ROOMS", tmp_path)
    image = next((made / "nyu/rgb").iterdir())
    thing = {"label": "foreground", "shape_type": "polygon", "points": [[0, 0], [60, 0], [60, 95], [0, 95]]}
    drawing = {"imagePath": str(image.relative_to(made)), "imageHeight": 96, "imageWidth": 128, "shapes": [thing]}
    (tmp_path / "a.json").write_text(json.dumps(drawing))
    sources = crops.open_sources(made, rendered, 0.5, 0.4)
    assert [(source.dataset.name, source.share) for source in sources] == [
        ("nyu/fit", pytest.approx(0.3)),
        ("photographs", pytest.approx(0.2)),
        ("rooms/fit", 0.5),
    ]
    recipe = replace(RECIPE, paste=1.0)
    crop = crops.draw_crop(sources[1:2], recipe, 0, 0)
    assert set(np.unique(crop.mask)) <= {crops.UNLABELLED, UNKNOWN_BACKGROUND, UNKNOWN_FOREGROUND}
    room = Sample(crop.rgb, np.ones_like(crop.mask), "room")
    assert paste_objects(room, crop, crops.NEVER_PASTED, np.random.default_rng(0)) is room


def test_a_backbone_goes_on_with_its_own_encoder(sets: Sets, trained: Path, tmp_path: Path) -> None:
    recipe = replace(RECIPE, encoder="efficientnet_lite1", steps=1)
    train_backbone(recipe, *sets, tmp_path / "lite1")
    assert load_backbone(tmp_path / "lite1").name == "efficientnet_lite1+pyramid"
    message = "has the encoder efficientnet_lite0; --encoder asks for efficientnet_lite1"
    with pytest.raises(DatasetError, match=message):
        train_backbone(replace(recipe, init=str(trained)), *sets, tmp_path / "other")


def test_seed_and_step_decide_a_batch(sets: Sets) -> None:
    batches = [
        training._batch(sets[0], replace(RECIPE, seed=seed), step) for seed, step in ((0, 3), (0, 3), (0, 4), (1, 3))
    ]
    images = [image for image, _ in batches]
    assert images[0].shape == (2, 64, 64, 3)
    assert torch.equal(images[0], images[1])
    assert torch.equal(batches[0][1], batches[1][1])
    assert not any(torch.equal(images[0], other) for other in images[2:])


@pytest.mark.parametrize("label", [0, 1, UNKNOWN_FOREGROUND])
def test_unlabelled_classes_cost_nothing(pyramid: Pyramid, label: int) -> None:
    layer7 = pyramid(255 * torch.rand(1, 3, 64, 64))[-1]
    classes = torch.zeros(1, 64, 64, dtype=torch.uint8)
    classes[:, 0] = 1  # between the places where the classes are looked at
    classes[:, 32:] = label
    losses = [float(training._loss(pyramid, layer7, classes, weight)) for weight in (0.0, 1.0)]
    assert (losses[0] == losses[1]) == (label != 1)


def test_a_folder_without_a_pyramid_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=rf"{tmp_path} holds no backbone .*; run `bgflow train --out {tmp_path}`"):
        load_backbone(tmp_path)


@pytest.mark.parametrize("broken", [b"", b"broken"])
def test_a_damaged_pyramid_is_a_clear_error(trained: Path, tmp_path: Path, broken: bytes) -> None:
    (tmp_path / "pyramid.json").write_bytes((trained / "pyramid.json").read_bytes())
    (tmp_path / "pyramid.safetensors").write_bytes(broken)
    with pytest.raises(DatasetError, match="holds no backbone"):
        load_backbone(tmp_path)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"width": 100}, "the canvas is 100x64; expected multiples of 32 from 64 on"),
        ({"height": 32}, "the canvas is 64x32; expected multiples of 32 from 64 on"),
        ({"crop": (64, 80)}, "the crop is 64x80; expected multiples of 32 from 64 on"),
        (
            {"steps": 0},
            "steps is 0, batch is 2, rate is 0.001, auxiliary is 0.4, flows is 0.0; expected at least 1",
        ),
        ({"rate": 0.0}, "rate is 0.0, "),
        ({"auxiliary": -1.0}, "auxiliary is -1.0"),
        ({"flows": -1.0}, "flows is -1.0"),
        ({"paste": 1.5}, r"paste is 1.5, strew is 0.0; expected 0 to 1 for both"),
        ({"strew": -0.5}, r"paste is 0.0, strew is -0.5; expected 0 to 1 for both"),
    ],
)
def test_a_recipe_that_no_pyramid_can_be_trained_with_is_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(RECIPE, **changed)


def test_the_command_s_defaults_are_the_recipe_s(
    made: Path, rendered: Path, splits: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    monkeypatch.setattr(training, "train_backbone", lambda *arguments: calls.append(arguments))
    command = ["train", "--data", str(made), "--out", str(tmp_path)]
    assert main(command) == 0
    small = ["--size", "128x64", "--crop", "96x64", "--steps", "7", "--init", "random", "--seed", "5"]
    assert main([*command, *small, "--rooms", str(rendered), "--rooms-share", "0.3"]) == 0
    (first, nyu, validation, out, *_), (second, both, *_) = calls
    assert first == BackboneRecipe()
    assert second == BackboneRecipe(init="random", width=128, height=64, crop=(96, 64), steps=7, seed=5)
    assert [(source.dataset.name, source.share) for source in nyu] == [("nyu/fit", 1.0)]
    assert [(source.dataset.name, source.share) for source in both] == [("nyu/fit", 0.7), ("rooms/fit", 0.3)]
    assert (validation.name, out) == ("nyu/validate", tmp_path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--size", "big"], "--size is 'big', --crop '320x256'; expected WxH"),
        (["--crop", "64x64x3"], "--crop '64x64x3'; expected WxH"),
        (["--crop", "100x96"], "the crop is 100x96; expected multiples of 32 from 64 on"),
        (["--batch", "0"], "batch is 0"),
        (["--mix", "0.5"], "--mix 0.5 needs the folder of a backbone or model as --init; it is imagenet"),
        (["--mix", "0"], "mix is 0.0; expected a number above 0 and up to 1"),
        (["--rooms-share", "1"], "--rooms-share is 1.0; expected a number above 0 and below 1"),
        (["--fold", "3"], "the fold is '3'; expected NUMBER/COUNT, such as 1/3"),
        (["--rooms", "{tmp}"], "has 0 complete rooms, none of them to fit"),
        (["--data", "{tmp}"], "is not a folder"),
        (["--init", "{tmp}/nowhere.pth"], "holds no readable weights"),
    ],
)
def test_what_only_the_user_can_mend_is_one_line(
    made: Path, splits: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    given = [part.format(tmp=tmp_path) for part in arguments]
    assert main(["train", "--data", str(made), "--out", str(tmp_path / "out"), *given]) == 2
    errors = capsys.readouterr().err
    assert message in errors
    assert len(errors.splitlines()) == 1
    assert not (tmp_path / "out").exists()
