"""What stands around the tabs: header, history, “This moment”, address, waiting, and the context
that every tab is given.
"""
