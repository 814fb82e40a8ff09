"""One hand-over as data and its two ends: conditions, problems, the sender that thinks, the
receiver that answers.
"""
