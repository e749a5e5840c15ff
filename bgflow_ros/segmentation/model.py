# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The model folder, which is all that passes from training to the robot."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from bgflow_ros.segmentation.files import expand, share

__all__ = ["DEFAULT_MODEL", "GRAPH", "MANIFEST", "PROTOBUF_BYTES", "Model", "ModelError", "model_folder"]

DEFAULT_MODEL = "default"
"""Name of the packaged model that is used unless another one is named."""
MANIFEST = "manifest.yaml"
GRAPH = "model.onnx"
"""Name that the export gives to the file of the float32 graph."""
MANIFEST_BYTES = 1 << 20
"""Size of the largest file that is parsed as a manifest, which is a page of text."""
ALIASES = 8
"""Number of YAML aliases that a manifest may have."""
GRAPH_BYTES = 1 << 28
"""Default size of the largest graph that is loaded, ten times what a robot can use."""
PROTOBUF_BYTES = (1 << 31) - 1
"""Size of the largest possible ONNX file without external weights, which are never read."""


class ModelError(Exception):
    """Missing or altered model, or one for another version; the message names the file and what to do."""


@dataclass(frozen=True)
class Model:
    """A model whose manifest is valid and whose graph is the one that the manifest describes."""

    name: str
    graph: bytes
    """Content of the ONNX file, exactly the bytes whose hash was checked."""
    int8: bytes | None
    """Content of the ONNX file with an encoder in int8, checked in the same way; None where there is none."""
    sha256: str
    """SHA-256 of `graph`, in hexadecimal digits."""
    width: int
    height: int
    """Size of the network's input, in pixels."""
    stride: int
    """Width and height, in input pixels, of one cell of the output."""
    foreground_threshold: float
    static_threshold: float
    """Likelihoods: a pixel is foreground below the first and static above the second."""
    min_contrast: float | None = None
    """Lowest `Segmentation.contrast` of images that show a room; None where the manifest does not state it."""

    @classmethod
    def load(cls, model: str | Path = DEFAULT_MODEL, max_graph_bytes: int | None = None) -> Model:
        """Read and check a model folder.

        Args:
            model: path of a model folder, or name of a packaged model.
            max_graph_bytes: size of the largest graph that is accepted; GRAPH_BYTES where None.

        Raises:
            ModelError: there is no such model, its manifest is invalid, or its graph is too large or has another
                SHA-256 than the manifest says.
        """
        limit = GRAPH_BYTES if max_graph_bytes is None else max_graph_bytes
        folder = model_folder(model)
        manifest = _manifest(folder / MANIFEST)
        graph = _checked(folder, manifest, limit)
        int8 = _checked(folder, manifest["int8"], limit) if "int8" in manifest else None
        foreground, static = (manifest["thresholds"][mask]["likelihood"] for mask in ("foreground", "static"))
        if static < foreground:
            raise ModelError(
                f"{folder / MANIFEST}: the static threshold {static} is below the foreground's {foreground}"
            )
        return cls(
            name=manifest["name"],
            graph=graph,
            int8=int8,
            sha256=manifest["sha256"],
            width=manifest["input"]["width"],
            height=manifest["input"]["height"],
            stride=manifest["stride"],
            foreground_threshold=foreground,
            static_threshold=static,
            min_contrast=manifest["contrast"]["least"] if "contrast" in manifest else None,
        )


def model_folder(model: str | Path) -> Path:
    """Find the folder of a model by its path or by the name of a packaged model.

    Raises:
        ModelError: There is no such model.
    """
    model = str(model)
    packaged = share() / "models"
    names = [folder.name for folder in sorted(packaged.iterdir()) if folder.is_dir()]
    if model in names:
        return packaged / model
    try:
        folder = expand(model)
    except OSError as error:
        raise ModelError(str(error)) from error
    if model and folder.is_dir():
        return folder
    raise ModelError(f"no model {model!r}: it is neither a folder nor a packaged model ({', '.join(names)})")


def _checked(folder: Path, entry: dict[str, Any], limit: int) -> bytes:
    """Read the file that a manifest's entry names and check its size and SHA-256."""
    path = folder / str(entry["file"])
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise ModelError(f"{path} is missing or unreadable ({error.strerror}), though {MANIFEST} names it") from error
    if len(content) > limit:
        raise ModelError(
            f"{path} is larger than {limit} bytes; to load it, raise max_graph_mb (commands: --max-graph-mb)"
        )
    found = hashlib.sha256(content).hexdigest()
    if found != entry["sha256"]:
        raise ModelError(
            f"{path} has been altered: its SHA-256 is {found[:12]}..., the manifest says {entry['sha256'][:12]}...; "
            "restore the model folder or export it again"
        )
    return content


def _path(error: jsonschema.ValidationError) -> str:
    """Place of an error in the manifest, in the notation of JSON Path."""
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)


class _Loader(yaml.SafeLoader):
    """Loader that accepts only a few aliases: a page of nested ones can expand to more than any machine can hold."""

    aliases = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.aliases += bool(self.check_event(yaml.AliasEvent))
        if self.aliases > ALIASES:
            raise yaml.constructor.ConstructorError(None, None, f"it has more than {ALIASES} aliases (*)")
        return super().compose_node(parent, index)


def _manifest(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            text = file.read(MANIFEST_BYTES + 1)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}); a model folder holds a {MANIFEST}") from error
    if len(text) > MANIFEST_BYTES:
        raise ModelError(f"{path} is larger than {MANIFEST_BYTES} bytes; not a valid manifest")
    try:
        manifest = yaml.load(text, _Loader)  # noqa: S506 (a SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ModelError(f"{path} is not valid YAML: {error}") from error
    schema = json.loads(resources.files(__package__).joinpath("manifest.schema.json").read_text())
    version = manifest.get("format") if isinstance(manifest, dict) else None
    supported = schema["properties"]["format"]["const"]
    if version is not None and version != supported:
        raise ModelError(f"{path} has format {version}; this bgflow reads format {supported}: use a matching version")
    errors = jsonschema.Draft7Validator(schema).iter_errors(manifest)
    if first := jsonschema.exceptions.best_match(errors):
        raise ModelError(f"{path} is invalid at {_path(first)}: {first.message[:300]}")
    assert isinstance(manifest, dict)
    return manifest
