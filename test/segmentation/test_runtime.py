# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import onnxruntime
import pytest
from support import tiny_model

from bgflow_ros.segmentation import masks, pinned, runtime
from bgflow_ros.segmentation.model import Model, ModelError
from bgflow_ros.segmentation.openvino_session import is_installed
from bgflow_ros.segmentation.runtime import DEVICES, DeviceError, Runtime

HERE = [
    "cpu",
    pytest.param("openvino", marks=pytest.mark.skipif(not is_installed(), reason="needs the openvino extra")),
]
"""Devices that need no card."""
ROOM = Path(__file__).resolve().parents[2] / "demo" / "room" / "rgb.mp4"


@pytest.mark.parametrize("device", HERE)
def test_it_runs_the_graph(tiny: Path, device: str) -> None:
    network = Runtime(Model.load(tiny), device, threads=1)
    logit = network(np.full((96, 128, 3), 200, np.uint8))
    assert logit.shape == (12, 16)
    assert logit == pytest.approx((200 - tiny_model.GREY) / tiny_model.SCALE)
    assert network.device == device


@pytest.mark.parametrize("precision", ["float32", "int8"])
@pytest.mark.parametrize("name", ["default", "paper"])
@pytest.mark.parametrize("device", HERE[1:])
def test_packaged_models_give_the_same_likelihoods_on_it(device: str, name: str, precision: str) -> None:
    model = Model.load(name)
    frame = cv2.VideoCapture(str(ROOM)).read()[1]
    canvas = np.ascontiguousarray(cv2.resize(frame, (model.width, model.height))[..., ::-1])
    if precision == "int8" and model.int8 is None:
        pytest.skip(f"{name} has no int8 graph")
    expected, found = (masks.likelihood(Runtime(model, one, 1, precision)(canvas)) for one in ("cpu", device))
    # Rounded to bytes at other places, a few cells differ; float32 differs in its last digits.
    assert np.abs(found - expected).mean() < (0.005 if precision == "int8" else 1e-5)


@pytest.mark.parametrize("device", HERE)
@pytest.mark.parametrize(("enough", "threads"), [(60.0, 2), (0.0, 4)])
def test_int8_takes_all_cores_only_where_half_of_them_are_too_slow(
    enough: float, threads: int, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime.os, "sched_getaffinity", lambda _: set(range(4)))
    monkeypatch.setattr(runtime, "ENOUGH", enough)
    model = Model.load("default")
    assert Runtime(model, device, precision="int8").threads == threads
    assert Runtime(model, device, precision="float32").threads == 4
    assert Runtime(model, device, 1, "int8").threads == 1


def test_auto_takes_what_is_there(tiny: Path) -> None:
    assert Runtime(Model.load(tiny), "auto").device in DEVICES[1:]


@pytest.mark.parametrize("device", HERE)
def test_the_canvas_is_what_it_reads_and_a_result_outlives_the_next(tiny: Path, device: str) -> None:
    network = Runtime(Model.load(tiny), device, threads=1)
    network.canvas[:] = 200
    bright = network(network.canvas)
    network.canvas[:] = 20
    dark = network(network.canvas)
    assert bright == pytest.approx((200 - tiny_model.GREY) / tiny_model.SCALE)
    assert dark == pytest.approx((20 - tiny_model.GREY) / tiny_model.SCALE)


def test_it_says_in_which_precision_it_runs(tiny: Path) -> None:
    assert Runtime(Model.load(tiny), "cpu", precision="auto").precision == "float32"
    with pytest.raises(DeviceError, match="unknown precision 'int4'; expected one of auto"):
        Runtime(Model.load(tiny), "cpu", precision="int4")
    with pytest.raises(DeviceError, match="no int8 graph"):
        Runtime(Model.load(tiny), "auto", precision="int8")


def test_an_unknown_device_lists_the_known(tiny: Path) -> None:
    with pytest.raises(DeviceError, match="unknown device 'tpu'; expected one of auto"):
        Runtime(Model.load(tiny), "tpu")


@pytest.mark.skipif(
    "CUDAExecutionProvider" in onnxruntime.get_available_providers(), reason="this onnxruntime has CUDA"
)
def test_a_device_that_is_not_there_says_what_is(tiny: Path) -> None:
    with pytest.raises(DeviceError, match="cuda: this onnxruntime has only"):
        Runtime(Model.load(tiny), "cuda")


def test_what_is_not_installed_is_told_with_what_brings_it(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "is_installed", lambda: False)
    with pytest.raises(DeviceError, match=r"openvino is not installed: .* pip install '.\[openvino\]'"):
        Runtime(Model.load(tiny), "openvino")


@pytest.mark.parametrize("device", HERE[1:])
def test_a_precision_that_is_not_there_is_refused_on_it(tiny: Path, device: str) -> None:
    with pytest.raises(DeviceError, match="no int8 graph"):
        Runtime(Model.load(tiny), device, precision="int8")
    with pytest.raises(DeviceError, match="does not support precision float16"):
        Runtime(Model.load(tiny), device, precision="float16")


def test_the_tiny_graph_is_the_one_that_its_code_describes() -> None:
    onnx = pytest.importorskip("onnx", reason="needs the train extra")
    described = onnx.ModelProto.FromString(tiny_model.graph())
    assert onnx.ModelProto.FromString(tiny_model.FILE.read_bytes()) == described


def test_no_logit_that_is_not_finite_gets_out(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="needs the train extra")
    everywhere = tiny_model.write(tmp_path / "zero", tiny_model.graph(scale=0.0))
    with pytest.raises(ModelError, match="192 of 192 logits are not finite"):
        Runtime(Model.load(everywhere), "cpu", threads=1)
    network = Runtime(Model.load(tiny_model.write(tmp_path / "m")), "cpu", threads=1)
    network._logit[0, 3, 5] = np.nan
    network._session = SimpleNamespace(run_with_iobinding=lambda binding: None)  # leaves the buffer as it is
    with pytest.raises(ArithmeticError, match="1 of 192 logits are not finite"):
        network(network.canvas)


def test_weights_outside_of_the_graph_whose_hash_was_checked_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    onnx = pytest.importorskip("onnx", reason="needs the train extra")
    graph = onnx.ModelProto.FromString(tiny_model.graph())
    [grey] = [tensor for tensor in graph.graph.initializer if tensor.name == "grey"]
    (tmp_path / "grey.bin").write_bytes(grey.raw_data)
    grey.ClearField("raw_data")
    grey.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", "grey.bin"), ("offset", "0"), ("length", "4")):
        grey.external_data.add(key=key, value=value)
    monkeypatch.chdir(tmp_path)  # where ONNX Runtime would look, beside the folder of the model
    folder = tiny_model.write(tmp_path, graph.SerializeToString())
    with pytest.raises(ModelError, match="ONNX Runtime refuses its graph"):
        Runtime(Model.load(folder), "cpu", threads=1)


class Card:
    """A session on a card that the provider has no code for."""

    def get_providers(self) -> list[str]:
        return ["CUDAExecutionProvider", "CPUExecutionProvider"]

    def run(self, outputs: None, inputs: dict[str, np.ndarray]) -> None:
        raise RuntimeError("no kernel image is available for execution on the device")


def test_auto_leaves_a_card_that_cannot_run_and_a_wish_for_it_is_an_error(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = runtime._session
    monkeypatch.setattr(runtime.onnxruntime, "get_available_providers", Card().get_providers)
    monkeypatch.setattr(runtime, "_session", lambda *how: Card() if how[1] == "cuda" else session(*how))
    assert Runtime(Model.load(tiny), "auto").device == "cpu"
    with pytest.raises(ModelError, match="does not run on cuda: no kernel image"):
        Runtime(Model.load(tiny), "cuda")


@pytest.mark.parametrize("device", HERE)
def test_a_graph_of_another_shape_is_refused(tmp_path: Path, device: str) -> None:
    folder = tiny_model.write(tmp_path / "m", input={"width": 64, "height": 96})
    with pytest.raises(ModelError, match="expected"):
        Runtime(Model.load(folder), device)


@pytest.mark.parametrize("device", HERE)
def test_a_file_that_is_no_graph_is_refused(tmp_path: Path, tiny: Path, device: str) -> None:
    model = Model.load(tiny)
    broken = Model(**{**vars(model), "graph": b"no onnx"})
    with pytest.raises(ModelError, match=r"(ONNX Runtime|OpenVINO) refuses its graph"):
        Runtime(broken, device)


def test_memory_is_locked_as_long_as_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    locked: dict[int, int] = {}

    def load(name: str) -> SimpleNamespace:
        if name != "libcudart.so.12":
            raise OSError(name)
        return SimpleNamespace(
            cudaHostRegister=lambda address, size, _: locked.update({address.value: size.value}) or 0,
            cudaHostUnregister=lambda address: locked.pop(address.value),
        )

    monkeypatch.setattr(pinned.ctypes, "CDLL", load)
    array = np.zeros((3, 4), np.float32)
    assert pinned.pin(array)
    assert locked == {array.ctypes.data: 48}
    del array
    assert not locked


def test_without_cuda_or_where_it_refuses_memory_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinned, "LIBRARIES", ("libnothere.so",))
    assert not pinned.pin(np.zeros(4))
    monkeypatch.setattr(pinned.ctypes, "CDLL", lambda _: SimpleNamespace(cudaHostRegister=lambda *_: 801))
    assert not pinned.pin(np.zeros(4))
