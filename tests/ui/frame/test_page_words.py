"""Every text exists in both languages, every key that is used exists, colours of text can be
read.
"""

import ast
import json
import re
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.panels.style import contrast
from lab.ui.frame.page_words import Words
from lab.words import read_texts
from tests import REPOSITORY


@pytest.fixture(scope="module")
def words() -> Words:
    return Words()


def test_both_languages_have_the_same_keys() -> None:
    table = Words().table
    assert table["en"].keys() == table["zh"].keys()


def test_placeholders_agree() -> None:
    table = Words().table
    for key, english in table["en"].items():
        assert set(re.findall(r"\{(\w+)(?:[:!][^{}]*)?\}", english)) == set(
            re.findall(r"\{(\w+)(?:[:!][^{}]*)?\}", table["zh"][key])
        ), key


def test_keys_used_by_scripts_exist(words: Words) -> None:
    for path in (REPOSITORY / "assets" / "js").glob("*.js"):
        for key in re.findall(r"\bt\('([\w.]+)'", path.read_text(encoding="utf-8")):
            known = any(name.startswith(f"js.{key}") for name in words.table["en"])
            assert known if key.endswith(".") else f"js.{key}" in words.table["en"], (
                f"{path.name}: {key}"
            )


def test_keys_used_by_python_exist(words: Words) -> None:
    for path in (REPOSITORY / "lab" / "ui").rglob("*.py"):
        for key in re.findall(
            r"(?:ctx\.t|button|slider|radio|dropdown)\((?:ctx, )?\"([\w.]+)\"",
            path.read_text(encoding="utf-8"),
        ):
            assert key in words.table["en"], f"{path.name} uses {key}"


def test_keys_said_by_panels_exist(words: Words) -> None:
    for path in (REPOSITORY / "lab").rglob("*.py"):
        for key in re.findall(r"\bsay\(\s*\"(\w+\.[\w.]+)\"", path.read_text(encoding="utf-8")):
            assert key in words.table["en"], f"{path.name} says {key}"


def test_no_page_text_in_python() -> None:
    for path in (REPOSITORY / "lab" / "ui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not re.search(r"[\u3400-\u9fff]", node.value), f"{path}:{node.lineno}"
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                assert node.id != "WORDS" or path.parts[-2] == "ui", path


def test_a_key_in_two_files_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "en"
    folder.mkdir()
    (folder / "a.yaml").write_text("x: one")
    (folder / "b.yaml").write_text("y: two")
    assert read_texts("en", tmp_path) == {"x": "one", "y": "two"}
    (folder / "b.yaml").write_text("x: two")
    with pytest.raises(LabError, match="x stands in two files"):
        read_texts("en", tmp_path)


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
