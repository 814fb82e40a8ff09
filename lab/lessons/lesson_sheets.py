"""A lesson on paper: a worksheet with room to predict and to note, and a teacher's sheet with
answers and timings. One HTML page each, without script, that prints on A4 and loads nothing.
"""

from __future__ import annotations

from html import escape
from typing import Literal

from lab.lessons.lesson import AskRate, LessonPath, Scene
from lab.lessons.lesson_value import LessonBar
from lab.lessons.lesson_view import asked, revealed
from lab.words import for_the_page, say, shown

Kind = Literal["worksheet", "teacher"]
KINDS: tuple[Kind, ...] = ("worksheet", "teacher")
STYLE = """
@page { size: A4; margin: 16mm; }
* { box-sizing: border-box; }
body { font: 11.5pt/1.45 'IBM Plex Sans', 'Noto Sans', 'Noto Sans CJK SC', sans-serif;
  max-width: 180mm; margin: 8mm auto; padding: 0 5mm; color: #1c2430; background: #fff; }
h1 { font-size: 20pt; line-height: 1.2; margin: 0 0 4pt; } h2 { font-size: 12.5pt; margin: 0; }
header p { margin: 0 0 4pt; color: #555f6d; } .name { display: flex; gap: 10mm; color: #1c2430; }
.name span { flex: 1; border-bottom: 1px solid #1c2430; padding-top: 8pt; }
section { break-inside: avoid; border-top: 1px solid #b9b5aa; padding: 8pt 0; margin-top: 8pt; }
section > p { margin: 4pt 0; } .when { float: right; margin-left: 10pt;
  color: #555f6d; font-size: 10pt; }
ul { list-style: none; padding: 0; margin: 4pt 0; } li { padding: 1.5pt 0; }
.right { font-weight: 600; color: #00664b; } .note { color: #555f6d; font-size: 10pt; }
.scale { position: relative; height: 26pt; margin: 8pt 4mm 2pt 0; border-top: 1.5px solid #1c2430; }
.scale i { position: absolute; top: -4pt; height: 8pt; border-left: 1px solid #1c2430; }
.scale b { white-space: nowrap; }
.scale b { position: absolute; top: 5pt; font-weight: 400; font-size: 9.5pt; color: #555f6d; }
.scale b + i + b { transform: translateX(-50%); }
.scale b:last-child { transform: translateX(-100%); }
.line { border-bottom: 1px solid #dedcd5; height: 20pt; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
td { padding: 2pt 6pt 2pt 0; border-bottom: 1px solid #efede7; vertical-align: top; }
td:nth-child(2) { font-weight: 600; white-space: nowrap; } .take { border-left: 3px solid #1c2430;
  padding-left: 8pt; }
@media print { body { margin: 0; padding: 0; max-width: none; } }
"""


def sheet(lesson: LessonPath, kind: Kind, language: str = "en") -> str:
    """A sheet as one HTML page.

    Args:
        lesson: which.
        kind: ``worksheet`` for students, ``teacher`` with answers and timings.
        language: ``en`` or ``zh``.
    """
    with for_the_page():
        body = _page(lesson, kind == "teacher")
        title = say(f"said.lesson.sheet.{kind}", title=lesson.title)
    tag = "zh-CN" if language == "zh" else "en"
    page = (
        f'<!doctype html><html lang="{tag}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{body}</body></html>"
    )
    return shown(page, language)


def _page(lesson: LessonPath, answers: bool) -> str:
    minutes = max(1, round(lesson.seconds / 60))
    told = say("said.lesson.sheet.time", minutes=minutes, n=len(lesson.scenes))
    lines = [f"<p>{escape(lesson.about)}</p>", f"<p>{escape(told)}</p>"]
    if answers:
        lines.append(f"<p>{escape(say('said.lesson.sheet.how'))}</p>")
    else:
        named = "".join(
            f"<span>{escape(say(f'said.lesson.sheet.{part}'))}</span>" for part in ("name", "date")
        )
        lines.append(f'<p class="name">{named}</p>')
    parts, begins = [], 0
    for i, scene in enumerate(lesson.scenes):
        parts.append(_scene(lesson, scene, i, begins, answers))
        begins += scene.seconds
    head = f"<header><h1>{escape(lesson.title)}</h1>{''.join(lines)}</header>"
    return head + "".join(parts)


def _scene(lesson: LessonPath, scene: Scene, number: int, begins: int, answers: bool) -> str:
    out = []
    if answers:
        clock = f"{begins // 60}:{begins % 60:02d}"
        when = say("said.lesson.sheet.when", clock=clock, seconds=scene.seconds)
        out.append(f'<span class="when">{escape(when)}</span>')
    out.append(f"<h2>{number + 1}. {escape(asked(lesson, scene))}</h2>")
    found = revealed(lesson, scene, None)
    choices = lesson.choices(scene)
    if choices:
        marks = [answers and i == found.right for i in range(len(choices))]
        items = (
            f'<li class="right">✓ {escape(text)}</li>' if right else f"<li>☐ {escape(text)}</li>"
            for right, text in zip(marks, choices, strict=True)
        )
        out.append(f"<ul>{''.join(items)}</ul>")
    if answers:
        rows = "".join(map(_row, found.bars))
        out += [
            f'<p class="note">{escape(found.metric)}</p><table>{rows}</table>',
            f'<p class="take">{escape(found.take)}</p>',
            f'<p class="note">{escape(say("said.lesson.sheet.behind"))} ?{escape(scene.address)}'
            f"<br>{escape(found.source)}</p>",
        ]
        return f"<section>{''.join(out)}</section>"
    if isinstance(scene.predict, AskRate):
        ticks = "".join(f'<b style="left:{x}%">{x} %</b><i style="left:{x}%"></i>' for x in (0, 50))
        out.append(
            f'<div class="scale">{ticks}<i style="left:100%"></i><b style="left:100%">100 %</b>'
        )
        out.append("</div>")
    for part in ("measured", "because"):
        out.append(f'<p class="note">{escape(say(f"said.lesson.sheet.{part}"))}</p>')
        out.append('<div class="line"></div>')
    return f"<section>{''.join(out)}</section>"


def _row(bar: LessonBar) -> str:
    n = say("said.lesson.sheet.n", n=bar.recorded.n)
    cells = (bar.label, bar.recorded.text, f"{bar.recorded.interval} {n}")
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
