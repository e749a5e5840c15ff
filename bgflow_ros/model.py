# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The model folder: all that passes from training to the robot."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import jsonschema
import yaml

from bgflow_ros.files import share

__all__ = ["DEFAULT_MODEL", "Model", "ModelError"]

DEFAULT_MODEL = "default"
"""The packaged model that is taken where none is named."""
MANIFEST = "manifest.yaml"
MANIFEST_BYTES = 1 << 20
"""A manifest is a page of text; anything larger is not one and is not parsed."""


class ModelError(Exception):
    """A model that is missing, altered or not for this version; the message says which file and what to do."""


@dataclass(frozen=True)
class Model:
    """A model folder whose manifest is valid and whose graph is the one that the manifest describes."""

    name: str
    graph: bytes
    """The ONNX file, the very bytes whose hash was checked."""
    sha256: str
    width: int
    height: int
    """The network's input, in pixels."""
    stride: int
    """Pixels of the input that one cell of the output covers."""
    foreground_threshold: float
    static_threshold: float
    """Likelihoods: foreground below the first, static above the second."""

    @classmethod
    def load(cls, model: str | Path = DEFAULT_MODEL) -> Model:
        """Read and check a model folder.

        Args:
            model: a folder, or the name of a packaged model.

        Raises:
            ModelError: no such model, an invalid manifest, or a graph whose SHA-256 is not the manifest's.
        """
        folder = _find(str(model))
        manifest = _manifest(folder / MANIFEST)
        path = folder / manifest["file"]
        try:
            graph = path.read_bytes()
        except OSError as error:
            raise ModelError(
                f"{path} is missing or unreadable ({error.strerror}), though {MANIFEST} names it"
            ) from error
        graph_hash = hashlib.sha256(graph).hexdigest()
        if graph_hash != manifest["sha256"]:
            raise ModelError(
                f"{path} has been altered: its SHA-256 is {graph_hash[:12]}..., the manifest says "
                f"{manifest['sha256'][:12]}...; restore the model folder or export it anew"
            )
        foreground, static = (manifest["thresholds"][mask]["likelihood"] for mask in ("foreground", "static"))
        if static < foreground:
            raise ModelError(
                f"{folder / MANIFEST}: the static threshold {static} is below the foreground's {foreground}"
            )
        return cls(
            name=manifest["name"],
            graph=graph,
            sha256=graph_hash,
            width=manifest["input"]["width"],
            height=manifest["input"]["height"],
            stride=manifest["stride"],
            foreground_threshold=foreground,
            static_threshold=static,
        )


def _find(model: str) -> Path:
    packaged = share() / "models"
    names = [folder.name for folder in sorted(packaged.iterdir()) if folder.is_dir()]
    if model in names:
        return packaged / model
    folder = Path(model)
    if model and folder.is_dir():
        return folder
    raise ModelError(f"no model {model!r}: it is neither a folder nor a packaged model ({', '.join(names)})")


def _manifest(path: Path) -> dict:  # type: ignore[type-arg]
    try:
        with path.open("rb") as file:
            text = file.read(MANIFEST_BYTES + 1)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}); a model folder holds a {MANIFEST}") from error
    if len(text) > MANIFEST_BYTES:
        raise ModelError(f"{path} is larger than {MANIFEST_BYTES} bytes; that is no manifest")
    try:
        manifest = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ModelError(f"{path} is no valid YAML: {error}") from error
    schema = json.loads(resources.files("bgflow_ros").joinpath("manifest.schema.json").read_text())
    version = manifest.get("format") if isinstance(manifest, dict) else None
    supported = schema["properties"]["format"]["const"]
    if version is not None and version != supported:
        raise ModelError(f"{path} has format {version}; this bgflow reads format {supported}: use a matching version")
    errors = jsonschema.Draft202012Validator(schema).iter_errors(manifest)
    if first := jsonschema.exceptions.best_match(errors):
        raise ModelError(f"{path} is invalid at {first.json_path}: {first.message}")
    assert isinstance(manifest, dict)
    return manifest
