"""The service: one worker owns the device; runs and tasks queue for it, take turns, and can be
stopped.
"""

from lab.service.job import Job, State
from lab.service.limits import Limits
from lab.service.service import Service

__all__ = ["Job", "Limits", "Service", "State"]
