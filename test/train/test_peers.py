# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Other detectors on the same features, single scores of a fit, and images that must not be trained on."""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip("torch", reason="needs the train extra")

from support import made_rooms
from support.shallow import Shallow

from bgflow_ros.segmentation.errors import UserError
from bgflow_train.cli import compare, fit, peers, train
from bgflow_train.data import DatasetError
from bgflow_train.data.base import BACKGROUND, VOID
from bgflow_train.data.registry import open_split
from bgflow_train.data.rendered_rooms import open_rooms, open_rooms_classes
from bgflow_train.data.splits import Splits
from bgflow_train.data.subsets import evenly_spaced
from bgflow_train.evaluation.calibration import Calibration
from bgflow_train.evaluation.metrics import measure, summary
from bgflow_train.export.onnx_graph import to_onnx
from bgflow_train.model.cell_labels import labelled, pure_cells
from bgflow_train.model.densities import KNN
from bgflow_train.model.fitted import Fitted
from bgflow_train.model.fusion import Fusion
from bgflow_train.model.network import Network, score_maps
from bgflow_train.model.partition import FUSE
from bgflow_train.model.scores import DensityScore, HeadScore, Score
from bgflow_train.networks import RANDOM, Layer
from bgflow_train.networks.pyramid import Pyramid
from bgflow_train.studies import comparing
from bgflow_train.studies.comparing import alone, compare_steps
from bgflow_train.studies.peers.scores import ALL_SCORES, LrasppScore, PadimScore, PatchCore, RatioScore
from bgflow_train.studies.peers.scores.patchcore import k_centre

pytestmark = pytest.mark.usefixtures("few_blocks")

PEERS = ["knn6", "patchcore6", "padim6", "ratio6", "context6"]
SIZE = ["--size", "128x96"]
GRID = 4, 6
CHANNELS = 64
"""Number of channels of layer 6."""


def points(n: int, seed: int, channels: int = CHANNELS) -> torch.Tensor:
    """Descriptors of background, which lie around one direction."""
    x = torch.randn(n, channels, generator=torch.Generator().manual_seed(seed))
    x[:, 0] += 16
    return x


def map_of(x: torch.Tensor) -> torch.Tensor:
    return x.T.reshape(1, -1, *GRID)


def unusual(x: torch.Tensor) -> torch.Tensor:
    shift = torch.zeros(x.shape[1])
    shift[1:9] = 4.0
    return x + shift


def maps(n: int) -> list[torch.Tensor]:
    return [map_of(points(GRID[0] * GRID[1], seed)) for seed in range(n)]


@pytest.fixture(scope="module")
def pyramid() -> Pyramid:
    torch.manual_seed(0)
    return Pyramid(RANDOM).eval().requires_grad_(False)


def fitted_to_background(name: str, pyramid: Pyramid) -> Score:
    score = ALL_SCORES.make(name, pyramid, seed=0)
    background = points(4000, 0)
    if isinstance(score, PadimScore):
        score.fit_maps((map, np.ones(GRID, bool)) for map in maps(150))
    elif isinstance(score, RatioScore):
        score.background.density.fit(background, background, seed=0)
        everything = torch.cat([background, unusual(points(2000, 1))])
        score.generic.density.fit(everything, everything, seed=0)
    else:
        assert isinstance(score, DensityScore)
        x = torch.cat([score.descriptors([map] * 5)[0].flatten(1).T for map in maps(150)])
        score.density.fit(x, x, seed=0)
    return score.eval().requires_grad_(False)


@pytest.mark.parametrize("name", PEERS)
def test_unusual_descriptors_score_higher_than_background(name: str, pyramid: Pyramid) -> None:
    score = fitted_to_background(name, pyramid)
    background = points(GRID[0] * GRID[1], 1000)
    plain, strange = (score([map_of(x)] * 5) for x in (background, unusual(background)))
    assert score.name == name
    assert plain.shape == (1, 1, *GRID)
    assert strange.isfinite().all()
    assert strange.min() > plain.max()


def test_context_depends_on_the_surroundings_and_the_place_of_a_cell(pyramid: Pyramid) -> None:
    plain, context = (fitted_to_background(name, pyramid) for name in ("gaussian6", "context6"))
    assert isinstance(context, DensityScore)
    map = map_of(points(GRID[0] * GRID[1], 1000))
    beside = map.clone()
    beside[..., 1, 2] = unusual(map[..., 1, 2])
    far, near = (3, 5), (2, 3)
    for score, told in ((plain, False), (context, True)):
        risen = (score([beside] * 5) - score([map] * 5))[0, 0]
        assert risen[far] == pytest.approx(0, abs=1e-3)
        assert (risen[near] > 1e-2) == told
    found = context.descriptors([map] * 5)
    assert found.shape == (1, 2 * CHANNELS + 2, *GRID)
    assert found[0, -2, :, 0].tolist() == pytest.approx([-1, -1 / 3, 1 / 3, 1])
    assert found[0, -1, 0, [0, -1]].tolist() == [-1, 1]
    assert torch.allclose(found[0, CHANNELS : 2 * CHANNELS, 0, 0], map[0, :, :2, :2].mean((1, 2)), atol=1e-5)


@pytest.mark.parametrize("size", [1, 7, 60])
def test_every_point_is_nearer_to_a_centre_than_centres_are_to_each_other(size: int) -> None:
    x = points(500, 0, channels=3)
    chosen = k_centre(x, size)
    assert len(chosen.unique()) == size
    radius = torch.cdist(x, x[chosen]).amin(1).max()
    apart = torch.cdist(x[chosen], x[chosen]) + torch.diag(torch.full((size,), torch.inf))
    assert radius <= apart.min()
    if size > 1:
        at_random = torch.cdist(x, x[torch.randperm(500, generator=torch.Generator().manual_seed(0))[:size]])
        assert radius < at_random.amin(1).max()


def test_the_coreset_is_a_hundredth_of_the_descriptors_and_the_seed_s(monkeypatch: pytest.MonkeyPatch) -> None:
    x = points(3000, 0)

    def coreset(seed: int) -> torch.Tensor:
        density = PatchCore(CHANNELS)
        density.fit(x, x, seed=seed)
        return density.features

    assert coreset(0).shape == (30, CHANNELS)
    assert torch.equal(coreset(0), coreset(0))
    assert not torch.equal(coreset(0), coreset(1))
    assert (coreset(0)[:, None] == x).all(2).any(1).all(), "descriptors as they were, not projected"
    monkeypatch.setattr(PatchCore, "MOST", 20)
    assert len(coreset(0)) == 20
    monkeypatch.setattr(PatchCore, "POOL", 10)
    assert len(coreset(0)) == 10


def test_patchcore_s_distance_is_the_nearest_one_in_batches_of_any_shape() -> None:
    density = PatchCore(CHANNELS)
    density.fit(points(3000, 0), points(1, 0), seed=0)
    x = points(60, 1)
    expected = torch.cdist(x, density.features).amin(1)
    assert torch.allclose(density.nll(x), expected, atol=1e-3)
    assert torch.allclose(density.nll(x.reshape(3, 20, CHANNELS)).flatten(), expected, atol=1e-3)
    assert density.nll(density.features).max() < 0.1


def test_padim_is_the_mahalanobis_distance_at_a_position_and_few_samples_take_the_gaussian_of_all() -> None:
    channels, generator = 3, torch.Generator().manual_seed(0)
    seen = [torch.randn(1, channels, 2, 2, generator=generator) * 2 + 5 for _ in range(20)]
    for map in seen:
        map[0, :, 0, 1] += 10
    # The last position is background five times, which is less than two samples per channel; the one before never.
    background = [np.array([[True, True], [False, number < 5]]) for number in range(20)]
    score = PadimScore("padim6", 0, channels)
    assert score.fit_maps(zip(seen, background, strict=True)) == 45
    own = [torch.stack([map[0, :, 0, x] for map in seen]).double() for x in (0, 1)]
    everything = torch.cat([*own, torch.stack([map[0, :, 1, 1] for map in seen[:5]]).double()])
    x = torch.randn(1, channels, 2, 2, generator=generator) + 5
    found = score([x])[0, 0].flatten()
    for place, samples in enumerate([*own, everything, everything]):
        covariance = samples.T.cov()
        covariance += score.SHRINKAGE * covariance.diagonal().mean() * torch.eye(channels)
        off = x[0].flatten(1)[:, place].double() - samples.mean(0)
        assert float(found[place]) == pytest.approx(float((off @ covariance.inverse() @ off).sqrt()), rel=1e-4)


def test_padim_finds_descriptors_unusual_that_are_usual_elsewhere() -> None:
    floor = torch.zeros(1, CHANNELS, *GRID)
    floor[:, 1, GRID[0] // 2 :] = 16.0
    score = PadimScore("padim6", 0, CHANNELS)
    score.fit_maps((map + floor, np.ones(GRID, bool)) for map in maps(150))
    [new] = [map_of(points(GRID[0] * GRID[1], 1000))]
    assert score([new + floor.flip(2)]).min() > score([new + floor]).max()


def test_padim_without_background_says_so_and_stays_unfitted() -> None:
    score = PadimScore("padim6", 0, CHANNELS)
    assert score.fit_maps((map, np.zeros(GRID, bool)) for map in maps(2)) == 0
    assert score.fit_maps([]) == 0
    assert len(score.mean) == 0


def test_ratio_ignores_directions_that_are_rare_everywhere(pyramid: Pyramid) -> None:
    ratio, gaussian = (fitted_to_background(name, pyramid) for name in ("ratio6", "gaussian6"))
    background = points(GRID[0] * GRID[1], 1000)
    noise = background.clone()
    noise[:, 40:] *= 6
    rises = [
        float((score([map_of(x)] * 5) - score([map_of(background)] * 5)).mean())
        for score in (gaussian, ratio)
        for x in (noise, unusual(background))
    ]
    assert rises[0] > rises[1], "to one Gaussian, the noise is stranger than the object"
    assert rises[2] < rises[3] / 2, "to the ratio of two, it is not"


@pytest.mark.parametrize("name", [*PEERS, "gaussian6"])
def test_a_saved_peer_comes_back_the_same(name: str, pyramid: Pyramid) -> None:
    score, again = fitted_to_background(name, pyramid), ALL_SCORES.make(name, pyramid, seed=0).eval()
    again.load_state_dict(score.state_dict())
    new = [map_of(points(GRID[0] * GRID[1], 1000))] * 5
    assert torch.equal(score(new), again.requires_grad_(False)(new))


def test_the_nearest_neighbours_are_bounded(pyramid: Pyramid) -> None:
    score = ALL_SCORES.make("knn4", pyramid, seed=0)
    assert isinstance(score, DensityScore)
    assert isinstance(score.density, KNN)
    assert (score.density.neighbours, score.density.stored) == (50, 20_000)


def test_labelled_cells_are_background_and_foreground_but_not_void() -> None:
    mask = np.full((32, 32), BACKGROUND, np.uint8)
    mask[:, 16:] = 1
    mask[16:] = VOID
    layer = Layer(6, CHANNELS, 16, 99)
    assert labelled(mask, layer).tolist() == [[True, True], [False, False]]
    assert pure_cells(mask, layer).tolist() == [[True, False], [False, False]]


@pytest.fixture(scope="module")
def folder(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fit with every peer, on a backbone that was trained for three steps."""
    backbone, out = tmp_path_factory.mktemp("backbone"), tmp_path_factory.mktemp("fit")
    small = [*SIZE, "--crop", "96x64", "--steps", "3", "--batch", "2", "--init", "random"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Splits, "load", classmethod(lambda cls: made_rooms.splits_of(made)))
        assert run(train, "--data", str(made), "--out", str(backbone), *small) == 0
        assert run(fit, *options(made, backbone, out)) == 0
    return out


def options(made: Path, backbone: Path, out: Path) -> list[str]:
    scores = ["--scores", ",".join(["head", *PEERS, "lraspp"])]
    return ["--backbone", str(backbone), "--data", str(made), "--out", str(out), *scores, *SIZE]


def run(verb: ModuleType, *arguments: str) -> int:
    """Run a verb as `bgflow VERB` does."""
    parser = argparse.ArgumentParser()
    verb.add_arguments(parser)
    return verb.run(parser.parse_args(arguments))


def test_a_fit_of_peers_is_read_again_and_a_second_fit_reads_no_image(
    made: Path, splits: None, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record = (folder / "fitted.json").read_bytes()
    files = {path.name for path in folder.glob("*.safetensors")} - {"pyramid.safetensors"}
    assert files >= {f"{name}.safetensors" for name in (*PEERS, "ratio6_generic", "lraspp")}
    monkeypatch.setattr("bgflow_train.model.fitting_data.to_canvas", lambda *_: pytest.fail("read an image"))
    # The folder of a fit holds its backbone as well.
    assert run(fit, *options(made, folder, folder)) == 0
    assert "ratio6_generic: {'cells': " in capsys.readouterr().out
    assert (folder / "fitted.json").read_bytes() == record
    with pytest.raises(UserError, match=r"recipe\.seed 0 there, 1 asked for"):
        run(fit, *options(made, folder, folder), "--seed", "1")
    image = torch.randint(0, 256, (1, 96, 128, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    found = [
        score_maps(fitted.backbone, fitted.scores, image)[0]
        for fitted in (Fitted.load(folder, ALL_SCORES), Fitted.load(folder, ALL_SCORES))
    ]
    assert torch.equal(*found)
    assert found[0].isfinite().all()
    assert (found[0].std((2, 3)) > 0).all()


def test_another_head_learns_from_the_maps_and_its_seed_decides_the_result(pyramid: Pyramid) -> None:
    rng = np.random.default_rng(0)
    masks = [np.kron(rng.integers(0, 2, (3, 4)), np.ones((8, 8))).astype(np.uint8) for _ in range(16)]

    def maps_of(mask: np.ndarray) -> list[torch.Tensor]:
        # Foreground is bright in layer 3; layer 5 knows nothing.
        low = torch.from_numpy(mask[::8, ::8].astype(np.float32)) + torch.rand(
            40, 3, 4, generator=torch.Generator().manual_seed(1)
        )
        return [low[None], torch.zeros(1, 112, 2, 2), torch.zeros(1, 320, 1, 1)]

    def head(seed: int) -> LrasppScore:
        score = ALL_SCORES.make("lraspp", pyramid, seed=0)
        assert isinstance(score, LrasppScore)
        assert score.fit_maps(((maps_of(mask), mask) for mask in masks), seed) == 16
        return score

    first, same, other = head(0), head(0), head(1)
    found = [score(maps_of(masks[0])) for score in (first, same, other)]
    assert found[0].shape == (1, 1, 3, 4)
    foreground = torch.from_numpy(masks[0][::8, ::8]) == 1
    assert found[0][0, 0][foreground].min() > found[0][0, 0][~foreground].max()
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


def test_the_table_has_the_fusion_every_score_and_the_paper_s_systems_on_the_same_images(
    made: Path,
    splits: None,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(
        "bgflow_train.studies.peers.table_rows.generalization_set",
        lambda data: open_split(data, "ade20k_rooms", "test"),
    )
    monkeypatch.setattr("bgflow_train.studies.peers.table_rows.REPORTED", ("gazebo_house",))
    monkeypatch.setattr("bgflow_train.studies.peers.table_rows.summary", partial(summary, resamples=20))
    columns = tmp_path / "columns"
    columns.mkdir()
    row = {
        "metrics": {"auroc": 0.123, "ap": 0.5, "fpr95": 0.5},
        "interval95": {"auroc": [0.1, 0.2]},
        "mean_over_pictures": {"auroc": 0.2, "fpr95": 0.5},
    }
    systems = dict.fromkeys(("fcn", "knn ensemble", "flow ensemble"), row)
    for name, sha256 in (("here", open_split(made, "nyu", "balanced").digest()), ("elsewhere", "0" * 64)):
        measured = {"data_sha256": sha256, "systems": systems}
        (columns / f"table1-{name}.json").write_text(json.dumps({"measured": measured}))
    (columns / "table1-nowhere.json").write_text('{"not_run": "no weights"}')
    assert (
        run(peers, str(folder), str(folder), "--data", str(made), "--paper", str(columns), "--out", str(tmp_path)) == 0
    )
    text = (tmp_path / "peers.md").read_text()
    assert capsys.readouterr().out == f"{tmp_path / 'peers.md'}\n"
    result = json.loads((tmp_path / "peers.json").read_text())
    assert [one["set"] for one in result["sets"]] == ["nyu/balanced", "ade20k_rooms/test", "gazebo_house/test"]
    names = ["fused", "head", *PEERS, "lraspp"]
    assert all(list(one["systems"]) == names for one in result["sets"])
    table = text.split("AUROC / AP / FPR95, ")[1].split("\n\n")[1].splitlines()[2:]
    assert len(table) == len(names) + 3
    assert [
        line for line in table if line.startswith("| the paper's FCN softmax, here | 0.123 / 50.0 / 50.0 | - | - |")
    ]
    assert "elsewhere" not in text
    assert "nowhere" not in text
    # `bgflow compare` measures the same for the fusion on the same images.
    counts = comparing.count_fit(
        comparing.CountedFit(Fitted.load(folder, ALL_SCORES)), open_split(made, "gazebo_house", "test"), tmp_path
    )
    expected = measure(counts[:, :2].sum(0)).auroc
    assert result["sets"][2]["systems"]["fused"]["metrics"]["auroc"] == pytest.approx(expected, abs=0.01)
    assert result["sets"][0]["systems"]["fused"]["found"].keys() == {"chair"}
    assert (tmp_path / "peers.png").stat().st_size > 1000


def test_a_killed_fit_keeps_the_fitted_padim(
    made: Path, splits: None, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in folder.iterdir():
        if path.name != "fitted.json":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(PadimScore, "fit", lambda *_: pytest.fail("fitted again"))
    assert run(fit, *options(made, folder, tmp_path)) == 0
    assert (tmp_path / "fitted.json").read_bytes() == (folder / "fitted.json").read_bytes()


def test_the_peers_that_torch_computes_can_be_exported(pyramid: Pyramid) -> None:
    # Each layer has cells like those of `points`, to which the densities are fitted.
    encoder = Shallow([Layer(number, CHANNELS, 16, 16) for number in range(3, 8)], bias=16.0)
    densities = [fitted_to_background(name, pyramid) for name in PEERS if name != "knn6"]
    scores = [HeadScore(pyramid), *densities, LrasppScore(CHANNELS, CHANNELS).eval().requires_grad_(False)]
    seen, new = (
        torch.randint(0, 256, (1, 64, 96, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))
        for seed in (0, 1)
    )
    with torch.inference_mode():
        cells = score_maps(encoder, scores, seen)[0][0].flatten(1)
    fusion = Fusion(cells.mean(1).tolist(), cells.std(1).tolist(), [1.0] * len(scores), 0.1, 0.0)
    network = Network(encoder, scores, fusion, Calibration(1.0, 0.0)).eval().requires_grad_(False)
    session = onnxruntime.InferenceSession(to_onnx(network, 96, 64), providers=["CPUExecutionProvider"])
    with torch.inference_mode():
        expected = network(new).numpy()
    assert expected.std() > 0.1
    assert session.run(None, {"image": new.numpy()})[0] == pytest.approx(expected, abs=1e-2)


@pytest.mark.parametrize("name", ["head", *PEERS, "lraspp"])
def test_a_score_alone_is_its_normalised_negative(name: str, folder: Path) -> None:
    fitted = Fitted.load(folder, ALL_SCORES)
    one, index = alone(fitted, name), fitted.recipe.scores.index(name)
    assert one.recipe.scores == (("head",) if name == "head" else ("head", name))
    image = torch.from_numpy(made_rooms.wall_with_things(5)[0])[None]
    with torch.inference_mode():
        logit = Network(one.backbone, one.scores, one.fusion, Calibration(1.0, 0.0))(image)
        score = score_maps(fitted.backbone, fitted.scores, image)[0][:, index]
    expected = (fitted.fusion.mean[index] - score) / fitted.fusion.deviation[index]
    assert torch.allclose(logit, expected, atol=1e-2)


@pytest.fixture
def novel(tmp_path: Path) -> Path:
    """A folder like those that `bgflow rooms --novel` writes."""
    root = tmp_path / "novel"
    for kind in ("rgb", "label"):
        (root / kind).mkdir(parents=True)
    for number in range(2):
        rgb, mask = made_rooms.wall_with_things(2000 + number)
        rgb, mask = (np.roll(image, (3, 3), (0, 1)) for image in (rgb, mask))
        cv2.imwrite(str(root / "rgb" / f"{number:05d}_0.png"), rgb[..., ::-1])
        cv2.imwrite(str(root / "label" / f"{number:05d}_0.png"), np.where(mask, 101, 2))
    return root


def test_alone_prints_a_row_for_each_score_in_every_table(
    made: Path,
    splits: None,
    folder: Path,
    novel: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(comparing, "RESAMPLES", 20)
    monkeypatch.setattr("bgflow_train.model.partition.VALIDATE", (("nyu", "validate"), ("ade20k_rooms", "test")))
    monkeypatch.setattr("bgflow_train.model.partition.FUSE", FUSE[:1])
    monkeypatch.setattr("bgflow_train.data.subsets.evenly_spaced", lambda dataset, _: evenly_spaced(dataset, 3))
    cache, report = tmp_path / "cache", tmp_path / "report.json"
    monkeypatch.setattr("bgflow_train.export.reporting.REPORT", (("ade20k_rooms", "test"),))
    where = ["--data", str(made), "--novel", str(novel), "--reported", "--cache", str(cache), "--json", str(report)]
    assert run(compare, str(folder), *where, "--alone") == 0
    printed = capsys.readouterr().out
    rows = [str(folder), *(f"{folder}: {name}" for name in ("head", *PEERS, "lraspp"))]
    assert first_cells(printed) == [rows] * 5, "NYU, photographs, reported, novel rooms, novel things in NYU"
    result = json.loads(report.read_text())
    assert result["steps"] == rows
    for steps in (found["steps"] for found in result["sets"].values()):
        assert steps[0]["gain"] is None
        for step in steps[1:]:
            assert step["gain"]["auroc"][0] == pytest.approx(step["metrics"]["auroc"] - steps[0]["metrics"]["auroc"])
    assert len(list(cache.iterdir())) == 5 * len(rows), "every step and set has counts of its own"

    monkeypatch.setattr(Network, "forward", lambda *_: pytest.fail("counted again"))
    assert run(compare, str(folder), *where, "--alone") == 0
    assert capsys.readouterr().out == printed
    assert run(compare, str(folder), *where) == 0
    assert ": head" not in capsys.readouterr().out


def first_cells(printed: str) -> list[list[str]]:
    """First cell of every row, for each printed table."""
    tables = [table.splitlines()[2:] for table in printed.split("\n| step |")[1:]]
    return [[line.split(" | ")[0][2:] for line in table if line.startswith("| ")] for table in tables]


def test_a_step_is_compared_with_the_given_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    monkeypatch.setattr(comparing, "RESAMPLES", 20)
    steps = [[rng.integers(0, 50, (6, 3, 4000))] for _ in range(3)]
    first, second, third = compare_steps(steps, against=[None, 0, 0])
    assert (first["gain"], second) == (None, compare_steps(steps)[1])
    assert third["gain"]["ap"][0] == pytest.approx(third["metrics"]["ap"] - first["metrics"]["ap"])
    assert third["gain"] == compare_steps([steps[0], steps[2]])[1]["gain"]


@pytest.mark.parametrize("open_part", [open_rooms, open_rooms_classes])
@pytest.mark.parametrize("part", ["fit", "validate"])
def test_held_out_families_are_not_trained_on(tmp_path: Path, part: str, open_part) -> None:
    root = made_rooms.write_rendered(tmp_path / "rooms")
    for path in (root / "rooms").iterdir():
        path.write_text('{"novel": false}')
    assert len(open_part(root, part)) == (9 if part == "fit" else 1)
    for path in (root / "rooms").iterdir():
        path.write_text('{"novel": true}')
    with pytest.raises(DatasetError, match=r"holds objects of held-out families .*, which must not be trained on"):
        open_part(root, part)
