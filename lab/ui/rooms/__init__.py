"""Rooms in the browser: plain JSON routes that every page asks every second or two, and one widget
under the header.

Not Gradio events: fifty pages that poll must not stand in the queue of those who run something, and
a page that sleeps must hold nothing open. Who asks is said by cookies that no script can read; each
call is checked by `lab.rooms` in the transaction that does it.
"""
