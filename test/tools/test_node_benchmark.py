# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The benchmark of the node, with a model that costs nothing."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from support.crowding import crowding
from support.robot import PATIENCE, environment, model

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.usage import Memory, Usage
from bgflow_ros.tools.cli import benchmark_node
from bgflow_ros.tools.node_benchmark import measure
from bgflow_ros.tools.node_benchmark.limiter import Limit
from bgflow_ros.tools.node_benchmark.measure import BenchmarkError, Setup, measure_node
from bgflow_ros.tools.node_benchmark.result import NodeResult, Notes, rate_result, table


@pytest.fixture(scope="module")
def result(tiny: Path) -> NodeResult:
    """Result of a short run."""
    return measure_node(Setup(model(tiny), rates=[10.0], seconds=2.0, warm_up=0.5, idle=0.5, camera=(320, 240)))


def test_a_short_run_gives_plausible_numbers(result: NodeResult) -> None:
    [rate] = result.rates
    assert 2 <= rate.seconds < 2.3 * crowding()
    # A busy machine ends the measurement late, and the camera films on until then; it makes up for up to a second in
    # which it had no processor.
    assert 18 / crowding() <= rate.frames <= rate.rate * (rate.seconds + 1) + 1
    # A busy machine may lose some; one that answers hardly any is broken.
    assert rate.masks + sum(rate.dropped.values()) == rate.frames
    assert rate.masks >= max(1, rate.frames - 5 * crowding())
    assert 0 < rate.age.p50 <= rate.age.p95 <= rate.age.max < 1000 * crowding()
    parts = (rate.way_in, rate.segmenter, rate.maps, rate.overhead)
    assert all(0 < part.p50 < rate.age.max for part in parts)
    assert rate.maps.p50 < rate.overhead.p50
    assert 0 < rate.cores < 2
    assert 0 <= rate.idle_cores < 0.5
    assert 20 < rate.memory.resident <= rate.memory.peak < 1000
    assert rate.memory.threads > 1
    assert 0 <= rate.machine_idle <= 1
    assert 0.1 < rate.start < 5 * crowding()
    assert len(rate.ages) == rate.masks
    assert (result.node["model"], result.node["device"]) == ("tiny", "cpu")
    written = json.loads(json.dumps(asdict(result), allow_nan=False))
    assert written["rates"][0]["memory"]["threads"] == rate.memory.threads


def verb(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    benchmark_node.add_arguments(parser)
    return benchmark_node.run(parser.parse_args(arguments))


def test_the_verb_measures_what_it_is_told_and_writes_numbers_table_and_plot(
    result: NodeResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib", reason="needs matplotlib, which draws the figure")
    setups = []
    monkeypatch.setattr(measure, "measure_node", lambda setup, tell: setups.append(setup) or result)
    what = ["--rates", "15", "--camera", "1280x720", "--seconds", "3", "--parameter", "threads:=1", "--best-effort"]
    assert (
        verb(*what, "--transport", "default", "--limit", "1:0.5", "--outputs", "overlay", "--out", str(tmp_path)) == 0
    )
    more = {"best_effort": True, "outputs": ["overlay"], "transport": "default", "limit": Limit(1, 0.5)}
    assert setups == [Setup({"threads": "1"}, [15.0], 3.0, camera=(1280, 720), **more)]
    table = capsys.readouterr().out
    assert "| masks a second | " in table
    assert table.startswith((tmp_path / "node.md").read_text())
    assert json.loads((tmp_path / "node.json").read_text())["node"]["model"] == "tiny"
    assert (tmp_path / "node.png").read_bytes().startswith(b"\x89PNG")


WRONG = [
    ["--parameter", "threads=1"],
    ["--camera", "large"],
    ["--rates", "0"],
    *(["--limit", limit] for limit in ("0", "1000", "1:0", "1:1.5", "1:half", "one", "1:0.5:2")),
]


@pytest.mark.parametrize("wrong", WRONG, ids=" ".join)
def test_what_only_the_user_can_mend_is_told(wrong: list[str], tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"expected|more than 0"):
        verb(*wrong, "--out", str(tmp_path))


def test_every_output_that_is_asked_for_is_waited_for(tiny: Path) -> None:
    outputs = ["likelihood", "static_mask", "overlay"]
    result = measure_node(Setup(model(tiny), [10.0], 1.0, warm_up=0.5, idle=0.5, camera=(320, 240), outputs=outputs))
    assert result.rates[0].masks > 0
    assert "received likelihood, static_mask, overlay;" in table(result)


def test_a_limit_is_kept_and_told(tiny: Path) -> None:
    setup = Setup(model(tiny), [10.0], 2.0, warm_up=0.5, idle=0.5, camera=(320, 240), limit=Limit(1, 0.3))
    result = measure_node(setup)
    [rate] = result.rates
    assert 0 < rate.cores < 0.35
    assert rate.masks > 0
    assert "The node was limited to 1 core for 30 % of the time." in table(result)


@pytest.mark.parametrize("share", [0.25, 0.75])
def test_a_limited_process_gets_its_share_and_all_of_it_afterwards(share: float) -> None:
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    command = [sys.executable, "-m", "bgflow_ros.tools.node_benchmark.limiter", str(busy.pid), str(share)]
    limiter = subprocess.Popen(command)
    try:
        time.sleep(0.5)
        before, begin = spent(busy.pid), time.monotonic()
        time.sleep(2.0)
        usage = (spent(busy.pid) - before) / (time.monotonic() - begin)
        assert usage < share + 0.1
        assert usage > share / 2 / crowding()
        limiter.send_signal(signal.SIGINT)
        assert limiter.wait(10) == 0
        assert state(busy.pid) != "T", "it is not left stopped"
    finally:
        for process in (limiter, busy):
            process.kill()
            process.wait()


def spent(pid: int) -> float:
    """Return the CPU time of a process in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_node_that_cannot_start_gives_the_reason(tiny: Path) -> None:
    with pytest.raises(BenchmarkError, match="device is 'tpu'; expected one of auto"):
        measure_node(Setup({"model": tiny, "device": "tpu"}))


@pytest.mark.parametrize(
    "wrong", [{"rates": []}, {"rates": [30.0, 0.0]}, {"camera": (640, 0)}, {"outputs": []}, {"transport": "radio"}]
)
def test_an_impossible_setup_is_refused(wrong: dict) -> None:
    with pytest.raises(BenchmarkError, match=r"more than 0|expected one of|expected the name of an output"):
        measure_node(Setup(**wrong))


def test_an_interrupt_ends_all_processes(tiny: Path) -> None:
    program = ["-c", "import sys; from bgflow_ros.tools.cli.main import main; sys.exit(main())"]
    command = [sys.executable, *program, "benchmark", "node", "--parameter", f"model:={tiny}"]
    process = subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, start_new_session=True)
    deadline = time.monotonic() + PATIENCE
    while len(started := children(process.pid)) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(started) == 2
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) != 0
    assert process.stderr is not None
    process.stderr.close()
    for pid in started:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_each_frame_without_a_mask_has_its_cause() -> None:
    def frame(stamp: int, **changes: int) -> dict[str, int]:
        whole = {"arrived": stamp + 1, "begun": 1, "refused": 0, "left": 2, "taken": 5, "published": 50}
        return {"stamp": stamp, "segmenter": 30, "maps": 8} | whole | changes

    frames = [
        frame(100),
        frame(200, published=50),
        frame(300, taken=0, published=0),
        frame(400, published=0),
        frame(500, taken=0, published=0, refused=1),
    ]
    notes = Notes(50, 700, [0, 100, 200, 300, 400, 500, 600, 700], {0: 60, 100: 170}, {"frames": frames, "drops": {}})
    usage = Usage({"node": 0.5}, 0.0, 0.5)
    rate = rate_result(10.0, notes, usage, usage, Memory(2.0, 1.0, 0.5, 3), 1.2)
    assert (rate.frames, rate.masks) == (6, 1)
    assert rate.dropped == {
        "lost after the node": 1,
        "superseded": 1,
        "not answered": 1,
        "max_rate": 1,
        "lost before the node": 1,
    }
    assert rate.age.max == pytest.approx(70e-6)
    assert rate.way_out.p50 == pytest.approx(20e-6)  # 170 is 69 after the callback began, and it took 49
    assert rate.waited.p50 == pytest.approx(3e-6)
    assert rate.overhead.p50 == pytest.approx(16e-6)  # 50 - 1 from begin to end, less 3 of waiting and 30 of work
