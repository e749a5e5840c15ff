# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Counted work of graphs, measured limits of the machine, and a whole small benchmark."""

from __future__ import annotations

import argparse
import io
import json
import math
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from support import tiny_model

pytest.importorskip("torch", reason="needs the train extra")

import onnx
from onnx import TensorProto, helper, numpy_helper

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.model import DEFAULT_MODEL, Model, ModelError
from bgflow_train.cli import benchmark_systems
from bgflow_train.studies.speed import images, limits, running, systems
from bgflow_train.studies.speed.callers import Call
from bgflow_train.studies.speed.limits import Limits, bound, measure_limits, product
from bgflow_train.studies.speed.measure import Measured, measure, ratio
from bgflow_train.studies.speed.operations import Operation, count
from bgflow_train.studies.speed.plot import plot
from bgflow_train.studies.speed.report import markdown
from bgflow_train.studies.speed.systems import SYSTEMS, System
from bgflow_train.studies.speed.worker import Job, Timing, WorkerError, apart

ROUND = "bgflow float32", "lraspp mobilenetv3"
"""The cheapest systems that are there in every installation that trains. torch writes the second."""


def graph(
    nodes: list[onnx.NodeProto], x: tuple[int, ...], y: tuple[int, ...], constants: dict[str, np.ndarray]
) -> bytes:
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, x)]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, y)]
    initializers = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    model = helper.make_model(
        helper.make_graph(nodes, "small", inputs, outputs, initializers),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=9,
    )
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


def weights(*shape: int) -> np.ndarray:
    return np.ones(shape, np.float32)


@pytest.mark.parametrize(
    ("node", "x", "y", "constants", "macs"),
    [
        # Of each of 4 x 5 x 6 numbers: 3 channels of 3 x 3.
        (
            helper.make_node("Conv", ["x", "w", "b"], ["y"], pads=[1] * 4),
            (1, 3, 5, 6),
            (1, 4, 5, 6),
            {"w": weights(4, 3, 3, 3), "b": weights(4)},
            4 * 5 * 6 * 3 * 9,
        ),
        # Depthwise with stride 2: one channel of 3 x 3 for each number.
        (
            helper.make_node("Conv", ["x", "w"], ["y"], pads=[1] * 4, strides=[2, 2], group=8),
            (1, 8, 6, 6),
            (1, 8, 3, 3),
            {"w": weights(8, 1, 3, 3)},
            8 * 3 * 3 * 9,
        ),
        # Each of 2 x 3 x 3 numbers goes into 4 x 4 of 5 channels.
        (
            helper.make_node("ConvTranspose", ["x", "w"], ["y"], strides=[2, 2], pads=[1] * 4),
            (1, 2, 3, 3),
            (1, 5, 6, 6),
            {"w": weights(2, 5, 4, 4)},
            2 * 3 * 3 * 5 * 16,
        ),
        (
            helper.make_node("MatMul", ["x", "w"], ["y"]),
            (2, 7, 11),
            (2, 7, 13),
            {"w": weights(11, 13)},
            2 * 7 * 11 * 13,
        ),
        (
            helper.make_node("Gemm", ["x", "w"], ["y"], transA=1, transB=1),
            (11, 7),
            (7, 13),
            {"w": weights(13, 11)},
            7 * 11 * 13,
        ),
    ],
    ids=["Conv", "depthwise", "ConvTranspose", "MatMul", "Gemm"],
)
def test_operations_are_those_of_the_definition(
    node: onnx.NodeProto, x: tuple[int, ...], y: tuple[int, ...], constants: dict[str, np.ndarray], macs: int
) -> None:
    counted = count(graph([node], x, y, constants))
    sizes = [math.prod(x), math.prod(y), *(value.size for value in constants.values())]
    [operation] = counted.operations
    assert (operation.kind, operation.macs, operation.bytes) == (node.op_type, macs, 4 * sum(sizes))
    assert not operation.int8
    assert counted.parameters == sum(value.size for value in constants.values())
    assert counted.uncounted == 0


def test_quantised_neighbours_move_single_bytes() -> None:
    a, b = np.zeros((1, 16, 6, 8), np.uint8), np.zeros((16, 16, 3, 3), np.int8)
    quantised, real = (
        count(product("Conv", *operands)) for operands in ((a, b), (a.astype(np.float32), b.astype(np.float32)))
    )
    assert quantised.macs == quantised.macs_int8 == real.macs == 16 * 6 * 8 * 16 * 9
    assert real.macs_int8 == 0
    assert real.bytes == 4 * quantised.bytes == 4 * (2 * a.size + b.size)


def test_operators_in_eight_bits_are_counted() -> None:
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"]),
        helper.make_node("QLinearConv", ["q", "s", "z", "w", "s", "wz", "s", "z"], ["c"]),
        helper.make_node("DequantizeLinear", ["c", "s", "z"], ["y"]),
    ]
    constants = {
        "s": np.array(1, np.float32),
        "z": np.array(0, np.uint8),
        "w": np.ones((4, 3, 1, 1), np.int8),
        "wz": np.array(0, np.int8),
    }
    [operation] = count(graph(nodes, (1, 3, 2, 2), (1, 4, 2, 2), constants)).operations
    assert (operation.macs, operation.bytes, operation.int8) == (4 * 4 * 3, 12 + 12 + 16, True)


def test_what_has_no_fixed_shape_is_told() -> None:
    counted = count(graph([helper.make_node("MatMul", ["x", "w"], ["y"])], ("n", 3), ("n", 2), {"w": weights(3, 2)}))
    assert (counted.operations, counted.uncounted) == ((), 1)


def test_the_packaged_model_is_counted_whole() -> None:
    counted = count(Model.load(DEFAULT_MODEL).graph)
    assert counted.uncounted == 0
    assert 0.5e9 < counted.macs < 2e9
    assert 2e6 < counted.parameters < 5e6


def test_each_operation_is_held_up_by_its_slower_side() -> None:
    machine = Limits(float32=1e9, int8=4e9, bandwidth=1e10)
    multiplies = Operation("a", "Conv", macs=2_000_000, bytes=10)
    moves = Operation("b", "Conv", macs=10, bytes=30_000_000)
    small = Operation("c", "Conv", macs=2_000_000, bytes=10, int8=True)
    assert bound([multiplies], machine) == pytest.approx(2e-3)
    assert bound([moves], machine) == pytest.approx(3e-3)
    assert bound([multiplies, moves, small], machine) == pytest.approx(2e-3 + 3e-3 + 0.5e-3)


def test_limits_are_of_a_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "COPIED", 1 << 20)
    found = measure_limits(threads=1, seconds=0.01)
    assert 1e8 < found.float32 < 1e13
    assert 1e8 < found.int8 < 1e14
    assert 1e8 < found.bandwidth < 1e13


def test_ratios_are_of_the_same_round() -> None:
    def measured(*medians: float) -> Measured:
        return Measured(0.0, rounds=[[Timing(wall, wall / 2, wall)] * 3 for wall in medians])

    # The machine was three times slower in the second round, for both.
    assert ratio(measured(2, 6, 2.2), measured(1, 3, 1)) == pytest.approx((2, 2, 2.2))


def test_rendered_images_come_again_and_differ_by_seed() -> None:
    first, again, other = (images.digest(images.render(seed, 64, 48)) for seed in (0, 0, 1))
    assert first == again != other
    assert [image.shape for image in images.render(0, 64, 48, 2)] == [(48, 64, 3)] * 2


def job(folder: Path, tmp_path: Path, **changes: object) -> Job:
    saved = images.save(images.render(0, 64, 48, 3), tmp_path / "images.npz")
    return replace(Job(Call(), folder, saved, "cpu", 1), **changes)


def test_a_system_that_cannot_load_says_why_and_the_others_go_on(tiny: Path, tmp_path: Path) -> None:
    jobs = {"tiny": job(tiny, tmp_path), "none": job(tmp_path / "none", tmp_path)}
    measured, failed = measure(jobs, rounds=2, frames=3, seed=0)
    assert list(measured) == ["tiny"]
    assert "no model" in failed["none"]
    assert [len(round) for round in measured["tiny"].rounds] == [3, 3]
    assert (measured["tiny"].milliseconds("wall") >= measured["tiny"].milliseconds("network")).all()
    assert (measured["tiny"].milliseconds("network") > 0).all()
    assert measured["tiny"].peak_bytes < 100e6  # the parent's, which holds torch, is not the child's


def test_an_exception_in_another_process_is_told() -> None:
    with pytest.raises(WorkerError, match=r"ModelError.*no model 'none'"):
        apart(Model.load, "none")
    assert apart(max, 2, 3) == 3


def test_a_graph_larger_than_a_robot_loads_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bgflow_ros.segmentation.model.GRAPH_BYTES", 100)
    folder = tiny_model.write(tmp_path / "m")
    with pytest.raises(ModelError, match="larger than 100 bytes"):
        Model.load(folder)
    caller = Call().open(folder, "cpu", 1)
    assert caller(images.render(0, 64, 48, 1)[0]).shape == (48, 64)


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    benchmark_systems.add_arguments(parser)
    return benchmark_systems.run(parser.parse_args(arguments))


@dataclass(frozen=True)
class Benchmark:
    """Finished benchmark of ROUND and of a system whose package is missing."""

    out: Path
    status: int
    stdout: str
    stderr: str

    @property
    def record(self) -> dict[str, Any]:
        return dict(json.loads((self.out / "benchmark.json").read_text()))


def nearby(function: Callable[..., Any], system: System, *arguments: Any) -> Any:
    """Write what torch writes in this process, where it is imported already; the model in one of its own."""
    return function(system, *arguments) if system.call.model is None else apart(function, system, *arguments)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Benchmark:
    shown, out = tmp_path_factory.mktemp("shown"), tmp_path_factory.mktemp("out")
    for number, image in enumerate(images.render(1, number=2)):
        cv2.imwrite(str(shown / f"{number}.png"), image)
    absent = replace(SYSTEMS["segformer b0"], needs="no_such_package")
    options = ["--rounds", "1", "--frames", "2", "--threads", "1", "--no-growth", "--images", str(shown)]
    printed, told = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed), redirect_stderr(told):
        # Limits are measured in no time.
        patch.setattr(running, "measure_limits", partial(measure_limits, seconds=0.05))
        patch.setattr(running, "apart", nearby)
        patch.setitem(systems.SYSTEMS, "segformer b0", absent)
        status = run("--systems", "segformer b0", *ROUND, *options, "--out", str(out))
    return Benchmark(out, status, printed.getvalue(), told.getvalue())


def test_a_missing_package_is_a_message_and_no_failure(small: Benchmark) -> None:
    assert small.status == 0
    assert "no_such_package" in small.stderr
    assert "pip install '.[peers]'" in small.record["left_out"]["segformer b0"]
    assert [row["name"] for row in small.record["systems"]] == list(ROUND)


def test_a_small_benchmark_from_end_to_end(small: Benchmark) -> None:
    record = small.record
    assert set(record) == {
        "failed",
        "format",
        "growth",
        "left_out",
        "limits",
        "machine",
        "model",
        "network_input",
        "pictures",
        "reference",
        "setting",
        "systems",
        "versions",
    }
    assert record["reference"] == "bgflow float32"
    assert record["model"]["sha256"] == Model.load(DEFAULT_MODEL).sha256
    assert record["pictures"]["sizes"] == ["640x480"]
    assert {"bgflow", "python", "numpy", "onnxruntime", "opencv", "torch"} <= set(record["versions"])
    assert {"processor", "cores", "flags", "cards"} == set(record["machine"])
    for row in record["systems"]:
        assert row["pictures"] == 2
        assert row["p95_ms"] >= row["median_ms"] > row["network_ms"] > 0
        assert row["gap"] == pytest.approx(row["network_ms"] / row["bound_ms"])
        assert 10 < row["peak_mb"] < 300
    assert record["systems"][0]["ratio"] == 1
    assert small.stdout.startswith((small.out / "benchmark.md").read_text())
    assert all(f"| {name} |" in small.stdout for name in ROUND)
    drawn = cv2.imread(str(small.out / "benchmark.png"))
    assert drawn.std() > 10


def test_growth_has_a_table_and_a_panel(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bgflow_train.studies.speed import growth

    # Each setting takes processes of its own: the smallest and the largest image, one camera and two, are enough.
    monkeypatch.setattr(growth, "CAMERA_SIZES", (growth.CAMERA_SIZES[0], growth.CAMERA_SIZES[-1]))
    monkeypatch.setattr(growth, "CAMERAS", (1, 2))
    found = growth.measure_growth(job(tiny, tmp_path), images.render(0, 64, 48, 2), tmp_path, 1, 1, 0)
    assert [(row["width"], row["threads"]) for row in found["sizes"]] == [
        (width, threads) for width, _ in growth.CAMERA_SIZES for threads in growth.THREADS
    ]
    assert len(found["cameras"]) == len(growth.CAMERAS) * len(growth.THREADS)
    assert all(row["images_per_second"] > 0 for row in found["cameras"])
    record = {
        "machine": {"processor": "a processor", "cores": 2, "flags": [], "cards": []},
        "network_input": [128, 96],
        "pictures": {"source": "rendered", "sizes": ["64x48"]},
        "setting": {"rounds": 1, "frames": 1, "threads": 1, "device": "cpu"},
        "limits": None,
        "reference": "tiny",
        "systems": [],
        "left_out": {},
        "failed": {},
    }
    text = markdown(record | {"growth": found})
    assert text.count("| 3840x2160 |") == len(growth.THREADS)
    assert text.count("\n| 2 | ") == 1
    without, with_growth = (
        cv2.imdecode(np.frombuffer(plot(record | {"growth": value}), np.uint8), cv2.IMREAD_COLOR)
        for value in (None, found)
    )
    assert with_growth.shape[0] > without.shape[0] + 300


def test_an_output_folder_that_cannot_be_is_told_before_anything_is_measured(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(UserError, match="file"):
        run("--images", "nowhere", "--out", str(tmp_path / "file"))


def test_folders_within_a_folder_of_images_do_not_end_it(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    cv2.imwrite(str(tmp_path / "z.png"), images.render(0, 64, 48, 1)[0])
    assert [image.shape for image in images.read(tmp_path)] == [(48, 64, 3)]


def test_a_folder_without_images_is_the_users_to_mend(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="without images"):
        run("--images", str(tmp_path), "--out", str(tmp_path / "out"))


def test_every_peer_names_a_package_of_the_extra() -> None:
    listed = (Path(__file__).resolve().parents[2] / "requirements" / "peers.txt").read_text()
    needed = {system.needs for system in SYSTEMS.values()} - {None, "openvino"}
    assert needed == {line.partition(">=")[0] for line in listed.splitlines() if not line.startswith("#")}


def once(name: str, folder: Path) -> tuple[int, ...]:
    system = SYSTEMS[name]
    counted = system.write(folder, 96, 64, 0)
    assert counted.macs > 0
    system.call.imports()
    caller = system.call.open(folder, "cpu", 1)
    found = caller(np.full((48, 64, 3), 90, np.uint8))
    assert caller.network.seconds > 0
    return tuple(found.shape)


@pytest.mark.timeout(600)  # the paper's flows have 219 million numbers, which a busy machine exports for two minutes
@pytest.mark.parametrize("name", SYSTEMS)
def test_every_system_is_written_opened_and_run(name: str, tmp_path: Path) -> None:
    if why := SYSTEMS[name].missing("cpu"):
        pytest.skip(why)
    assert apart(once, name, tmp_path)[:2] == (48, 64)
