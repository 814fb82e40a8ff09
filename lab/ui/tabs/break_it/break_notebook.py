"""What the stage is set to as a notebook: the same conditions with the same controls, over many
problems.
"""

from __future__ import annotations

from lab.ui.frame.address import Address, Arrival
from lab.ui.frame.menus import in_menu
from lab.ui.frame.notebook_cells import code_cell, literal, notebook_bytes, plain, said, text_cell
from lab.ui.tabs.break_it import break_address, break_choices, break_run
from lab.ui.tabs.break_it.break_parts import FIGURES, METRICS, PROBLEMS, SETTING
from lab.ui.tabs.break_it.break_values import condition_of
from lab.version import __version__
from lab.words import for_the_page, known


def break_notebook(address: Address, problems: int = PROBLEMS) -> bytes:
    """The notebook as a file.

    Args:
        address: what the page shows; values that the tab does not know are left out.
        problems: over how many the conditions are measured.
    """
    case = break_address.opened(Arrival(address), FIGURES, METRICS)
    values = [case.setting[name] for name in SETTING]
    this = condition_of(values, case.layers)
    lines = break_choices.companions(this, [])
    settings = break_run.relay_settings(lines, problems, case.setting["steps"])
    given = {name: value for name, value in settings.items() if name != "conditions"}
    named = ", ".join(f"{name}={value!r}" for name, value in given.items())
    with for_the_page():
        what = in_menu(known(this["title"]))
    title = f"{said('tab.break')}: {this['sender']} → {this['receiver']}, {what}"
    cells = [
        text_cell(f"# {plain(title)}"),
        text_cell(said("said.notebook.stage", version=__version__)),
        code_cell(f"import lab\n\nconditions = {literal(lines)}"),
        code_cell(
            f"results = lab.experiment('relay', conditions=conditions, {named})\n"
            "rates = results.summary().query(\"metric == 'accuracy'\")\n"
            "rates[['condition', 'channel', 'value', 'low', 'high', 'n']].round(3)"
        ),
        code_cell("results.bars()"),
    ]
    return notebook_bytes(cells)
