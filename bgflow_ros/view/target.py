# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Where a recording goes: a window, a browser or a file."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import rerun as rr
import rerun.blueprint as rrb
import rerun_cli  # type: ignore[import-untyped]

from bgflow_ros.cli.errors import UserError

__all__ = ["in_browser", "in_file", "in_window"]

APPLICATION = "bgflow_view"
WEB_PORT, DATA_PORT = 9090, 9876
"""Rerun's own defaults."""


def _recording() -> rr.RecordingStream:
    recording = rr.RecordingStream(APPLICATION)
    recording.set_log_time_enabled(False)  # the stamp is the one timeline
    return recording


@contextmanager
def in_window(layout: rrb.Blueprint) -> Iterator[rr.RecordingStream]:
    """Open Rerun's window, or use the one that is open; it stays when this process ends.

    Raises:
        UserError: there is no screen to open it on, or it does not open.
    """
    if sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys():
        raise UserError("no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set): take --web or --save FILE.rrd")
    recording = _recording()
    try:
        # By its path, because an environment that is not activated has no `rerun` on the PATH.
        viewer = str(Path(rerun_cli.__file__).with_name("rerun"))
        rr.spawn(executable_path=viewer, hide_welcome_screen=True, default_blueprint=layout, recording=recording)
    except RuntimeError as error:
        raise UserError(f"Rerun's window does not open ({error}): take --web or --save FILE.rrd") from error
    try:
        yield recording
    finally:
        recording.disconnect()


@contextmanager
def in_browser(layout: rrb.Blueprint, kept: str) -> Iterator[rr.RecordingStream]:
    """Serve the viewer and the data on all of the machine's addresses, and tell where.

    Args:
        layout: of the views.
        kept: memory for what a browser that comes later is sent first, as Rerun writes it ("1GiB").

    Raises:
        UserError: a port is taken.
    """
    for port in (WEB_PORT, DATA_PORT):
        try:  # because Rerun logs a taken data port and goes on
            socket.create_server(("", port)).close()
        except OSError as error:
            raise UserError(f"cannot serve on port {port}: {error.strerror}; does another one run?") from error
    recording = _recording()
    # Only pages that come from this viewer's port may read, by whatever name the machine was called.
    origins = [f"http://*:{WEB_PORT}"]
    recording.serve_grpc(
        grpc_port=DATA_PORT, default_blueprint=layout, server_memory_limit=kept, cors_allow_origin=origins
    )
    rr.serve_web_viewer(web_port=WEB_PORT, open_browser=False)
    for host in ("localhost", socket.gethostname()):
        data = quote(f"rerun+http://{host}:{DATA_PORT}/proxy", safe="")
        print(f"http://{host}:{WEB_PORT}/?url={data}", flush=True)
    try:
        yield recording
    finally:
        recording.disconnect()


@contextmanager
def in_file(layout: rrb.Blueprint, path: Path) -> Iterator[rr.RecordingStream]:
    """Record to a file that appears under its name once it is closed, also when it is left by an exception.

    Raises:
        UserError: the file cannot be written.
    """
    if path.is_dir():
        raise UserError(f"{path} is a folder; expected a file to record to, like FILE.rrd")
    recording = _recording()
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        recording.save(temporary, default_blueprint=layout)
    except (OSError, RuntimeError) as error:
        raise UserError(f"{path} cannot be written: {error}") from error
    try:
        yield recording
    finally:
        recording.disconnect()
        temporary.replace(path)
