# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Inference that fails, once and for good."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from bgflow_ros.segmentation.recovery import FAILURES, Recovery
from bgflow_ros.segmentation.runtime import DeviceError

PICTURE = np.zeros((4, 4, 3), np.uint8)


class Machine:
    """Makes segmenters; those on `broken` devices fail, those on devices that are `gone` cannot be made."""

    def __init__(self, auto: str = "cuda") -> None:
        self.auto, self.broken, self.gone, self.made = auto, set[str](), set[str](), list[str]()
        self.lines: list[str] = []

    def make(self, device: str):
        found = self.auto if device == "auto" else device
        if found in self.gone:
            raise DeviceError(f"{found} is gone")
        self.made.append(found)

        def segment(image: np.ndarray) -> str:
            if found in self.broken:
                raise RuntimeError("lost the device")
            return f"by {found}"

        segmenter = SimpleNamespace(runtime=SimpleNamespace(device=found), thresholds=(0.3, 0.8), min_static=0.0)
        segment.runtime, segment.thresholds, segment.min_static = segmenter.runtime, (0.3, 0.8), 0.0  # type: ignore[attr-defined]
        return segment

    def recovery(self, device: str = "auto") -> Recovery:
        return Recovery(self.make, device, self.lines.append)  # type: ignore[arg-type]


def fail(recovery: Recovery, times: int) -> None:
    for _ in range(times):
        with pytest.raises(RuntimeError, match="lost the device"):
            recovery(PICTURE)


def test_one_failure_costs_its_frame_only() -> None:
    machine = Machine()
    recovery = machine.recovery()
    for _ in range(3):
        machine.broken = {"cuda"}
        fail(recovery, FAILURES - 1)
        machine.broken = set()
        assert recovery(PICTURE) == "by cuda"
    assert machine.made == ["cuda"]
    assert not recovery.degraded


def test_three_in_a_row_make_the_session_anew_on_the_same_device_with_its_settings() -> None:
    machine = Machine()
    recovery = machine.recovery()
    recovery.segmenter.thresholds, recovery.segmenter.min_static = (0.1, 0.2), 0.5
    machine.broken = {"cuda"}
    fail(recovery, FAILURES)
    machine.broken = set()
    assert recovery(PICTURE) == "by cuda"
    assert machine.made == ["cuda", "cuda"]
    assert (recovery.segmenter.thresholds, recovery.segmenter.min_static) == ((0.1, 0.2), 0.5)
    assert not recovery.degraded
    assert "3 failures in a row on cuda (RuntimeError: lost the device); created again on cuda" in machine.lines


def test_three_more_move_it_to_the_cpu_where_it_stays_and_says_so() -> None:
    machine = Machine()
    recovery = machine.recovery()
    machine.broken = {"cuda"}
    fail(recovery, 2 * FAILURES)
    assert recovery(PICTURE) == "by cpu"
    assert machine.made == ["cuda", "cuda", "cpu"]
    assert "inference runs on the CPU after 3 failures in a row on cuda" in recovery.degraded
    machine.broken = {"cpu"}
    fail(recovery, FAILURES)
    assert machine.made[-1] == "cpu"
    machine.broken = set()
    assert recovery(PICTURE) == "by cpu"
    assert recovery.degraded


@pytest.mark.parametrize("device", ["auto", "cuda"])
def test_a_device_that_is_gone_is_left_at_once(device: str) -> None:
    machine = Machine()
    recovery = machine.recovery(device)
    machine.broken, machine.gone = {"cuda"}, {"cuda"}
    fail(recovery, FAILURES)
    assert recovery(PICTURE) == "by cpu"
    assert any("cuda is gone" in line for line in machine.lines)


def test_auto_that_finds_only_the_cpu_the_second_time_is_degraded() -> None:
    machine = Machine()
    recovery = machine.recovery()
    machine.broken, machine.auto = {"cuda"}, "cpu"
    fail(recovery, FAILURES)
    assert recovery(PICTURE) == "by cpu"
    assert recovery.degraded


def test_nothing_that_can_be_made_keeps_trying() -> None:
    machine = Machine("cpu")
    recovery = machine.recovery("cpu")
    machine.broken, machine.gone = {"cpu"}, {"cpu"}
    fail(recovery, 2 * FAILURES)
    machine.gone = set()
    fail(recovery, FAILURES)
    machine.broken = set()
    assert recovery(PICTURE) == "by cpu"
    assert not recovery.degraded, "it was there before"
