"""The page: Gradio for structure, controls, queue and sessions; small widgets for everything it has
no component for.

The page knows no torch and no models. It talks to the `lab.service` and draws what `lab.panels`
functions return.

**How to add a tab** (one file here, one in `lab/panels`; deleting both removes the feature and
nothing else breaks): write the folder ``lab/ui/tabs/NAME`` for a NAME listed in
`lab.ui.tabs.order.ORDER`; the page finds it by itself. The module has

- ``build(ctx) -> parts``: makes the components (called inside the tab's ``gr.Tab``) and returns
  them in any object;
- ``wire(ctx, parts) -> None``: connects them (called when all tabs are built).

Its texts stand in ``assets/words/en/NAME.yaml`` and ``assets/words/zh/NAME.yaml``; keys start with
``NAME.``, and ``tab.NAME`` in ``page.yaml`` is the tab's label. Texts drawn by JavaScript have keys
``js.NAME.…`` and are read there by ``t(key)``.

``ctx`` is a `lab.ui.frame.context.Ctx`:

- ``ctx.service``: the `lab.service.Service`; ``ctx.open(record_id)``: the record, from a small
  shared cache;
- ``ctx.record``: ``gr.State`` with the id of the record on the page, or None; ``ctx.selection``:
  ``gr.State`` with the one `lab.panels.value.Selection` that all panels share, or None;
- ``ctx.redraw(NAME, fn, inputs, outputs)``: call ``fn(record_id, *inputs)`` when the record changes
  while the tab is in front, and whenever it comes to front; ``fn`` never runs without a record, and
  a `LabError` becomes its sentence in every widget of ``outputs``. ``ctx.when(listener, fn, inputs,
  outputs)``: the same care for any other event (``ctx.when(slider.release, fn, [ctx.record,
  slider], plot)``); pass ``device=True`` for work that waits for models;
- ``ctx.on_selection(NAME, fn, inputs, outputs)``: call ``fn(record_id, selection, *inputs)`` when
  the selection changes while the tab is in front; ``ctx.selects(widget)``: what the widget's
  ``pick`` event carries becomes the selection;
- ``ctx.addresses(Share(inputs, read, outputs, put, changes))``: what the tab shows stands in the
  page's address and comes back from a link, with fields of its own in `lab.ui.frame.address`
  (``STEPS`` says which of them Back takes back);
- ``say(key, **values)`` (`lab.words`): a text in a widget's value; around the page it is a key with
  values, and the browser fills it in. Texts of records and results, which are English, go through
  ``known(text)``. ``ctx.t(key)``: the English text for building Gradio's own components, which know
  no keys; ``ctx.label(component, key, attr="label")``: the component and its text in every
  language, switched without a reload; its choices may be made by ``say``.

Widgets (`lab.ui.widgets`) are ``gr.HTML`` components that are given one typed value
(`lab.panels.value.Value`, a model in the widget's panel) and drawn by one ES module under
``assets/js``. ``KIND = Kind("NAME.js", NameValue, {"pick": Pick})`` says which, and what the module
may send; ``KIND.widget(value)`` makes a component, handlers return ``NameValue(...)``, and
``message(Pick, event)`` reads what a browser sent (a payload of another shape is a `BadInput`).
Name the kind in `lab.ui.bridge.KINDS` and run ``python -m lab types``: ``types.d.ts`` is what
``make lint-js`` holds the module against. In the place of a picture any widget draws
``sentence(error)``, or ``empty(hint)`` quietly. The module exports ``draw(host)``, see
``assets/js/widget.js``.

Charts: ``plot = plotly_widget(name)``, updated with ``plot_value(figure, name, caption)``. Put the
``point_id`` of every mark into its ``customdata`` (a number, or a list that starts with it): a
click then carries a `Pick` with that ``point_id``, the selected point gets a ring in every chart,
and the toolbar saves PNG, SVG and CSV. Figures bring no theme: ink, grid and projector sizes are
set in the browser, for light and dark.

Numbers: Python says them by `lab.panels.style.number`, ``share`` and ``spread``, JavaScript by
``assets/js/numbers.js``; the reader has them simple or exact. Terms of the glossary are marked by
the page itself, except in what bears ``lang``: what a model read or said.

Markup never comes from data: widgets write with ``textContent`` only, so tokens may be hostile.
"""
