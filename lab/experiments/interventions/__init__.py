"""What may be done to a message on its way: to thought vectors, to a cache, and by maps fitted from
one model to another.
"""
