"""Every shipped model does what its card states (held-out problems, with room for both
intervals).
"""

import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer

from lab.files import MODELS
from lab.models.pool import HostPool
from lab.zoo import cards
from lab.zoo.abilities import ability_table
from lab.zoo.recipes import FAMILY

SHIPPED = [name for name in FAMILY if (MODELS / name / "model.safetensors").is_file()]
N = 100
"""Problems for the reference; its relatives answer fewer, with wider intervals."""
FEWER = 40


@pytest.fixture(scope="module")
def pool():
    return HostPool()


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_model_meets_its_card(name, pool):
    card = cards.read_card(name, MODELS)
    stated = {entry["ability"]: entry for entry in card["abilities"]}
    assert stated or "Not measured yet" in " ".join(card["notes"])
    if not stated:  # the card says that itself
        return
    teams = name == "pocket-base"
    for figure in ability_table(
        pool.get(name), card["mask_seed"], N if teams else FEWER, curve=False, chains=teams
    ):
        entry = stated[figure.ability]
        assert figure.low <= entry["high"] + 0.02 and figure.high >= entry["low"] - 0.02, (
            figure,
            entry,
        )


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_model_loads_and_speaks_without_the_lab(name):
    folder = MODELS / name
    tokenizer, model = (
        AutoTokenizer.from_pretrained(folder),
        AutoModelForCausalLM.from_pretrained(folder),
    )
    messages = [
        {"role": "user", "content": "How many coins are in the red box? The red box has 9 coins."}
    ]
    ids = tokenizer.apply_chat_template(
        messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    said = model.float().generate(**ids, max_new_tokens=40)[0, ids["input_ids"].shape[1] :]
    assert said[-1] == tokenizer.eos_token_id
    assert tokenizer.decode(said).startswith(" red")


def test_the_shipped_family_is_small_enough_to_live_in_the_repository():
    total = sum(path.stat().st_size for path in MODELS.rglob("*") if path.is_file())
    assert total < 80e6
