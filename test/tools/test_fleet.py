# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Many bags at once, by real processes of Ray on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rosbags.rosbag2 import StoragePlugin
from support.made_image_bags import write_bag

from bgflow_ros.tools.cli.main import main

pytest.importorskip("ray", reason="needs the fleet extra")

from support.made_bags import read

MAIN = "import sys; from bgflow_ros.tools.cli.main import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture
def bags(tmp_path: Path) -> Path:
    folder = tmp_path / "bags"
    folder.mkdir()
    for name in ("a", "b", "c"):
        write_bag(folder / name, StoragePlugin.MCAP)
    return folder


def test_bags_come_out_as_from_one_process_and_a_broken_one_costs_no_other(
    bags: Path, tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (bags / "b" / "b.mcap").write_bytes(b"broken")
    arguments = ["fleet", str(bags), "--out", str(tmp_path / "out"), "--workers", "2"]
    arguments.append(f"--options=--model {tiny} --likelihood")
    assert main(arguments) == 1
    told = capsys.readouterr()
    assert "2 of 3 bags without a fault" in told.out
    assert f"bgflow fleet: {bags / 'b'}" in told.err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a", "c"]
    for name in ("a", "c"):
        alone = tmp_path / "alone" / name
        assert main(["segment", str(bags / name), "--out", str(alone), "--model", str(tiny), "--likelihood"]) == 0
        assert read(tmp_path / "out" / name) == read(alone)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.*")}
    capsys.readouterr()
    assert main(arguments) == 1
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.*")} == before


def test_a_run_that_is_killed_goes_on_where_it_was(bags: Path, tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-c", MAIN, "fleet", str(bags), "--out", str(out), "--workers", "1"]
    command.append(f"--options=--model {tiny}")
    process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (out / "a").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert (out / "a").exists()
    first = read(out / "a")
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    assert sorted(path.name for path in out.iterdir() if not path.name.startswith(".")) == ["a", "b", "c"]
    assert read(out / "a") == first


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none"], "does not exist"),
        (["."], "a folder without bags"),
        (["bags/a", "bags/a"], "two bags are called a"),
        (["bags", "--workers", "-1"], "expected 0 or more"),
    ],
)
def test_what_only_the_user_can_mend_ends_with_one_line_and_status_2(
    arguments: list[str],
    message: str,
    bags: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["fleet", *arguments, "--out", str(tmp_path / "out")]) == 2
    assert message in capsys.readouterr().err
