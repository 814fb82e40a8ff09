"""What breaks a hand-over, and what it carries: one experiment a module, each with ``Settings``,
``METRICS`` and ``fill``.
"""
