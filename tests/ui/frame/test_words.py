"""Every text exists in both languages, every key that is used exists, colours of text can be
read.
"""

import json
import re

import pytest

from lab.panels.style import contrast
from lab.ui.frame.words import Words
from lab.ui.tabs.order import tab_modules
from tests import REPOSITORY


@pytest.fixture(scope="module")
def words() -> Words:
    made = Words()
    for module in tab_modules().values():
        made.merge(getattr(module, "WORDS", {}))
    return made


def test_both_languages_have_the_same_keys() -> None:
    table = Words().table
    assert table["en"].keys() == table["zh"].keys()


def test_placeholders_agree() -> None:
    table = Words().table
    for key, english in table["en"].items():
        assert set(re.findall(r"\{(\w+)\}", english)) == set(
            re.findall(r"\{(\w+)\}", table["zh"][key])
        ), key


def test_keys_used_by_scripts_exist(words: Words) -> None:
    for path in (REPOSITORY / "assets" / "js").glob("*.js"):
        for key in re.findall(r"\bt\('([\w.]+)'", path.read_text(encoding="utf-8")):
            known = any(name.startswith(f"js.{key}") for name in words.table["en"])
            assert known if key.endswith(".") else f"js.{key}" in words.table["en"], (
                f"{path.name}: {key}"
            )


def test_keys_used_by_python_exist(words: Words) -> None:
    for path in (REPOSITORY / "lab" / "ui").glob("*.py"):
        for key in re.findall(r"ctx\.t\(\"([\w.]+)\"", path.read_text(encoding="utf-8")):
            assert key in words.table["en"], f"{path.name} uses {key}"


def test_the_script_cannot_be_left_by_a_text() -> None:
    script = Words({"en": {"js.x": "</script><script>alert(1)//"}}).script()
    assert script.count("</script>") == 1
    data = script.removeprefix("<script>window.LAB_WORDS = ").removesuffix(";</script>")
    assert json.loads(data)["en"]["x"].startswith("</script>")


def test_a_missing_translation_falls_back_and_a_missing_key_raises() -> None:
    words = Words({"en": {"a": "A {n}"}})
    assert words.text("zh", "a", n=1) == "A 1"
    with pytest.raises(KeyError):
        words.text("zh", "b")


@pytest.mark.parametrize("mode", [":root", ".dark"])
def test_text_contrast_is_at_least_4_5(mode: str) -> None:
    css = (REPOSITORY / "assets" / "css" / "lab.css").read_text(encoding="utf-8")
    block = re.search(re.escape(mode) + r" \{(.*?)\}", css, re.S)
    assert block
    colors = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block[1]))
    for ink in ("ink", "muted", "good", "bad"):
        for ground in ("paper", "surface", "sunk"):
            assert contrast(colors[ink], colors[ground]) >= 4.5, (mode, ink, ground)


def test_scripts_write_no_markup() -> None:
    for path in (REPOSITORY / "assets" / "js").glob("*.js"):
        text = path.read_text(encoding="utf-8")
        for forbidden in (
            "innerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "outerHTML",
        ):
            assert forbidden not in text, f"{path.name}: {forbidden}"
        assert not re.search(r"https?://(?!www\.w3\.org)", text), f"{path.name} names another host"
