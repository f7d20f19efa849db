"""What this host can do, tried (``examine``), and how it gets what the reference stack needs (``fix``)."""

from __future__ import annotations

from harness.stack.doctor.command import doctor_command
from harness.stack.doctor.examine import examine
from harness.stack.doctor.repair import fix
from harness.stack.doctor.report import Report, Row

__all__ = ["Report", "Row", "doctor_command", "examine", "fix"]
