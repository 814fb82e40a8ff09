"""The same lab on more than one machine: a Ray cluster whose workers each own a device and its
models.

Nothing outside this folder knows Ray, and nothing here imports it before a cluster is asked for:
``pip install -r requirements-ray.txt`` brings it. The head (the process that was started by a
person) decides who does what and is the only one that writes; workers compute and tell.
"""
