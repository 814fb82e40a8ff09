"""What stands behind ``import lab``: few functions that say in one line what a researcher wants.

They put the parts of the lab together and add nothing of their own but care for wrong use: whatever
cannot be done is refused with one sentence.
"""
