# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Targets of a recording: a window, a browser or a file."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import ipaddress
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import rerun as rr
import rerun.blueprint as rrb
import rerun_cli  # type: ignore[import-untyped]

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import for_opencv

__all__ = ["LOCAL", "in_browser", "in_file", "in_window"]

APPLICATION = "bgflow_view"
LOCAL = "127.0.0.1"
"""Address at which only programs on this machine can reach the viewer."""
WEB_PORT, DATA_PORT = 9090, 9876
"""Ports, the same as Rerun's defaults."""
LONGEST_FLUSH = 20.0
"""Longest time in seconds until the last images reach a file."""
PROBE = 1 << 16
"""Bytes that are written as a test before a file is recorded."""
PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that a process gets when its parent dies."""


def _recording() -> rr.RecordingStream:
    recording = rr.RecordingStream(APPLICATION)
    recording.set_log_time_enabled(False)  # the stamp is the one timeline
    return recording


@contextmanager
def in_window(layout: rrb.Blueprint) -> Iterator[rr.RecordingStream]:
    """Open Rerun's window or use an open one; it stays open when this process ends.

    Raises:
        UserError: there is no screen to open it on, or it does not open.
    """
    if sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys():
        raise UserError("no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set): take --web or --save FILE.rrd")
    if not _listens(LOCAL):
        _start(LOCAL, "--hide-welcome-screen", "--expect-data-soon")
    with _connected(layout, LOCAL) as recording:
        yield recording


@contextmanager
def in_browser(layout: rrb.Blueprint, kept: str, bind: str = LOCAL) -> Iterator[rr.RecordingStream]:
    """Serve the viewer and the data at one address, and print the address and who can reach it.

    Args:
        layout: layout of the views.
        kept: memory for data that browsers which connect later receive first, as Rerun writes it ("1GiB").
        bind: IP address of this machine to serve at; 0.0.0.0 or :: for all of them.

    Raises:
        UserError: the address does not belong to this machine, or a port is in use.
    """
    try:
        address = ipaddress.ip_address(bind)
    except ValueError as error:
        raise UserError(f"--bind {bind}: expected an IP address of this machine, or 0.0.0.0 for all of them") from error
    for port in (WEB_PORT, DATA_PORT):
        try:  # because Rerun would take another port
            family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
            socket.create_server((bind, port), family=family).close()
        except OSError as error:
            hint = "; does another one run?" if error.errno == errno.EADDRINUSE else ""
            raise UserError(f"cannot serve on {bind}, port {port}: {os.strerror(error.errno or 0)}{hint}") from error
    # Only pages that come from this viewer's port may read the data; with --bind beyond loopback, accept any
    # host name.
    origin = f"http://{_place(bind) if address.is_loopback else '*'}:{WEB_PORT}"
    options = ("--serve-web", "--web-viewer-port", str(WEB_PORT), "--server-memory-limit", kept)
    viewer = _start(bind, *options, "--cors-allow-origin", origin, with_parent=True)
    try:
        everywhere = address.is_unspecified
        hosts = [_place(_reached(bind)), *([socket.gethostname()] if everywhere else [])]
        if address.is_loopback:
            print("only this machine can see it; --bind ADDRESS shows it to others", flush=True)
        else:
            which = "any address of this machine" if everywhere else bind
            print(f"whoever reaches {which} can see what the camera sees, without a password", flush=True)
        for host in hosts:
            data = quote(f"rerun+http://{host}:{DATA_PORT}/proxy", safe="")
            print(f"http://{host}:{WEB_PORT}/?url={data}", flush=True)
        with _connected(layout, bind) as recording:
            yield recording
        if viewer.poll() is not None:
            raise UserError(f"Rerun's server ended by itself, with {viewer.returncode}")
    finally:
        viewer.terminate()
        try:
            viewer.wait(5)
        except subprocess.TimeoutExpired:
            viewer.kill()
            viewer.wait()


@contextmanager
def in_file(layout: rrb.Blueprint, path: Path) -> Iterator[rr.RecordingStream]:
    """Record to a file, which appears under its name once it is closed, also after an exception.

    Raises:
        UserError: the file cannot be written.
    """
    if path.is_dir():
        raise UserError(f"{path} is a folder; expected a file to record to, like FILE.rrd")
    if path.exists() and path.suffix != ".rrd":  # what is shown, perhaps
        raise UserError(f"{path} exists and is not named like a recording; expected FILE.rrd")
    recording = _recording()
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(bytes(PROBE))  # because Rerun hangs where it cannot even write a file's header
            recording.save(for_opencv(temporary), default_blueprint=layout)
        except (OSError, RuntimeError) as error:
            raise UserError(f"{path} cannot be written: {error}") from error
        try:
            yield recording
        finally:
            try:
                # Raises where the disk is full, which closing only logs; without a limit it may wait for ever then.
                recording.flush(timeout_sec=LONGEST_FLUSH)
            except RuntimeError as error:  # and closing waits for ever as well
                raise UserError(f"{path} cannot be written, see above: {error}") from error
            recording.disconnect()
            temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):  # as the disk is read-only or the folder a file, which was told above
            temporary.unlink(missing_ok=True)


@contextmanager
def _connected(layout: rrb.Blueprint, host: str) -> Iterator[rr.RecordingStream]:
    """Connect a recording to the viewer at an address of this machine."""
    recording = _recording()
    recording.connect_grpc(f"rerun+http://{_place(_reached(host))}:{DATA_PORT}/proxy", default_blueprint=layout)
    try:
        yield recording
    finally:
        recording.disconnect()


def _start(bind: str, *options: str, with_parent: bool = False) -> subprocess.Popen[bytes]:
    """Start Rerun's program and wait until it accepts data.

    The functions of its Python package would serve at all addresses of the machine, even for a window.

    Args:
        bind: address at which to serve.
        options: options of the program.
        with_parent: end the program when this process ends, in whichever way.

    Raises:
        UserError: the program ended instead.
    """
    # By its path, because PATH does not contain `rerun` where the environment is not activated.
    program = str(Path(rerun_cli.__file__).with_name("rerun"))
    # Without this variable, Rerun stores an identifier in the home folder and reports its use to its makers.
    environment = os.environ | {"CI": "true"}
    libc = ctypes.CDLL(None)
    try:
        with tempfile.TemporaryFile() as log:
            viewer = subprocess.Popen(
                [program, "--bind", bind, "--port", str(DATA_PORT), *options],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is this process's to handle
                preexec_fn=(lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)) if with_parent else None,  # noqa: PLW1509
            )
            while not _listens(bind):
                if viewer.poll() is not None:
                    log.seek(0)
                    lines = [line for line in log.read().decode(errors="replace").splitlines() if line.strip()]
                    raise OSError(lines[-1].strip() if lines else f"status {viewer.returncode}")
                time.sleep(0.05)
    except OSError as error:
        raise UserError(f"Rerun's viewer does not start ({error}): take --save FILE.rrd") from error
    return viewer


def _listens(host: str) -> bool:
    """Tell whether something accepts data at an address of this machine."""
    with contextlib.suppress(OSError), socket.create_connection((_reached(host), DATA_PORT), 1):
        return True
    return False


def _place(address: str) -> str:
    """Write an IP address as a URL does."""
    return f"[{address}]" if ":" in address else address


def _reached(bind: str) -> str:
    """Local address of a server bound to `bind`."""
    return {"0.0.0.0": LOCAL, "::": "::1"}.get(bind, bind)
