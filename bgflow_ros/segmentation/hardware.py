# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Hardware of this machine: processor and graphics cards."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path
from typing import NamedTuple

__all__ = ["BYTE_PRODUCTS", "Card", "byte_products", "cards", "flags", "processor"]

CPUINFO = Path("/proc/cpuinfo")
BYTE_PRODUCTS = ("avx512_vnni", "avx_vnni", "asimddp", "avx2")
"""Instructions that multiply bytes faster than others multiply float32 numbers, the fastest first. VNNI on x86 and the
dot product on ARM add products into 32 bits at once; AVX2 adds two in 16 bits, which `bgflow quantize` allows for."""


class Card(NamedTuple):
    """An NVIDIA graphics card as its driver describes it."""

    name: str
    driver: str
    capability: float
    """CUDA compute capability: 6.1 is Pascal (GTX 10), 7.5 is Turing (GTX 16, RTX 20)."""
    memory: int
    """Memory in MiB."""


def processor() -> str:
    """Name of the processor as the system reports it."""
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def flags() -> set[str]:
    """Instruction set extensions of the first core, as x86 and ARM name them."""
    return set((_cpuinfo("flags") or _cpuinfo("Features")).split())


def byte_products() -> str:
    """Name of the first instruction of BYTE_PRODUCTS that this processor has; empty where it has none."""
    found = flags()
    return next((name for name in BYTE_PRODUCTS if name in found), "")


def cards() -> list[Card]:
    """List the NVIDIA cards; empty where there is no driver."""
    query = ["nvidia-smi", "--query-gpu=name,driver_version,compute_cap,memory.total", "--format=csv,noheader,nounits"]
    try:
        listed = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    found = []
    for line in listed.splitlines():
        name, driver, capability, memory = (part.strip() for part in line.rsplit(",", 3))
        found.append(Card(name, driver, float(capability), int(memory)))
    return found


def _cpuinfo(key: str) -> str:
    """First value of a key in /proc/cpuinfo; empty where the key is missing."""
    try:
        with CPUINFO.open() as file:
            return next((line.split(":", 1)[1].strip() for line in file if line.startswith(key)), "")
    except OSError:
        return ""
