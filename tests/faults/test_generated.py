"""What is written from the faults is what they say, and each of them says everything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from harness.errors import ExperimentError
from harness.faults.catalogue import FAULTS, Partition, Stop
from harness.faults.discover import discover
from harness.faults.generate import generated
from harness.faults.words import words_of
from harness.stack.doctor.features import FEATURES

ROOT = Path(__file__).parents[2]


def test_the_catalogue_holds_every_fault():
    """What a module of the package makes public is in the catalogue."""
    assert dict(FAULTS) == discover()


@pytest.mark.parametrize("path", list(generated(ROOT, discover())), ids=lambda path: path.name)
def test_what_is_generated_is_up_to_date(path):
    """A fault that came, went or changed its words: run `python -m harness.faults`."""
    assert path.read_text() == generated(ROOT, discover())[path]


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_describes_itself(name):
    """Effect, fields, evidence, heal, recovery; what it needs of the host is what the doctor tries."""
    words = words_of(FAULTS[name])
    assert words.effect.endswith(".")
    assert set(words.needs) <= {feature.name for feature in FEATURES}


def test_the_words_of_a_fault():
    """With its defaults and every line of its fields; the shapes of a fault are ways to make it."""
    words = words_of(Stop)
    assert words.call == "Stop(on, timeout_s=10)"
    assert words.fields["timeout_s"] == "how long it has to end in order, in seconds."
    assert "Partition.between(a, b, one_way=False)" in words_of(Partition).shapes


@dataclass(frozen=True)
class _Silent:
    """Does something.

    Heals: by itself.
    """

    instant: ClassVar[bool] = True
    destroys: ClassVar[bool] = False

    on: str

    def plan(self, scene):
        """Say nothing of how it is seen."""


def test_a_fault_that_says_too_little_is_named_with_what_it_lacks():
    """Whoever writes a fault is told where its words belong."""
    with pytest.raises(
        ExperimentError, match=r"_Silent .* 'Recovery: .*'Evidence: .* of its plan, its field on"
    ):
        words_of(_Silent)
