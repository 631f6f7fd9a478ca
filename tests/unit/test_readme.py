"""README names every setting and its default, and what it links to is there."""

import re
from pathlib import Path

import pytest

from bot.settings import PREFIX, Settings

_PROJECT = Path(__file__).resolve().parents[2]
_README = (_PROJECT / "README.md").read_text(encoding="utf-8")
_DEFAULTS = dict(re.findall(r"^\| `(RAWI_\w+)` \| `?(.*?)`? \|", _README, re.MULTILINE))


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_stands_in_the_table(name: str) -> None:
    assert PREFIX + name.upper() in _DEFAULTS


@pytest.mark.parametrize(
    "name", ["threads", "caution", "max_article_bytes", "retention_days", "webhook_port"]
)
def test_defaults_are_those_of_the_code(name: str) -> None:
    assert _DEFAULTS[PREFIX + name.upper()] == str(Settings.model_fields[name].default)


@pytest.mark.parametrize("name", ["README.md", "index/reader/README.md"])
def test_nothing_is_left_to_be_filled_in(name: str) -> None:
    assert "@@" not in (_PROJECT / name).read_text(encoding="utf-8")


def test_what_it_links_to_is_there() -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)]+)\)", _README)
    assert targets
    assert [target for target in targets if not (_PROJECT / target).exists()] == []


def test_what_it_links_to_inside_is_there() -> None:
    headings = {
        re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in _README.splitlines()
        if line.startswith("#")
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", _README)) <= headings
