# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Inputs that nobody would write, guided by what they reach in the decoders (atheris, libFuzzer)."""
