"""The agent's view of mirrors: what is one, what is kept of a lost leg, and what a heal that was interrupted finds."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from harness.agent.program import btrfs, legs, mirror_steps, mirrors
from harness.agent.program.containers import Container
from harness.agent.program.evidence.mirror import MirrorProbe
from harness.agent.program.legs import Leg
from harness.agent.program.refusal import Failed, Refused

SIZE = 3 * 2**20
VOLUMES = {
    "p_twin": {"type": "btrfs", "device": "/dev/loop0", "o": "device=/dev/loop1"},
    "p_disk": {"type": "xfs", "device": "/dev/loop2"},
    "p_alien": {"type": "btrfs", "device": "/dev/loop3", "o": "device=/dev/loop1"},
    "p_plain": {},
}
BACKING = {
    "loop0": "/harness-disks/p/twin.a.img",
    "loop1": "/harness-disks/p/twin.b.img",
    "loop2": "/harness-disks/p/disk.img",
    "loop3": "/harness-disks/other/twin.a.img",
}


class MadeEngine:
    def __init__(self):
        self.done = []

    def volume(self, name):
        return VOLUMES[name]

    def act(self, _container, action, **_query):
        self.done.append(action)


class MadeContainers:
    def __init__(self, pid=7):
        places = {name.removeprefix("p_"): name for name in VOLUMES}
        self._one = Container("c", "ledger-1", pid=pid, volumes={f"/{p}": name for p, name in places.items()})

    def get(self, _container):
        return self._one

    refresh = get


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Where the legs' files are, each with a label and some content; the kernel's sizes follow them when asked to."""
    place = tmp_path / "harness-disks" / "p"
    place.mkdir(parents=True)
    for name, backing in BACKING.items():
        (tmp_path / name / "loop").mkdir(parents=True)
        (tmp_path / name / "loop" / "backing_file").write_text(f"{backing}\n")
        (tmp_path / name / "size").write_text(str(SIZE // 512))
        (place / Path(backing).name).write_bytes(
            b"label".ljust(2**20, b"\0") + b"data".ljust(SIZE - 2**20, b"\0")
        )

    def look_again(leg):
        (tmp_path / leg.device[5:] / "size").write_text(str(leg.file.stat().st_size // 512))

    monkeypatch.setattr(Leg, "_look_again", look_again)
    monkeypatch.setattr(legs, "backing_file", lambda name: BACKING.get(name, ""))
    monkeypatch.setattr(
        mirrors.legs,
        "leg_of",
        lambda project, device, store: _in(tmp_path, legs_of(project, device, store)),
    )
    return place


legs_of = legs.leg_of


def _in(blocks, leg):
    return None if leg is None else Leg(leg.device, leg.file, blocks)


def made(place, pid=7):
    return mirrors.Mirrors(MadeEngine(), MadeContainers(pid), "p", place.parents[1])


def pair(place):
    return made(place).find("c", "/twin").legs


def test_only_two_devices_of_the_project_are_a_mirror(place):
    """Neither a disk, nor an ordinary volume, nor one of which a leg is another project's, nor no volume at all."""
    assert made(place).find("c", "/twin").devices == ("/dev/loop0", "/dev/loop1")
    for elsewhere in ("/disk", "/plain", "/alien", "/nowhere"):
        with pytest.raises(
            Refused, match=f"ledger-1 has no mirror of p at {elsewhere}; nothing else is broken"
        ):
            made(place).find("c", elsewhere)


def test_a_lost_leg_keeps_its_size_and_label_and_no_data(place):
    """Put back, it is empty but for the label; and it counts as lost until somebody says that it is whole."""
    first, second = pair(place)
    legs.lose([second], label=True)
    assert (second.fails, second.lost, second.labelled, first.lost) == (True, True, True, False)
    assert legs.any_lost("p", place.parents[1])
    second.put_back()
    content = second.file.read_bytes()
    assert (len(content), content[:5], any(content[2**20 :])) == (SIZE, b"label", False)
    assert (second.fails, second.lost) == (False, True)
    second.whole()
    assert not legs.any_lost("p", place.parents[1])


def test_losing_both_keeps_no_label_also_of_one_that_was_lost_before(place):
    """So a heal knows that nothing of the file system is left; the sizes are known all the same."""
    both = pair(place)
    legs.lose(both[1:], label=True)
    legs.lose(both, label=False)
    assert [leg.labelled for leg in both] == [False, False]
    for leg in both:
        leg.put_back()
    assert [leg.file.stat().st_size for leg in both] == [SIZE, SIZE]


def test_a_lost_leg_that_is_lost_again_keeps_what_it_had(place):
    """What is cut down already has no label to keep."""
    second = pair(place)[1]
    legs.lose([second], label=True)
    legs.lose([second], label=True)
    assert second.labelled
    assert second.kept.stat().st_size == SIZE


def test_whoever_is_killed_before_the_cut_leaves_a_leg_that_is_known(place):
    """It is noted first; to put back what was never cut changes nothing of it."""
    second = pair(place)[1]
    second.keep(label=True)
    before = second.file.read_bytes()
    assert second.lost
    second.put_back()
    assert second.file.read_bytes() == before


def test_what_is_not_whole_is_found_without_a_note_of_anybody(place):
    """By the files alone, whether or not the node runs."""
    assert list(made(place).amiss(MadeContainers().get("c"))) == []
    legs.lose(pair(place)[1:], label=True)
    for pid in (0, 7):
        ((where, mirror),) = made(place, pid).amiss(MadeContainers(pid).get("c"))
        assert (where, [leg.device for leg in mirror.lost]) == ("/twin", ["/dev/loop1"])


@pytest.fixture
def steps(place, monkeypatch):
    """The steps, and what they did in order."""
    done = []
    monkeypatch.setattr(btrfs, "mounted", lambda *devices: _Mounted(done, devices))
    monkeypatch.setattr(btrfs, "resync", lambda _place: done.append("resync"))
    monkeypatch.setattr(legs, "make", lambda *_devices: done.append("make"))
    engine, containers = MadeEngine(), MadeContainers()
    engine.done = done
    started = lambda _injection, _step: done.append("start")  # noqa: E731
    return mirror_steps.MirrorSteps(engine, containers, made(place), started).steps, done


class _Mounted:
    def __init__(self, done, devices):
        done.append(f"mount {' '.join(devices)}")

    def __enter__(self):
        return Path("/mnt")

    def __exit__(self, *_):
        return None


AT = {"container": "c", "path": "/twin"}


def test_half_a_mirror_is_made_whole_under_the_running_node(place, steps):
    """Both legs are there before it is written anew; a second heal only sees to it that the node runs."""
    table, done = steps
    table["mirror.lose"]("i", {**AT, "legs": 1})
    table["mirror.mend"]("i", AT)
    assert done == ["mount /dev/loop0 /dev/loop1", "resync", "start"]
    assert not legs.any_lost("p", place.parents[1])
    done.clear()
    table["mirror.mend"]("i", AT)
    assert done == ["start"]


def test_a_lost_mirror_is_made_anew_without_the_node(place, steps):
    """It ends first, or the file system would be in use."""
    table, done = steps
    table["mirror.lose"]("i", {**AT, "legs": 2})
    table["mirror.mend"]("i", AT)
    assert done == ["kill", "make", "start"]
    assert not legs.any_lost("p", place.parents[1])


def test_a_heal_that_fails_is_not_over(place, steps, monkeypatch):
    """The leg still counts as lost, so the next one begins again."""
    table, done = steps
    table["mirror.lose"]("i", {**AT, "legs": 1})

    def fail(_place):
        raise Failed("2 errors")

    monkeypatch.setattr(btrfs, "resync", fail)
    with pytest.raises(Failed, match="2 errors"):
        table["mirror.mend"]("i", AT)
    assert "start" not in done
    assert pair(place)[1].lost


@pytest.mark.parametrize(("errors", "scrubs"), [([7, 0], 2), ([7, 1, 0], 3), ([7, 1, 1, 1], 4)])
def test_a_mirror_is_whole_when_a_scrub_finds_nothing(monkeypatch, errors, scrubs):
    """What was written is committed before each, or it would be passed over; one that never ends clean is a failure."""
    ran, left = [], list(errors)
    monkeypatch.setattr(btrfs, "run", lambda *argv: ran.append(argv[2]))
    monkeypatch.setattr(btrfs, "errors_of", lambda _place, devid: left.pop(0) if devid == 2 else 0)
    if errors[-1]:
        with pytest.raises(Failed, match="has errors after 4 scrubs"):
            btrfs.resync(Path("/mnt"))
    else:
        btrfs.resync(Path("/mnt"))
    assert ran == ["sync", "stats", "start"] * scrubs


def test_half_made_mirrors_are_never_taken_for_one(tmp_path, monkeypatch):
    """Both files get their names when the mirror is made; a second time nothing is made."""
    ran, made_of = [], []
    monkeypatch.setattr(legs, "make", lambda *files: made_of.append([Path(file).name for file in files]))
    monkeypatch.setattr(legs, "attach", lambda _project, file: ran.append(file.name) or f"/dev/{file.name}")
    monkeypatch.setattr(legs, "discard_old", lambda _project: None)
    place = tmp_path / "harness-disks" / "p"
    place.mkdir(parents=True)
    (place / "l1.a.img").write_text("alone")
    for _ in range(2):
        assert legs.prepare("p", {"l1": 300}, tmp_path) == {"l1": ["/dev/l1.a.img", "/dev/l1.b.img"]}
    assert made_of == [["l1.a.new", "l1.b.new"]]
    assert (place / "l1.a.img").stat().st_size == 300 * 2**20


class MadeMirrors:
    """What each look finds: what a write comes to, which legs are lost, the errors before it and after it."""

    def __init__(self, *looks):
        self._looks = list(looks)
        self._errors = []

    def find(self, _container, _place):
        if self._looks:
            self._said, lost, before, after = self._looks.pop(0)
            self._errors, self.lost = [before, after], (None,) * lost
        return self

    def errors(self, _container, _place):
        return self._errors.pop(0)

    def try_out(self, _container, _place):
        return self._said


WHOLE, HALF = (0, 0, (0, 0), (0, 0)), (0, 1, (0, 4), (0, 6))
DEAD, DOWN = (errno.EIO, 2, (1, 4), (3, 6)), (None, 2, None, None)


def looked_at(count, *looks):
    """A probe that looked once before the fault, then once a second during it, and once after the heal."""
    probe = MirrorProbe("c", "/twin", count, MadeMirrors(WHOLE, *looks), MadeContainers())
    probe.tick(0.0)
    for item in probe.items:
        item.begin(0.5)
    for at in range(1, len(looks)):
        probe.tick(float(at))
    for item in probe.items:
        item.heal(len(looks) - 0.5)
    probe.tick(float(len(looks)))
    return probe.items


def test_errors_on_the_lost_leg_are_the_effect_and_the_write_must_go_well():
    """In one look: so half a mirror that works is seen, and nothing less."""
    lacks, works = looked_at(1, HALF, HALF, WHOLE)
    assert (lacks.effect_at, lacks.gone_at, lacks.gaps) == (1.0, 3.0, [])
    assert (works.settled, works.gone_at, works.gaps) == (True, 3.0, [])
    assert lacks.measured == "6 errors on the lost leg, 0 on the other"


@pytest.mark.parametrize(
    "look",
    [WHOLE, (0, 1, (0, 4), (0, 4)), (0, 1, (0, 4), (1, 6)), (0, 0, (0, 4), (0, 4))],
    ids=["whole", "no further error", "on both legs", "errors of before"],
)
def test_everything_else_is_no_half_mirror(look):
    """No effect is seen, so nothing is proven."""
    assert looked_at(1, look, WHOLE)[0].effect_at is None


def test_errors_that_are_still_counted_are_not_gone():
    """Nor is a leg that is still to be written anew."""
    for left in ((0, 0, (0, 4), (0, 4)), (0, 1, (0, 0), (0, 0))):
        assert looked_at(1, HALF, HALF, left)[0].gone_at is None


def test_a_write_that_fails_on_half_a_mirror_is_a_gap():
    """When it goes on for longer than a second."""
    dead = (errno.EIO, 1, (0, 4), (0, 6))
    assert looked_at(1, HALF, dead, dead, dead, WHOLE)[1].gaps


def test_a_lost_mirror_fails_or_its_node_has_ended():
    """One normal look in between is a gap."""
    (item,) = looked_at(2, DEAD, DOWN, DEAD, WHOLE)
    assert (item.effect_at, item.gone_at, item.gaps) == (1.0, 4.0, [])
    assert looked_at(2, DEAD, WHOLE, DEAD, WHOLE)[0].gaps
    assert looked_at(2, (None, 0, None, None), WHOLE)[0].effect_at is None, (
        "a node that is down is not enough"
    )


def test_the_counters_are_read_as_the_kernel_lays_them_out(tmp_path, monkeypatch):
    """Its structure has 1032 bytes; every kind of error counts."""

    def ioctl(_descriptor, request, told):
        assert request == 0xC4089434
        assert len(told) == (request >> 16) & 0x3FFF
        btrfs._STATS.pack_into(told, 0, 2, 5, 0, 1, 2, 4, 8, 16)

    monkeypatch.setattr(btrfs.fcntl, "ioctl", ioctl)
    assert btrfs.errors_of(tmp_path, 2) == 31
