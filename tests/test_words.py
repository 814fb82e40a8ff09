"""What Python says for the page is a key with values, in every place where a text can stand."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel, Field, ValidationError

from lab.cluster.head_address import require_answer
from lab.cluster.scribe import Unrepeatable
from lab.errors import BadInput, LabError
from lab.files import ASSETS, EXPERIMENTS, PRESETS
from lab.presets import load_preset
from lab.records.results import ResultTable
from lab.service.limits import Limits, check_budget
from lab.ui.tabs.break_it.break_choices import BREAKS
from lab.words import called, first_mistake, for_the_page, known, say, shown, texts_of
from tests import REPOSITORY


class Whole(BaseModel):
    """A number with a limit, as plans have them."""

    n: int = Field(le=64)


def test_a_text_is_english_and_for_the_page_a_key_with_its_values() -> None:
    assert say("said.queue.next", seconds=3) == "You are next, about 3 s."
    with for_the_page():
        told = say("said.queue.next", seconds=3)
        with for_the_page(on=False):
            assert say("said.queue.next", seconds=3) == "You are next, about 3 s."
    assert "next" not in told.replace("said.queue.next", "")
    assert shown(told, "en") == "You are next, about 3 s."
    assert shown(told, "zh") != told and "3" in shown(told, "zh")


def test_values_are_written_as_the_english_says_and_may_hold_texts() -> None:
    with for_the_page():
        inner = say("said.channel.kv")
        told = f"({say('said.map_tab.together_with', run_id=inner)} {say('said.unit.ms')})"
        dial = say("said.dial.fine_tune", x=0.5)
    assert shown(told, "en") == "(Together with cache. ms)"
    assert shown(dial, "en") == "α = 0.5 on the way from base to a fine-tune"
    assert "缓存" in shown(told, "zh")


def test_a_stray_sign_of_a_hostile_text_breaks_nothing() -> None:
    for text in ("\ue003", "a\ue003b", "\ue000\ue003", "\ue000no.such.key\ue001x\ue002\\1\ue003"):
        assert "\ue003" not in shown(text, "zh")


def test_a_text_of_a_record_is_known_by_its_english_and_others_stay() -> None:
    assert known("random vectors") == "random vectors"
    with for_the_page():
        assert shown(known("random vectors"), "zh") == "随机向量"
        assert shown(known("threshold 0.9"), "zh") == "阈值 0.9"
        assert known("Is it 7?") == "Is it 7?"
        assert called("metric", "my_own") == "my_own"


ERRORS = {kind.__name__ for kind in (LabError, Unrepeatable, *LabError.__subclasses__())}
NOT_ON_THE_PAGE = (
    *("lab/bench", "lab/cli", "lab/experiments/tasks", "lab/face", "lab/zoo"),
    *("lab/errors.py", "lab/files.py", "lab/stats.py", "lab/words.py"),
    *("lab/worlds/code_child.py", "lab/worlds/code_run.py", "lab/worlds/task_files.py"),
    "lab/worlds/task_package.py",
)
"""Of a notebook, a terminal or the floors below the texts: their sentences stand in Python."""


def _sentences(file: Path) -> list[str]:
    """Sentences of errors that a file writes itself instead of naming their key."""
    return [
        f"{file.name}:{call.lineno}"
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in ERRORS
        and call.args
        and isinstance(call.args[0], ast.Constant | ast.JoinedStr | ast.BinOp)
        and call.func.id != "RoomRefused"
    ]


def test_no_sentence_of_an_error_that_the_page_may_show_stands_in_python() -> None:
    files = [
        file
        for file in (REPOSITORY / "lab").rglob("*.py")
        if not file.relative_to(REPOSITORY).as_posix().startswith(NOT_ON_THE_PAGE)
    ]
    assert len(files) > 200
    assert [found for file in files for found in _sentences(file)] == []


def test_a_sentence_in_python_is_found(tmp_path: Path) -> None:
    file = tmp_path / "wrong.py"
    file.write_text("raise BadInput(f'Too long: {n}')\nraise BadInput(say('error.stopped'))\n")
    assert _sentences(file) == ["wrong.py:1"]


def test_what_an_error_says_is_english_and_on_the_page_chinese() -> None:
    with pytest.raises(BadInput) as raised:
        check_budget(load_preset("relay"), Limits(max_tokens=9))
    assert str(raised.value).startswith("This run could write ")
    with for_the_page():
        told = shown(known(str(raised.value)), "zh")
    assert re.search("[A-Za-z]", told) is None and " 9" in told


def test_an_error_of_a_worker_is_known_with_the_errors_in_it() -> None:
    had = say("error.fetch.could_not_be_had", title="SmolLM2", reasons=say("error.stopped"))
    wrong = say("error.ablate.unknown_ablation_choose", condition="x", names="y")
    with for_the_page():
        assert shown(known(had), "zh") == "无法取得 SmolLM2。已由本人停止。"
        assert shown(known(wrong), "zh") == "未知的消融 'x'：应为 y 之一；请选择其中一个。"


def test_a_cluster_that_is_not_there_is_said_in_chinese() -> None:
    with pytest.raises(LabError) as raised:
        require_answer("127.0.0.1:1")
    with for_the_page():
        told = shown(known(str(raised.value)), "zh")
    assert told.startswith("无法连接集群 '127.0.0.1:1'：127.0.0.1:1 无人应答；")


def test_what_is_wrong_with_data_is_said_in_chinese() -> None:
    with pytest.raises(ValidationError) as raised:
        Whole.model_validate({"n": 99})
    assert first_mistake(raised.value) == "n: Input should be less than or equal to 64; got 99"
    with for_the_page():
        assert shown(first_mistake(raised.value), "zh") == "n：应不大于 64；得到 99"


def _unknown(texts: list[str]) -> list[str]:
    """Those in which a word stands and that the lab has no words for."""
    return [text for text in texts if re.search("[A-Za-z]{2}", text) and known(text) == text]


def _titles(experiment: str) -> list[str]:
    table = ResultTable.open(EXPERIMENTS / experiment)
    specs = [c for c in table.meta.get("conditions", []) if isinstance(c, dict)]
    if specs:
        return [str(c.get("title") or c["name"]) for c in specs if not c.get("curve")]
    return [str(name) for name in table.rows["condition"].unique()]


@pytest.mark.parametrize("folder", sorted(p.parent.name for p in EXPERIMENTS.glob("*/record.json")))
def test_every_condition_of_a_shipped_result_has_words(folder: str) -> None:
    with for_the_page():
        assert _unknown(_titles(folder)) == []


def test_every_condition_of_a_preset_and_every_break_has_words() -> None:
    titles = list(BREAKS)
    for file in (PRESETS / "experiments").glob("*.yaml"):
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        blocks = [c for block in data.get("constraints", []) for c in block.get("conditions", ())]
        titles += [c.get("title") or c["name"] for c in [*data.get("conditions", []), *blocks]]
    with for_the_page():
        assert _unknown(titles) == []


def test_what_the_models_cards_say_has_words() -> None:
    with for_the_page():
        for file in (ASSETS / "models").glob("*/card.json"):
            card = json.loads(file.read_text(encoding="utf-8"))
            told = [card.get("breaks", ""), *card.get("notes", ())]
            assert [text for text in told if text and known(text) == text] == [], Path(file).parent


@pytest.mark.parametrize("name", ["LatentMAS", "TextMAS", "Mixture-of-Agents", "In words"])
def test_a_lane_is_called_in_english_as_its_record_calls_it(name: str) -> None:
    with for_the_page():
        told = known(name)
    assert shown(told, "en") == name


@pytest.mark.parametrize(
    ("written", "name", "chinese"),
    [
        ("latentmas", "LatentMAS", "LatentMAS"),
        ("moa", "Mixture-of-Agents", "混合智能体"),
        ("unlike, all, 8", "8 least alike positions", "最不相似的 8 个位置"),
        ("m = 40", "40 latent steps", "40 个潜步"),
    ],
)
def test_what_is_written_for_programs_has_a_name_for_people_everywhere(
    written: str, name: str, chinese: str
) -> None:
    assert known(written) == name
    with for_the_page():
        told = known(written)
    assert (shown(told, "en"), shown(told, "zh")) == (name, chinese)


def test_chinese_has_its_own_word_for_tokens() -> None:
    left = {
        key: text
        for key, text in texts_of("zh").items()
        if re.search(r"(?<![\w/_=-])tokens?(?![\w_=])", re.sub(r"\{[^{}]*\}", "", text))
    }
    assert left == {}


def test_a_name_that_every_language_writes_alike_is_no_text_of_a_lesson() -> None:
    with for_the_page():
        assert known("LatentMAS") == "LatentMAS"
        assert "lesson." in known(texts_of("en")["lesson.cost.passes.ask"])
