# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Fuzz one target: `python -m fuzz.one TARGET CORPUS [options of libFuzzer]`."""

from __future__ import annotations

import atexit
import shutil
import sys
from pathlib import Path

import atheris

from fuzz.targets import FOLDER, TARGETS


def main() -> None:
    """Fuzz until libFuzzer ends the process."""
    name, corpus = sys.argv[1], Path(sys.argv[2])
    target = TARGETS[name]
    atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
    for number, seed in enumerate(target.seeds()):
        (corpus / f"seed{number}").write_bytes(seed)
    atheris.Setup([sys.argv[0], f"-max_len={target.longest}", str(corpus), *sys.argv[3:]], target.run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
