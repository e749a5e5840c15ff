# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
import functools
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the train extra")

from bgflow_train.data import DatasetError, FolderDataset, Sample
from bgflow_train.data.canvas import to_canvas
from bgflow_train.networks import ENCODERS, RANDOM, Encoder, EncoderError, make_encoder
from bgflow_train.studies.paper.features import FIELD_SIGMAS, FeatureCache, background_score

WIDTH, HEIGHT = 128, 96


@pytest.fixture(scope="module")
def encoders() -> Callable[[str], Encoder]:
    """Function that gives the encoder of a name, built once."""

    @functools.cache
    def encoder(name: str) -> Encoder:
        # The published weights of VGG-16 are a download; what is tested here holds for any.
        torch.manual_seed(0)
        return make_encoder(name, "imagenet" if name == "efficientnet_lite0" else RANDOM)

    return encoder


@pytest.fixture(params=[name for name in ENCODERS if name != "vgg16"])  # its layers are those of vgg16_bn
def encoder(request: pytest.FixtureRequest, encoders: Callable[[str], Encoder]) -> Encoder:
    return encoders(request.param)


def test_batch_normalisation_changes_no_layer(encoders: Callable[[str], Encoder]) -> None:
    with torch.device("meta"):  # Without storage, since the weights of VGG-16 are not needed for it.
        plain = make_encoder("vgg16", RANDOM)
    assert plain.layers == encoders("vgg16_bn").layers


def test_random_convolutions_keep_the_variance_of_gradients(encoders: Callable[[str], Encoder]) -> None:
    for module in encoders("vgg16_bn").modules():
        if isinstance(module, torch.nn.Conv2d):  # the initialisation of He et al. (2015), as torchvision's
            expected = (2 / (module.out_channels * 9)) ** 0.5
            assert float(module.weight.std()) == pytest.approx(expected, rel=0.1)
            assert not module.bias.any()
        elif isinstance(module, torch.nn.BatchNorm2d):
            assert (module.weight == 1).all()
            assert (module.running_var == 1).all()
            assert not (module.bias.any() or module.running_mean.any())


def test_an_encoder_gives_the_maps_that_its_layers_announce(encoder) -> None:
    maps = encoder(255 * torch.rand(2, 3, HEIGHT, WIDTH))
    for map, layer in zip(maps, encoder.layers, strict=True):
        assert map.shape == (2, layer.channels, HEIGHT // layer.stride, WIDTH // layer.stride)
    assert [layer.stride for layer in encoder.layers] == sorted(layer.stride for layer in encoder.layers)


def test_an_encoder_is_frozen_and_repeats_itself(encoder) -> None:
    assert not any(parameter.requires_grad for parameter in encoder.parameters())
    image = 255 * torch.rand(1, 3, HEIGHT, WIDTH)
    assert all(torch.equal(a, b) for a, b in zip(encoder(image), encoder(image), strict=True))


def test_a_layer_sees_its_receptive_field_and_no_further(encoder) -> None:
    layer = encoder.layers[0]
    side = 4 * layer.stride * (layer.receptive_field // layer.stride)
    image = (255 * torch.rand(1, 3, side, side)).requires_grad_()
    middle = side // layer.stride // 2
    encoder(image)[0][0, :, middle, middle].sum().backward()
    seen = image.grad[0].abs().sum(0).sum(0).nonzero()
    assert int(seen.max() - seen.min()) + 1 == layer.receptive_field


def test_the_effective_field_is_a_gaussian_of_about_the_sigma_that_labels_use(encoders, room) -> None:
    encoder = encoders("efficientnet_lite0")
    energies = [0.0 for _ in encoder.layers]
    for frame in room:
        middle = torch.from_numpy(frame[80:400, 160:480])  # wider than the effective fields
        image = middle.permute(2, 0, 1)[None].float().requires_grad_()
        for index, map in enumerate(encoder(image)):
            generator = torch.Generator().manual_seed(0)
            weights = torch.randn(map.shape[1], generator=generator)
            seen = (map[0, :, map.shape[2] // 2, map.shape[3] // 2] * weights).sum()
            [gradient] = torch.autograd.grad(seen, image, retain_graph=True)
            energies[index] = energies[index] + gradient[0].square().sum((0, 1)).numpy()
    for layer, energy in zip(encoder.layers, energies, strict=True):
        assert layer.effective
        share, x = energy / energy.sum(), np.arange(len(energy))
        sigma = np.sqrt((share * (x - (share * x).sum()) ** 2).sum())
        assert sigma == pytest.approx(layer.receptive_field / FIELD_SIGMAS, rel=0.4)


def test_an_unknown_encoder_lists_the_known() -> None:
    with pytest.raises(EncoderError, match="unknown encoder 'vgg99'; expected one of"):
        make_encoder("vgg99")


def test_background_score_is_the_share_of_labelled_background_around_a_cell(encoder) -> None:
    layer = encoder.layers[0]
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[:, WIDTH // 2 :] = 1
    score = background_score(mask, layer)
    assert score.shape == (HEIGHT // layer.stride, WIDTH // layer.stride)
    assert score[:, 0] == pytest.approx(1, abs=1e-3)
    assert score[:, -1] == pytest.approx(0, abs=1e-3)
    border = WIDTH // 2 // layer.stride
    assert score[:, border - 1] + score[:, border] == pytest.approx(1, abs=1e-3)
    assert (np.diff(score, axis=1) <= 1e-6).all()


def test_void_counts_neither_way_and_alone_has_no_score(encoder) -> None:
    layer = encoder.layers[0]
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[::3] = 255
    assert background_score(mask, layer) == pytest.approx(1, abs=1e-5)
    assert np.isnan(background_score(np.full((HEIGHT, WIDTH), 255, np.uint8), layer)).all()


def test_the_canvas_is_void_where_the_picture_does_not_reach() -> None:
    sample = Sample(np.zeros((90, 160, 3), np.uint8), np.ones((90, 160), np.uint8), "wide")
    _, mask = to_canvas(sample, WIDTH, HEIGHT)
    assert (mask[:72] == 1).all()
    assert (mask[72:] == 255).all()


def labelled_folder(folder: Path, pictures: int = 3) -> FolderDataset:
    """Pictures with a bright background half and a dark foreground half."""
    for name in ("rgb", "mask"):
        (folder / name).mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in range(pictures):
        mask = np.zeros((60, 80), np.uint8)
        mask[:, 40:] = 1
        picture = np.where(mask[..., None], 30, 210) + rng.integers(-20, 20, (60, 80, 3))
        cv2.imwrite(str(folder / "rgb" / f"{number}.png"), picture.astype(np.uint8))
        cv2.imwrite(str(folder / "mask" / f"{number}.png"), mask)
    return FolderDataset(folder / "rgb", folder / "mask")


def test_features_come_from_the_cache_the_second_time(tmp_path: Path, encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = labelled_folder(tmp_path / "set")
    cache = FeatureCache(tmp_path / "cache", encoder, WIDTH, HEIGHT)
    first = list(cache.features(dataset))
    monkeypatch.setattr(cache, "_compute", lambda sample: pytest.fail("computed again"))
    for again, once in zip(cache.features(dataset), first, strict=True):
        assert all((a == b).all() for a, b in zip(again.maps, once.maps, strict=True))
        assert (again.cells == once.cells).all()
    assert first[0].background(0).shape[1] == encoder.layers[0].channels


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: cv2.imwrite(str(f / "mask/0.png"), np.full((60, 80), 7, np.uint8)), "has the value 7"),
        (lambda f: cv2.imwrite(str(f / "mask/0.png"), np.zeros((30, 80), np.uint8)), "of the image's size"),
        (lambda f: cv2.imwrite(str(f / "mask/0.png"), np.zeros((60, 80, 3), np.uint8)), "one channel"),
        (lambda f: (f / "rgb/0.png").write_bytes(b"broken"), "undecodable"),
    ],
)
def test_a_spoilt_sample_is_a_clear_error(tmp_path: Path, spoil, message: str) -> None:
    dataset = labelled_folder(tmp_path)
    spoil(tmp_path)
    with pytest.raises(DatasetError, match=message):
        list(dataset)


def test_missing_folders_ids_and_pairs_are_clear_errors(tmp_path: Path) -> None:
    labelled_folder(tmp_path)
    with pytest.raises(DatasetError, match="is not a folder"):
        FolderDataset(tmp_path / "nowhere", tmp_path / "mask")
    with pytest.raises(DatasetError, match=r"1 of 2 ids have no image .* the first is 'x'"):
        FolderDataset(tmp_path / "rgb", tmp_path / "mask", ["0", "x"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match=r"no image in .* has a mask"):
        FolderDataset(tmp_path / "empty", tmp_path / "mask")
