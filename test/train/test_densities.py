# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What every density keeps, and what the flow does beyond."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs the train extra")

import safetensors.torch
from support.killed import killed_after
from torch.distributions.transforms import AffineTransform
from zuko.transforms import ComposedTransform, CouplingTransform

from bgflow_train.model.densities import KNN, Density, Gaussian, Mixture, RealNVP, Whitening
from bgflow_train.model.densities.real_nvp import Coupling
from bgflow_train.runs.checkpoint import Checkpoint
from bgflow_train.studies.peers.scores.patchcore import PatchCore
from bgflow_train.studies.peers.scores.spline_flow import SplineFlow

pytestmark = pytest.mark.usefixtures("fast_learning")

CHANNELS = 6
DENSITIES: dict[str, Callable[[], Density]] = {
    "real_nvp": lambda: RealNVP(CHANNELS, couplings=4, hidden=16, epochs=8),
    "real_nvp_odd": lambda: RealNVP(CHANNELS, couplings=3, hidden=16, epochs=8),
    "spline": lambda: SplineFlow(CHANNELS, transforms=2, hidden=16, epochs=4),
    "knn": lambda: KNN(CHANNELS, stored=2000),
    "gaussian": lambda: Gaussian(CHANNELS),
    "mixture": lambda: Mixture(CHANNELS),
    "patchcore": lambda: PatchCore(CHANNELS),
}
SHAPELY = ("real_nvp", "real_nvp_odd", "spline", "mixture")
"""Those that can follow a bent shape and are normalised."""


def moons(n: int, seed: int) -> torch.Tensor:
    """Two moons in the first two numbers, correlated noise in the others."""
    generator = torch.Generator().manual_seed(seed)
    angle = torch.pi * torch.rand(n, generator=generator)
    upper = torch.rand(n, generator=generator) < 0.5
    x = torch.where(upper, angle.cos(), 1 - angle.cos())
    y = torch.where(upper, angle.sin(), 0.5 - angle.sin())
    noise = torch.randn(n, CHANNELS - 2, generator=generator)
    return torch.cat([torch.stack([x, y], 1) + 0.05 * torch.randn(n, 2, generator=generator), noise.cumsum(1)], 1)


TRAIN, VALIDATION = moons(4000, 0), moons(1000, 1)


@pytest.fixture(scope="module")
def fitted() -> Callable[[str], Density]:
    """Function that gives the density of a name, fitted to TRAIN once."""

    @functools.cache
    def fit(name: str) -> Density:
        density = DENSITIES[name]()
        density.fit(TRAIN, VALIDATION, seed=0)
        return density.requires_grad_(False)

    return fit


def randomised(density: RealNVP) -> RealNVP:
    """Past the identity that it begins as."""
    generator = torch.Generator().manual_seed(1)
    for parameter in density.couplings.parameters():
        parameter.data = 0.3 * torch.randn(parameter.shape, generator=generator)
    return density


@pytest.mark.parametrize("name", DENSITIES)
def test_a_density_fits_and_integrates_batches_of_any_shape(fitted: Callable[[str], Density], name: str) -> None:
    density = fitted(name)
    nll = density.nll(VALIDATION)
    assert nll.shape == (1000,)
    assert density.nll(VALIDATION.reshape(10, 100, CHANNELS)).flatten() == pytest.approx(nll.tolist(), abs=1e-3)
    # Against the correlation of the noise, so that kNN, which sees directions only, finds it far away as well.
    far = VALIDATION + 30 * torch.tensor([1.0, -1.0]).repeat(CHANNELS // 2)
    margin = 0.1 if isinstance(density, KNN) else 10.0  # its NLL lies between 0 and 2
    assert density.nll(far).mean() > nll.mean() + margin, "what is far away is unlikely"
    assert density.mean_nll(VALIDATION) == pytest.approx(float(nll.mean()), abs=1e-3)


@pytest.mark.parametrize("name", SHAPELY)
def test_fitting_beats_a_gaussian_on_two_moons(fitted: Callable[[str], Density], name: str) -> None:
    test = moons(2000, 2)
    gaussian = torch.distributions.MultivariateNormal(TRAIN.mean(0), TRAIN.T.cov())
    assert fitted(name).mean_nll(test) < -float(gaussian.log_prob(test).mean()) - 0.1


@pytest.mark.parametrize("make", DENSITIES.values(), ids=DENSITIES)
def test_the_same_seed_gives_the_same_density(make: Callable[[], Density]) -> None:
    densities = [make(), make()]
    for density in densities:
        density.fit(moons(1000, 0), moons(200, 1), seed=7)
    first, second = (density.state_dict() for density in densities)
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("name", DENSITIES)
def test_a_saved_density_comes_back_the_same(fitted: Callable[[str], Density], name: str) -> None:
    density, again = fitted(name), DENSITIES[name]()
    again.load_state_dict(safetensors.torch.load(safetensors.torch.save(density.state_dict())))
    x = moons(200, 2)
    assert torch.equal(density.nll(x), again.requires_grad_(False).nll(x))


def flow_in_the_plane() -> Density:
    density = randomised(RealNVP(2, couplings=3, hidden=8))
    density.whitening.fit(moons(500, 0)[:, :2])
    return density


def mixture_in_the_plane() -> Density:
    density = Mixture(2)
    density.fit(moons(2000, 0)[:, :2], moons(10, 1)[:, :2], seed=0)
    return density


def gaussian_in_the_plane() -> Density:
    density = Gaussian(2)
    density.fit(moons(2000, 0)[:, :2], moons(10, 1)[:, :2], seed=0)
    return density


@pytest.mark.parametrize("make", [flow_in_the_plane, mixture_in_the_plane, gaussian_in_the_plane])
def test_an_nll_is_a_density_s_it_integrates_to_one(make: Callable[[], Density]) -> None:
    density = make().requires_grad_(False)
    axis = torch.linspace(-12, 12, 601)
    grid = torch.stack(torch.meshgrid(axis, axis, indexing="ij"), dim=-1)
    assert float((-density.nll(grid)).exp().sum() * (axis[1] - axis[0]) ** 2) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("couplings", [1, 2, 5, 8])
@pytest.mark.parametrize("channels", [2, 5, 8])
def test_the_chain_can_be_undone_and_knows_its_determinant(channels: int, couplings: int) -> None:
    density = randomised(RealNVP(channels, couplings=couplings, hidden=8)).double().requires_grad_(False)
    y = torch.randn(20, channels, generator=torch.Generator().manual_seed(2)).double()
    z, log_det = density.transform(y)
    assert torch.allclose(density.inverse(z), y, atol=1e-6)
    for row, expected in zip(y, log_det, strict=True):
        jacobian = torch.autograd.functional.jacobian(lambda x: density.transform(x)[0], row)
        assert float(torch.linalg.slogdet(jacobian)[1]) == pytest.approx(float(expected), abs=1e-6)


@pytest.mark.parametrize("couplings", [1, 4, 5])
@pytest.mark.parametrize("channels", [2, 5, 8])
def test_zuko_s_couplings_with_the_same_weights_give_the_same(channels: int, couplings: int) -> None:
    density = randomised(RealNVP(channels, couplings=couplings, hidden=8)).double().requires_grad_(False)

    def transform(coupling: Coupling, kept: torch.Tensor) -> AffineTransform:
        s, t = coupling.s_and_t(kept)
        return AffineTransform(t, s.exp(), event_dim=1)

    first = torch.arange(channels) < channels // 2
    chain = [
        CouplingTransform(functools.partial(transform, coupling), first if number % 2 == 0 else ~first)
        for number, coupling in enumerate(density.couplings)
    ]
    y = torch.randn(20, channels, generator=torch.Generator().manual_seed(2)).double()
    expected, log_det = ComposedTransform(*chain).call_and_ladj(y)
    found, own = density.transform(y)
    assert torch.allclose(found, expected, atol=1e-9)
    assert torch.allclose(own, log_det, atol=1e-9)


def test_a_coupling_s_scale_is_bounded() -> None:
    coupling = Coupling(3, 3, 8).requires_grad_(False)
    torch.nn.init.constant_(coupling.st[-1].bias, 1e6)
    s, _ = coupling.s_and_t(torch.zeros(1, 3))
    assert float(s.abs().max()) <= Coupling.BOUND


def test_gradients_reach_every_weight() -> None:
    density = randomised(RealNVP(CHANNELS, couplings=4, hidden=8))
    density.nll(moons(100, 0)).mean().backward()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in density.parameters())


def test_whitening_gives_zero_mean_unit_covariance_and_its_determinant() -> None:
    x = moons(5000, 0)
    whitening = Whitening(CHANNELS)
    whitening.fit(x)
    y = whitening(x)
    assert torch.allclose(y.mean(0), torch.zeros(CHANNELS), atol=1e-3)
    assert torch.allclose(y.T.cov(), torch.eye(CHANNELS), atol=0.03)
    assert float(whitening.log_det) == pytest.approx(float(torch.linalg.slogdet(whitening.matrix)[1]), abs=1e-4)


@pytest.mark.parametrize("neighbours", [1, 7, 3000])
def test_knn_is_what_brute_force_finds(neighbours: int) -> None:
    train, x = moons(1000, 0), moons(50, 1)
    density = KNN(CHANNELS, neighbours=neighbours)
    density.fit(train, x, seed=0)
    distance = 1 - torch.nn.functional.cosine_similarity(x[:, None], train[None], dim=-1)
    nearest = distance.sort(dim=-1).values[:, :neighbours]  # with fewer stored than k, all of them count
    assert torch.allclose(density.nll(x), -(-nearest).exp().mean(-1).log(), atol=1e-4)
    assert torch.equal(density.nlls(x, [1, neighbours])[1], density.nll(x))


def test_knn_keeps_no_more_than_it_may_and_has_no_distance_to_itself() -> None:
    density = KNN(CHANNELS, neighbours=1, stored=100)
    density.fit(moons(1000, 0), moons(10, 1), seed=0)
    assert density.features.shape == (100, CHANNELS)
    assert density.nll(7 * density.features).abs().max() < 1e-6, "length means nothing"


def test_a_gaussian_s_nll_is_torch_s_own() -> None:
    x = moons(5000, 0)
    density = Gaussian(CHANNELS)
    density.fit(x, x, seed=0)
    expected = -torch.distributions.MultivariateNormal(x.mean(0), x.T.cov()).log_prob(x)
    assert float((density.nll(x) - expected).abs().mean()) < 0.1, "up to the shrinkage"


def test_a_killed_fit_goes_on_and_ends_as_the_whole_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train, validation = moons(1000, 0), moons(200, 1)
    whole = DENSITIES["real_nvp"]()
    whole.fit(train, validation, seed=3)
    path = tmp_path / "layer.checkpoint"
    with killed_after(3):
        DENSITIES["real_nvp"]().fit(train, validation, seed=3, checkpoint=path)
    save, epochs = Checkpoint.end_epoch, []
    monkeypatch.setattr(Checkpoint, "end_epoch", lambda self, nll: (save(self, nll), epochs.append(self.epoch)))
    resumed = DENSITIES["real_nvp"]()
    resumed.fit(train, validation, seed=3, checkpoint=path)
    assert epochs[0] == 4
    assert all(torch.equal(resumed.state_dict()[name], tensor) for name, tensor in whole.state_dict().items())
