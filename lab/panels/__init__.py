"""Records to pictures: pure functions from a record to tables, JSON-able data and Plotly figures.

Nothing here loads a model or knows the page; a picture of a live run and of a replayed one come
from the same call.
"""
