"""The lab's version, where every floor may read it (`lab` itself stands above them all)."""

__version__ = "0.1.0"
