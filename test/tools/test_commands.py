# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The help of the `bgflow` command, and what it does with a command line that names no verb."""

from __future__ import annotations

import re
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from bgflow_ros.tools.cli.main import main
from bgflow_ros.tools.cli.verbs import GROUPS, installed_verbs

ROOT = Path(__file__).resolve().parents[2]
TEXTS = [ROOT / "README.md", *sorted((ROOT / "doc").rglob("*.md"))]


def help_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as end:
        main([*arguments, "--help"])
    assert end.value.code == 0
    return capsys.readouterr().out


def test_the_help_lists_every_verb_once_in_its_group(capsys: pytest.CaptureFixture[str]) -> None:
    sections = dict(re.findall(r"^([a-z ]+):\n((?: +.*\n)+)", help_of(capsys), re.MULTILINE))
    verbs = installed_verbs("bgflow.verbs")
    lines = [(group, line) for group in GROUPS for line in sections.get(group, "").splitlines()]
    listed = [(group, *line.split(maxsplit=1)) for group, line in lines]
    assert sorted(listed) == sorted((verb.GROUP, name, verb.HELP) for name, verb in verbs.items())
    assert [group for group in sections if group in GROUPS] == [group for group in GROUPS if group in sections]


@pytest.mark.parametrize("kind", ["bgflow.verbs", "bgflow.benchmarks"])
def test_each_verb_is_described_by_one_sentence_that_fits_a_terminal(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    verbs = installed_verbs(kind)
    assert verbs
    assert all(re.fullmatch(r"[A-Z][^.]*\.", verb.HELP) for verb in verbs.values())
    shown = help_of(capsys, *(["benchmark"] if kind == "bgflow.benchmarks" else []))
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize("verb", sorted(entry.name for entry in entry_points(group="bgflow.verbs")))
def test_the_help_of_a_verb_keeps_the_paragraphs_of_its_description(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    described = (installed_verbs("bgflow.verbs")[verb].__doc__ or "").strip().split("\n\n")
    shown = [" ".join(paragraph.split()) for paragraph in help_of(capsys, verb).split("\n\n")]
    assert {" ".join(paragraph.split()) for paragraph in described} <= set(shown)


@pytest.mark.parametrize(
    ("former", "present"),
    [
        (["--node"], "bgflow benchmark node"),
        (["--node", "--rates", "15"], "bgflow benchmark node"),
        (["--offline", "data"], "bgflow benchmark training --data DATA"),
    ],
)
def test_an_option_of_an_earlier_version_names_the_command_that_replaces_it(
    former: list[str], present: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["benchmark", *former])
    assert end.value.code == 2
    assert capsys.readouterr().err == f"bgflow benchmark: {former[0]} is not an option any more; use: {present}\n"


def test_a_benchmark_refuses_the_options_of_another(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["benchmark", "node", "--rounds", "3"])
    assert end.value.code == 2
    assert "--rounds" in capsys.readouterr().err


def test_an_error_is_told_by_the_command_that_was_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["benchmark", "node", "--camera", "large", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "bgflow benchmark node: --camera is 'large'; expected WxH\n"


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_documented_commands_exist(text: Path) -> None:
    verbs, benchmarks = installed_verbs("bgflow.verbs"), installed_verbs("bgflow.benchmarks")
    if "train" not in verbs:
        pytest.skip("needs an installation that makes models")
    blocks = re.findall(r"^```.*\n(.*?)^```", text.read_text(), re.MULTILINE | re.DOTALL)
    for words in (line.split() for block in blocks for line in block.splitlines() if line.startswith("bgflow ")):
        assert words[1].startswith("-") or words[1] in verbs, words
        assert words[1] != "benchmark" or words[2] in benchmarks, words
