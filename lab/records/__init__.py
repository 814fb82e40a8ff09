"""Records: everything a run said, in one folder. See `lab.records.schema` for the format."""

from lab.records.block import CapturedBlock, Lens
from lab.records.kept_ablations import Ablation, keep_ablation, read_ablations
from lab.records.reader import Record
from lab.records.schema import Status
from lab.records.shelf import export_zip, import_zip, list_records, summary
from lab.records.tensors import Raw, bfloat16
from lab.records.writer import Writer, new_run_id

__all__ = [
    "Ablation",
    "CapturedBlock",
    "Lens",
    "Raw",
    "Record",
    "Status",
    "Writer",
    "bfloat16",
    "export_zip",
    "import_zip",
    "keep_ablation",
    "list_records",
    "new_run_id",
    "read_ablations",
    "summary",
]
