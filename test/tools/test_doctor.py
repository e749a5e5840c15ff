# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from bgflow_ros.segmentation.hardware import Card
from bgflow_ros.segmentation.model import Model
from bgflow_ros.segmentation.providers import OFFERED
from bgflow_ros.tools import doctor
from bgflow_ros.tools.doctor import examine

ROOT = Path(__file__).resolve().parents[2]


def texts(model: Path, devices: tuple[str, ...] = ("cpu",)) -> dict[str, list[doctor.Finding]]:
    found: dict[str, list[doctor.Finding]] = {}
    for finding in examine(Model.load(model), devices):
        found.setdefault(finding.subject, []).append(finding)
    return found


def test_it_runs_the_model_and_says_on_what(tiny: Path) -> None:
    found = texts(tiny)
    [ran] = found["cpu, float32"]
    assert ran.good
    assert "runs on cpu in float32" in ran.text
    [chosen] = found["auto, auto"]
    assert chosen.good
    [refused] = found["cpu, int8"]
    assert refused.good is None
    assert "no int8 graph" in refused.text


def test_a_device_that_is_not_there_is_no_fault_and_says_what_is(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    found = texts(tiny, ("cuda", "tensorrt"))
    for device in ("cuda", "tensorrt"):
        for precision in OFFERED[device]:
            [finding] = found[f"{device}, {precision}"]
            assert finding.good is None
            assert "this onnxruntime has only CPUExecutionProvider" in finding.text


@pytest.mark.parametrize(
    ("capability", "version", "good", "text"),
    [
        (5.2, "1.31.1", False, "use the processor"),
        (6.1, "1.31.1", False, "pip install -r requirements/gtx10.txt"),
        (6.1, "1.26.0", True, "compute capability 6.1"),
        (7.0, "1.32.0", False, "pip install -r requirements/gtx10.txt"),
        (7.5, "1.31.1", True, "compute capability 7.5"),
        (12.0, "1.31.1", True, "compute capability 12.0"),
    ],
)
def test_cards_that_the_wheels_left_behind_are_told_what_serves_them(
    capability: float, version: str, good: bool, text: str, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "cards", lambda: [Card("A card", "580.1", capability, 4096)])
    monkeypatch.setattr(doctor.onnxruntime, "__version__", version)
    found = texts(tiny)
    assert found["card"][0].good is good
    assert text in found["card"][0].text
    assert any("cannot use it" in finding.text for finding in found["onnxruntime"])


@pytest.mark.parametrize("file", ["default/model.onnx", "default/model_int8.onnx", "paper/model.onnx"])
def test_packaged_graphs_are_read_by_the_oldest_onnxruntime_that_is_supported(file: str) -> None:
    onnx = pytest.importorskip("onnx", reason="needs the train extra")
    assert "onnxruntime>=1.18" in (ROOT / "requirements" / "robot.txt").read_text().splitlines()
    model = onnx.load(ROOT / "models" / file)
    # What ONNX Runtime 1.18 reads, which was built with ONNX 1.16.
    assert model.ir_version <= 10
    assert all(used.domain == "" and used.version <= 21 for used in model.opset_import)


def test_two_onnxruntimes_are_a_fault(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "installed", lambda names: dict.fromkeys(names, "1.0"))
    assert any("overwrite each other" in finding.text for finding in texts(tiny)["onnxruntime"])


def test_wrong_arithmetic_is_found(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    likelihood = doctor.masks.likelihood
    sides = iter((0.0, 1.0) * 10)
    monkeypatch.setattr(doctor.masks, "likelihood", lambda logit: likelihood(logit) * 0 + next(sides))
    [ran] = texts(tiny)["cpu, float32"]
    assert ran.good is False
