"""The plugin as a pytest user meets it. What a run does is replaced: here only pytest's side is looked at."""

from __future__ import annotations

import pytest

EXPERIMENT = '''"""Why."""
from harness import Experiment, Phases, Rto
experiment = Experiment(
    hypothesis="h", expect=[Rto(max_s=1)], phases=Phases(fault_s=5), tags=[{tags}], profile="{profile}"
)
'''
# Stands in for the stack: gives each experiment the verdict that its name says.
CONFTEST = """
import harness.pytest_session as hp
from harness.errors import StackError

def run_item(config, experiment, properties):
    properties.append(("verdict", experiment.name))
    properties.append(("profiles", " ".join(sorted(config._harness_profiles))))
    if "lost" in experiment.name:
        raise hp.NotProven("FAIL  money_lost: 3 lost\\n  report  /runs/x/report.html")
    if "broken" in experiment.name:
        raise StackError("the stack did not come up", mend="Look at its logs")

hp.run_item = run_item
"""


@pytest.fixture
def project(pytester):
    """A project with two experiments, one of them for the gate, and an ordinary test."""
    pytester.makeini("[pytest]\naddopts = -p no:locust --strict-markers\nharness_experiments = experiments\n")
    pytester.makeconftest(CONFTEST)
    folder = pytester.mkdir("experiments")
    (folder / "calm.py").write_text(EXPERIMENT.format(tags="'gate'", profile=""))
    (folder / "money_lost.py").write_text(EXPERIMENT.format(tags="'database'", profile=""))
    pytester.makepyfile(test_plain="def test_plain(): pass")
    return pytester


def run(project, *args):
    return project.runpytest_subprocess(*args, "-p", "no:cacheprovider")


def test_each_file_is_one_item(project):
    """A folder of experiments gives one test item a file."""
    done = run(project, "experiments", "-v")
    done.assert_outcomes(passed=1, failed=1)
    done.stdout.fnmatch_lines(["*calm.py::calm PASSED*", "*money_lost.py::money_lost FAILED*"])


def test_a_violated_expectation_reads_like_an_assertion(project):
    """The summary is the failure's text; no traceback through the harness."""
    done = run(project, "experiments")
    done.stdout.fnmatch_lines(["FAIL  money_lost: 3 lost", "  report  /runs/x/report.html"])
    done.stdout.no_fnmatch_line("*Traceback*")


def test_a_failure_of_the_harness_is_one_line(project):
    """What is wrong and how to mend it, without a traceback."""
    (project.path / "experiments" / "broken.py").write_text(EXPERIMENT.format(tags="", profile=""))
    done = run(project, "experiments/broken.py")
    done.stdout.fnmatch_lines(["harness: the stack did not come up. Look at its logs"])


@pytest.mark.parametrize(
    ("args", "passed", "failed"), [(("-m", "gate"), 1, 0), (("-k", "lost"), 0, 1), (("-x",), 1, 1)]
)
def test_selection_works_as_for_any_test(project, args, passed, failed):
    """Tags are marks, names are keywords."""
    run(project, "experiments", *args).assert_outcomes(
        passed=passed, failed=failed, deselected=2 - passed - failed
    )


def test_collect_only_needs_no_engine(project):
    """Listing imports the experiments and nothing that speaks to Docker."""
    done = project.runpytest_subprocess("experiments", "--collect-only", "-q")
    done.stdout.fnmatch_lines(["*calm.py::calm", "*money_lost.py::money_lost"])


def test_a_named_file_outside_the_folder_is_collected_once(project):
    """Naming a file is enough; it is no test module besides."""
    (project.path / "mine.py").write_text(EXPERIMENT.format(tags="", profile=""))
    run(project, "mine.py").assert_outcomes(passed=1)


def test_naming_a_file_twice_over_runs_it_once(project):
    """The folder and the file in it are one item."""
    run(project, "experiments", "experiments/calm.py", "-k", "calm").assert_outcomes(passed=1, deselected=1)


def test_ordinary_tests_are_left_alone(project):
    """Experiments do not come along unless they are asked for."""
    run(project, "test_plain.py").assert_outcomes(passed=1)


def test_junit_xml_carries_the_verdict(project):
    """CI reads the properties of each case."""
    run(project, "experiments/calm.py", "--junitxml=out.xml")
    assert 'name="verdict" value="calm"' in (project.path / "out.xml").read_text()


def test_the_shared_stack_has_every_profile_that_is_needed(project):
    """Of the experiments that were selected, and of no other."""
    for name in ("full", "wide"):
        text = EXPERIMENT.format(tags=f"'{name}'", profile=name)
        (project.path / "experiments" / f"{name}.py").write_text(text)
    run(project, "experiments", "-k", "calm or full", "--junitxml=out.xml")
    said = (project.path / "out.xml").read_text()
    assert said.count('name="profiles" value="full"') == 2


def test_a_bad_experiment_is_one_line_at_collection(project):
    """The file, the line and the mend."""
    (project.path / "experiments" / "bad.py").write_text("from harness import Load\nLoad(rate_per_s=0)\n")
    done = run(project, "experiments/bad.py")
    done.stdout.fnmatch_lines(["*bad.py:2: rate_per_s must be above 0, not 0*"])
    done.assert_outcomes(errors=1)


def test_more_than_one_xdist_worker_is_refused_by_name(project):
    """Experiments share one stack: parallel workers would harm each other's."""
    done = run(project, "experiments", "-n", "2")
    assert done.ret != 0
    assert (
        "experiments share one stack and cannot run on 2 xdist workers"
        in done.stdout.str() + done.stderr.str()
    )


def test_one_xdist_worker_is_fine(project):
    """-n 1 keeps its meaning."""
    run(project, "experiments", "-n", "1", "-k", "calm").assert_outcomes(passed=1)
