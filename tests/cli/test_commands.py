"""What the command line prints and how it ends."""

import json
import subprocess
import sys

import pytest
import yaml

from lab.cli import main
from lab.errors import BadInput
from lab.files import PRESETS
from lab.plan import Plan
from lab.presets import list_presets, load_preset
from tests import REPOSITORY
from tests.make_record import make_record


def call(capsys, *arguments):
    code = main(list(arguments))
    out = capsys.readouterr()
    return code, out.out, out.err


def test_show_prints_the_comparison(tmp_path, capsys):
    code, out, err = call(capsys, "show", str(make_record(tmp_path / "r")))
    assert code == 0 and err == ""
    table = [line.split() for line in out.splitlines()]
    assert ["LatentMAS", "right", "10", "36", "3", "16"] in [row[:6] for row in table]
    assert ["Mixture-of-Agents", "wrong", "6"] in [row[:3] for row in table]
    assert "Times: the lanes took turns" in out and "These numbers are synthetic." in out


def test_show_as_json_counts_what_was_captured(tmp_path, capsys):
    folder = make_record(tmp_path / "r")
    data = json.loads(call(capsys, "show", str(folder), "--json")[1])
    assert data["status"] == "finished" and data["totals"]["moa"]["correct"] is False
    assert {"lane": "latentmas", "agent": "planner", "kind": "latent", "positions": 8} in data[
        "captured"
    ]
    assert Plan.model_validate(data["plan"]).name == "demo"


def test_ablations_that_cannot_be_measured_are_named(tmp_path, capsys):
    code, out, err = call(capsys, "ablations", str(make_record(tmp_path / "r")))
    assert (code, out) == (1, "")
    assert "latentmas, none: " in err
    assert not (tmp_path / "r" / "ablations.json").exists()


def test_show_lists_a_folder_of_records(tmp_path, capsys):
    make_record(tmp_path / "one")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "record.json").write_text("{")
    _, out, _ = call(capsys, "show", str(tmp_path))
    assert "LatentMAS: right, Mixture-of-Agents: wrong" in out and "damaged" in out


def test_presets_are_listed_with_that_of_the_page_first(capsys):
    _, out, _ = call(capsys, "presets")
    assert out.startswith("relay\n") and "\n\nside-by-side\n" in out
    data = json.loads(call(capsys, "presets", "--json")[1])
    assert [plan["name"] for plan in data] == [plan.name for plan in list_presets()]


def test_models_say_how_to_get_one(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("LATENT_LAB_MODELS", str(tmp_path))
    code, out, _ = call(capsys, "models")
    assert code == 0 and "hub id" in out


@pytest.mark.parametrize("path", sorted(PRESETS.glob("*.yaml")), ids=lambda p: p.stem)
def test_every_preset_is_valid_and_says_what_it_is(path):
    plan = load_preset(path.stem)
    assert plan.name == path.stem and plan.title and len(plan.about) > 80
    assert (PRESETS / "prompts" / f"{plan.prompts}.yaml").exists()
    assert Plan.model_validate(plan.model_dump(mode="json")) == plan


WRONG = [
    (
        ["show", "/nowhere/at/all"],
        "/nowhere/at/all is not a record: expected a file record.json in it",
    ),
    (["run", "nope"], "Unknown preset 'nope': expected one of almanac-coverage,"),
    (
        ["run", "--set", "lanes.latentmas.step=1"],
        "lanes.0.latentmas.step: Extra inputs are not permitted; got 1",
    ),
    (
        ["run", "--set", "lanes.latentmas.steps=201"],
        "Input should be less than or equal to 200; got 201",
    ),
    (["run", "--set", "lanes.moa.layers=9"], "Input should be less than or equal to 3; got 9"),
    (["run", "--set", "lanes.moa.proposers=[]"], "at least 1 item"),
    (["run", "--set", "steps"], "expected key=value"),
    (["run", "--set", "problem.depth=9"], "less than or equal to 6; got 9"),
    (["run", "--set", "problem.depth=5"], "depth must be"),
    (
        ["run", "--set", "lanes.textmas.host=x"],
        "no list entry 'textmas', expected 0 to 1 or a method's name",
    ),
    (
        ["run", "--set", "lanes.latentmas.host=pocket-nobody"],
        "Pocket model pocket-nobody is not on this machine",
    ),
    (["run", "--set", "problem={question: '  '}"], "The question is empty"),
    (["run", "--set", "lanes.latentmas.agents=[judger]"], "expected at least 2 agents"),
    (["run", "--set", "prompts=nobody"], "nobody"),
    (["run", "routed", "--set", "lanes.routed.k=9"], "ask 9 of 6 proposers: expected 1 to 6"),
    (["experiment", "routing", "--set", "ks=[9]"], "ask 9 of 6 proposers: expected 1 to 6"),
    (["experiment", "routing", "--set", "teams={one: []}"], "No proposer is left to ask"),
]


@pytest.mark.parametrize(("arguments", "sentence"), WRONG, ids=[" ".join(w[0]) for w in WRONG])
def test_wrong_input_is_one_sentence_and_exit_code_2(capsys, tmp_path, arguments, sentence):
    if arguments[0] == "run":
        arguments = [*arguments, "--quiet"]
    if arguments[0] != "show":
        arguments = [*arguments, "--out", str(tmp_path / "out")]
    code, out, err = call(capsys, *arguments)
    assert code == 2 and out == ""
    assert sentence in err and len(err.splitlines()) == 1
    assert arguments[0] == "experiment" or not (tmp_path / "out").exists()


def test_a_damaged_preset_file_is_named(tmp_path):
    path = tmp_path / "mine.yaml"
    for text, sentence in (
        ("a: [", "expected YAML"),
        ("- 1", "expected a mapping"),
        ("lanes: []", "mine.yaml"),
    ):
        path.write_text(text)
        with pytest.raises(BadInput, match=sentence):
            load_preset(str(path))


def test_a_preset_may_be_a_file_of_ones_own(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        yaml.safe_dump({"problem": {"question": "Why?"}, "lanes": [{"method": "single"}]})
    )
    assert load_preset(str(path)).name == "mine"


def test_help_is_quick_and_imports_no_torch():
    code = (
        "import sys; from lab.cli import build_parser; build_parser(); "
        "print('torch' in sys.modules)"
    )
    out = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert out.stdout.strip() == "False"
