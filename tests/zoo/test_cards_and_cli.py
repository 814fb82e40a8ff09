"""Cards, figures and the command line on a tiny model that was never trained."""

import dataclasses
import json

import pytest
import torch

from lab import stats
from lab.cli import zoo as cli
from lab.errors import BadInput, ModelUnavailable
from lab.experiments.moa.team import with_words
from lab.models.pool import HostPool
from lab.worlds import check
from lab.worlds.almanac import fact_problem
from lab.zoo import cards, team_figures
from lab.zoo.abilities import Bench, ability_table, claim_probabilities, first_steps, mean, share
from lab.zoo.networks import build_model, save_model
from lab.zoo.recipes import FAMILY, Architecture
from lab.zoo.tokenizer import build_tokenizer

TINY = Architecture(width=32, layers=2, heads=2, kv_heads=1, head_dim=16, inner=64)
COUNTS = {"steps": 3, "tokens": 2_000_000, "seconds": 60}


@pytest.fixture
def models(tmp_path, monkeypatch):
    """A folder with an untrained `pocket-base`, which the lab finds first."""
    tokenizer = build_tokenizer()
    folder = tmp_path / "models" / "pocket-base"
    save_model(build_model(TINY, tokenizer, seed=1), tokenizer, folder)
    cards.write_card(
        folder, FAMILY["pocket-base"], COUNTS, [share("telling truth", [True] * 3 + [False])]
    )
    monkeypatch.setenv("LATENT_LAB_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def test_wilson_interval_by_hand():
    figure = share("x", [True] * 8 + [False] * 2)
    assert (round(figure.value, 3), round(figure.low, 3), round(figure.high, 3)) == (
        0.8,
        0.490,
        0.943,
    )
    assert share("x", [True] * 50).high == 1.0 and share("x", [True] * 50).low < 0.95
    assert share("x", [False] * 50).low == 0.0 < share("x", [False] * 50).high


def test_a_mean_and_its_interval_are_those_of_the_labs_statistics():
    values = [0.1, 0.9, 0.4, 0.4, 0.7]
    figure, e = mean("p", values), stats.mean(values)
    assert figure.kind == "mean" and (figure.value, figure.n) == (0.5, 5)
    assert (figure.low, figure.high) == (e.low, e.high) and figure.low < 0.5 < figure.high


def test_a_card_states_digest_recipe_and_figures(models):
    card = cards.read_card("pocket-base")
    assert card["recipe"]["seed"] == 1 and card["training"]["tokens"] == 2_000_000
    text = (models / "pocket-base" / "README.md").read_text()
    assert "| telling truth | 75.0 % | 30.1 % to 95.4 % | 4 |" in text
    cards.update_abilities("pocket-base", [share("flying", [False] * 4)])
    entries = {
        entry["ability"]: entry["value"] for entry in cards.read_card("pocket-base")["abilities"]
    }
    assert entries == {"telling truth": 0.75, "flying": 0.0}


def test_damaged_weights_are_named(models):
    path = models / "pocket-base" / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(
        ModelUnavailable, match="pocket-base is damaged or was changed: its card states digest"
    ):
        cards.read_card("pocket-base")


def test_unknown_and_missing_members_are_named(models):
    with pytest.raises(BadInput, match="No pocket model is called 'pocket-huge'"):
        cards.read_card("pocket-huge")
    with pytest.raises(ModelUnavailable, match="zoo train pocket-wide"):
        cards.read_card("pocket-wide", models)


@pytest.mark.usefixtures("models")
def test_the_ability_table_holds_every_row_and_an_untrained_model_is_at_chance():
    figures = {f.ability: f for f in ability_table(HostPool().get("pocket-base"), 0, n=8)}
    for ability in (
        "ledger, single with thought, depth 4",
        "ledger, answer at once",
        "TextMAS, 4 agents",
        "relay, text",
        "relay, latent, identity",
        "relay, latent, ridge",
        "relay, latent, softmax",
        "LatentMAS, 3 agents",
        "relay, no hand-over",
        "relay, another problem's hand-over",
        "relay, random vectors",
        "relay, latent, m = 40",
        "almanac, known facts",
        "almanac, probability of guesses",
    ):
        assert 0.0 <= figures[ability].low <= figures[ability].high <= 1.0
        assert figures[ability].value <= 0.5


@pytest.mark.usefixtures("models")
def test_latents_as_embeddings_take_the_receivers_norm():
    bench = Bench(HostPool().get("pocket-base"), 4)
    vectors = bench.latents(3)
    assert vectors.shape == (4, 3, 32)
    torch.testing.assert_close(
        vectors.norm(dim=-1), torch.full((4, 3), bench.host.embed_norm), rtol=1e-4, atol=0
    )
    assert len(bench.framed(vectors * 7)) == 4


def test_confidence_words_follow_the_probability():
    said = ["Ivy Stone drinks tea."] * 2
    assert with_words(said, [0.95, 0.2]) == [f"Sure: {said[0]}", f"Guess: {said[0]}"]
    problems = team_figures.questions_about(5)
    assert len({p.claims[0].entity for p in problems}) == 5
    assert len({p.question for p in problems}) == 30


def test_a_claims_probability_is_the_product_over_its_words():
    from lab.engine.decode import TextResult

    result = TextResult(logprobs=[[-0.1, -0.2], [0.0]])
    assert claim_probabilities(result) == pytest.approx([2.718281828**-0.3, 1.0])


@pytest.mark.usefixtures("models")
def test_eval_prints_and_writes(capsys):
    assert cli.main(["zoo", "eval", "pocket-base", "--n", "4", "--json", "--write"]) == 0
    table = json.loads(capsys.readouterr().out)["pocket-base"]
    kept = {entry["ability"]: entry for entry in cards.read_card("pocket-base")["abilities"]}
    assert all(kept[entry["ability"]] == entry for entry in table) and "telling truth" in kept
    assert cli.main(["zoo", "eval", "pocket-base", "--n", "4"]) == 0
    assert "ledger, single with thought" in capsys.readouterr().out


@pytest.mark.usefixtures("models")
def test_problems_and_card_on_the_command_line(capsys):
    assert cli.main(["zoo", "problems", "--n", "2", "--depth", "2", "--json"]) == 0
    problems = json.loads(capsys.readouterr().out)
    assert [p["depth"] for p in problems] == [2, 2]
    assert cli.main(["zoo", "problems", "--world", "almanac"]) == 0
    assert capsys.readouterr().out.count("truth:") == 5
    assert cli.main(["zoo", "card", "pocket-base"]) == 0
    assert capsys.readouterr().out.startswith("# pocket-base")


@pytest.mark.usefixtures("models")
@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["eval"], "Nothing to measure"),
        (["eval", "pocket-base", "--n", "0"], "--n must be at least 1, got 0"),
        (["problems", "--depth", "9"], "depth must be a whole number from 1 to 4, got 9"),
        (["problems", "--world", "chess"], "Unknown world 'chess'"),
        (["train", "pocket-huge"], "No recipe for 'pocket-huge'"),
        (["train", "pocket-base", "--minutes", "-1"], "--minutes must be above 0"),
        (["card", "nobody"], "No pocket model is called 'nobody'"),
    ],
)
def test_bad_input_is_one_sentence(capsys, argv, message):
    assert cli.main(["zoo", *argv]) == 2
    assert message in capsys.readouterr().err


def test_train_writes_a_model_with_a_card(tmp_path, monkeypatch, capsys):
    from lab.zoo import recipes

    phase = dataclasses.replace(FAMILY["pocket-base"].phases[0], tokens=8192, batch_tokens=2048)
    monkeypatch.setitem(
        recipes.FAMILY,
        "pocket-base",
        dataclasses.replace(FAMILY["pocket-base"], arch=TINY, phases=(phase,)),
    )
    monkeypatch.chdir(tmp_path)
    argv = [
        "zoo",
        "train",
        "pocket-base",
        "--tokens",
        "8192",
        "--no-compile",
        "--precision",
        "fp32",
        "--device",
        "cpu",
    ]
    assert cli.main(argv) == 0
    card = cards.read_card("pocket-base", tmp_path / "runs" / "zoo" / "models")
    assert card["training"]["steps"] == 4
    assert "written to" in capsys.readouterr().out
    assert cli.main([*argv, "--resume"]) == 0


def test_answers_of_models_are_judged_after_stripping():
    assert check(fact_problem("Ada Reed", "drink", value="tea"), " Ada Reed drinks tea.").correct


def test_the_overview_has_a_column_per_member_and_keeps_the_family_rows(models):
    path = cards.write_overview(models, [share("KV cache from pocket-gauge", [True] * 3)])
    assert "| telling truth | 75.0 % |" in path.read_text()
    again = cards.write_overview(models).read_text()
    assert "| KV cache from pocket-gauge | 100.0 % |" in again and "| ability | base |" in again


@pytest.mark.usefixtures("models")
def test_the_first_steps_of_a_thought_are_a_shorter_thought():
    bench = Bench(HostPool().get("pocket-base"), 3)
    cut, short = first_steps(bench.think(["solver"]), 5), bench.think(["solver"], 5)
    assert cut.kv_len == short.kv_len and cut.next_positions == short.next_positions
    for (k1, v1), (k2, v2) in zip(cut.cache.pairs(), short.cache.pairs(), strict=True):
        torch.testing.assert_close(k1, k2)
        torch.testing.assert_close(v1, v2)
    assert bench.judge(cut) == bench.judge(short)


def test_the_readme_keeps_everything_outside_its_marks() -> None:
    begin, end = cards.README_MARKS
    readme = f"# Lab\n\n{begin}\nold\n{end}\n\n## Licence\n"
    fresh = cards.with_table(readme, "new table\n")
    assert fresh == f"# Lab\n\n{begin}\nnew table\n{end}\n\n## Licence\n"
    assert cards.with_table("# Lab without marks\n", "x") == "# Lab without marks\n"


def test_the_summary_says_who_understands_whom() -> None:
    def entry(ability: str, right: int) -> dict[str, object]:
        return share(ability, [True] * right + [False] * (10 - right)).to_dict()

    base = {
        "name": "pocket-base",
        "breaks": "nothing",
        "abilities": [
            entry("ledger, single with thought", 10),
            entry("relay, latent, identity", 9),
            entry("relay, no hand-over", 1),
        ],
    }
    wide = {"name": "pocket-wide", "breaks": "architecture", "abilities": []}
    together = [
        entry("latents as input embeddings from pocket-base", 8),
        entry("KV cache from pocket-base", 7),
        entry("KV cache from pocket-gauge", 6),
        entry("MoA of three", 5),
    ]
    text = cards.render_summary([base, wide], together)
    assert "| `pocket-base` | nothing | 100.0 % | 90.0 % | 80.0 % | 70.0 % |" in text
    assert "| `pocket-wide` | architecture | – | – | – | – |" in text
    assert "| as base | | – | 60.0 % |" in text
    assert "Chance, on `pocket-base`: no hand-over 10.0 %, another problem's hand-over –" in text
    assert "| MoA of three | 50.0 % |" in text
