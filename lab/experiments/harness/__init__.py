"""What every experiment is run with: batches of problems, the message of a condition, the
evaluator, the driver, and the registry that knows all experiments by name.
"""
