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


@pytest.mark.parametrize(("capability", "good"), [(6.1, False), (7.0, False), (7.5, True), (12.0, True)])
def test_cards_that_the_wheels_left_behind_are_told(
    capability: float, good: bool, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "cards", lambda: [Card("A card", "580.1", capability, 4096)])
    found = texts(tiny)
    assert found["card"][0].good is good
    assert any("cannot use it" in finding.text for finding in found["onnxruntime"])


def test_two_onnxruntimes_are_a_fault(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "installed", lambda names: dict.fromkeys(names, "1.0"))
    assert any("overwrite each other" in finding.text for finding in texts(tiny)["onnxruntime"])


def test_wrong_arithmetic_is_found(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    likelihood = doctor.masks.likelihood
    sides = iter((0.0, 1.0) * 10)
    monkeypatch.setattr(doctor.masks, "likelihood", lambda logit: likelihood(logit) * 0 + next(sides))
    [ran] = texts(tiny)["cpu, float32"]
    assert ran.good is False
