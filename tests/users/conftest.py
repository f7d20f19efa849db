"""The service's code lives in the stack's folder, not in this project's package: it is imported by path."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "compose" / "payments" / "services"))
