"""Defects to plant in a consistent run, each with the findings that must not pass because of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from made_runs import BASELINE, DRAIN, EFFECT, FAULT, RECOVERY, RUN, Line, MadeRun, postings, rebalance

Plant = Callable[[MadeRun, int], None]


@dataclass(frozen=True)
class Defect:
    """One kind of harm to the recording.

    Attributes:
        plant: puts it in; the number chooses where.
        fails: checks that must fail.
        blinds: checks that must be inconclusive because of it.
    """

    plant: Plant
    fails: frozenset[str]
    blinds: frozenset[str] = frozenset()


DEFECTS: dict[str, Defect] = {}


def defect(*fails: str, blinds: tuple[str, ...] = ()) -> Callable[[Plant], Plant]:
    """Register a planter under its name."""

    def register(plant: Plant) -> Plant:
        DEFECTS[plant.__name__] = Defect(plant, frozenset(fails), frozenset(blinds))
        return plant

    return register


def some_payment(run: MadeRun, choice: int) -> Line:
    keys = run.acknowledged()
    return run.of("payment", source="database", key=keys[choice % len(keys)])[0]


def add_payment(run: MadeRun, key: str, like: Line, payment_id: str) -> None:
    payment = like | {"key": key, "payment_id": payment_id}
    run.observations += [payment | {"source": "database"}, payment | {"source": "api"}, *postings(payment)]
    rebalance(run.observations)


def keys_refused(run: MadeRun) -> list[str]:
    writes = {line["key"] for line in run.history if line["t"] == "invoke" and line["write"]}
    return [line["key"] for line in run.history if line.get("outcome") == "fail" and line["key"] in writes]


@defect("NoLostPayments")
def lost(run: MadeRun, choice: int) -> None:
    gone = some_payment(run, choice)["payment_id"]
    run.observations = [line for line in run.observations if line.get("payment_id") != gone]
    rebalance(run.observations)


@defect("NoLostPayments")
def other_amount(run: MadeRun, choice: int) -> None:
    payment = some_payment(run, choice)
    for line in run.of("payment", key=payment["key"]):
        line["amount"] += 1
    for entry in run.of("entry", payment_id=payment["payment_id"]):
        entry["amount"] += 1 if entry["amount"] > 0 else -1
    rebalance(run.observations)


@defect("NoLostPayments")
def other_id_than_acknowledged(run: MadeRun, choice: int) -> None:
    old = some_payment(run, choice)["payment_id"]
    for line in run.observations:
        if line.get("payment_id") == old:
            line["payment_id"] = "p-new"


@defect("NoLostPayments", "LedgerBalanced")
def booked_without_entries(run: MadeRun, choice: int) -> None:
    bare = some_payment(run, choice)["payment_id"]
    run.observations = [
        line for line in run.observations if line["t"] != "entry" or line["payment_id"] != bare
    ]
    rebalance(run.observations)


@defect("NoDuplicatePayments")
def posted_twice(run: MadeRun, choice: int) -> None:
    run.observations += postings(some_payment(run, choice))
    rebalance(run.observations)


@defect("NoDuplicatePayments")
def key_twice(run: MadeRun, choice: int) -> None:
    payment = some_payment(run, choice)
    add_payment(run, payment["key"], payment, "p-again")


@defect("NoPhantomPayments")
def refused_and_booked(run: MadeRun, choice: int) -> None:
    keys = keys_refused(run)
    add_payment(run, keys[choice % len(keys)], some_payment(run, choice), "p-risen")


@defect("NoPhantomPayments")
def dropped_and_booked(run: MadeRun, choice: int) -> None:
    keys = [line["key"] for line in run.history if line["t"] == "drop" and line["write"]]
    add_payment(run, keys[choice % len(keys)], some_payment(run, choice), "p-risen")


@defect("NoPhantomPayments")
def never_sent_and_booked(run: MadeRun, choice: int) -> None:
    add_payment(run, f"{RUN}-ghost", some_payment(run, choice), "p-ghost")


@defect("LedgerBalanced")
def unbalanced_entry(run: MadeRun, choice: int) -> None:
    entries = run.of("entry")
    entry = entries[choice % len(entries)]
    entry["amount"] += 7 if entry["amount"] > 0 else -7
    rebalance(run.observations)


@defect("LedgerBalanced")
def entry_of_another_account(run: MadeRun, choice: int) -> None:
    payment = some_payment(run, choice)
    others = {f"{RUN}-ann", f"{RUN}-bob", f"{RUN}-cy"} - {payment["debtor"], payment["creditor"]}
    run.of("entry", payment_id=payment["payment_id"])[1]["account"] = others.pop()
    rebalance(run.observations)


@defect("LedgerBalanced")
def entries_without_payment(run: MadeRun, choice: int) -> None:
    run.observations += postings(some_payment(run, choice) | {"payment_id": "p-orphan"})
    rebalance(run.observations)


@defect("LedgerBalanced")
def wrong_stored_balance(run: MadeRun, choice: int) -> None:
    name = run.of("account")[choice % 4]["account"]
    for account in run.of("account", account=name):
        account["balance"] += 1


@defect("LedgerBalanced")
def negative_balance(run: MadeRun, choice: int) -> None:
    del choice  # only the bank is below zero
    for account in run.of("account", account=f"{RUN}-bank"):
        account["may_be_negative"] = False


@defect("LedgerBalanced")
def api_shows_another_balance(run: MadeRun, choice: int) -> None:
    run.of("account", source="api")[choice % 4]["balance"] += 1


@defect("LedgerBalanced")
def api_hides_an_account(run: MadeRun, choice: int) -> None:
    run.observations.remove(run.of("account", source="api")[choice % 4])


@defect("NoLostPayments")
def api_lacks_a_payment(run: MadeRun, choice: int) -> None:
    payments = run.of("payment", source="api")
    run.observations.remove(payments[choice % len(payments)])


@defect("NoLostPayments")
def api_shows_another_amount(run: MadeRun, choice: int) -> None:
    payments = run.of("payment", source="api")
    payments[choice % len(payments)]["amount"] += 1


@defect("Converged")
def diverged_replica(run: MadeRun, choice: int) -> None:
    run.of("digest")[choice % 9]["digest"] = "other"


@defect("Converged")
def replica_lacks_a_table(run: MadeRun, choice: int) -> None:
    run.observations.remove(run.of("digest")[choice % 9])


@defect("Converged")
def missing_replica(run: MadeRun, choice: int) -> None:
    node = f"ledger-{choice % 3 + 1}"
    run.observations = [line for line in run.observations if line.get("node") != node]


@defect("Healed")
def something_left_behind(run: MadeRun, choice: int) -> None:
    next(e for e in run.timeline if e["kind"] == "left_behind")["items"] = [
        f"a rule on ledger-{choice % 3 + 1}"
    ]


@defect("Healed", blinds=("EvidenceHeld",))
def not_gone(run: MadeRun, choice: int) -> None:
    del choice  # one injection
    gone = next(e for e in run.timeline if e["kind"] == "gone")
    gone |= {"kind": "not_gone", "why": "it is still dead"}


@defect("Latency")
def slow(run: MadeRun, choice: int) -> None:
    keys = run.invoked(RECOVERY, DRAIN)
    key = keys[choice % len(keys)]
    intended = next(line["intended_at"] for line in run.history if line.get("key") == key)
    next(line for line in run.history if line["t"] == "done" and line["key"] == key)["at"] = intended + 0.8


@defect("Availability")
def unavailable(run: MadeRun, choice: int) -> None:
    run.unanswer(run.invoked(FAULT, RECOVERY, write=bool(choice % 2)))


@defect("Rto")
def too_long_an_outage(run: MadeRun, choice: int) -> None:
    run.unanswer(run.invoked(RECOVERY, RECOVERY + 1 + choice % 3, write=bool(choice % 2)))


@defect("Rto")
def never_back(run: MadeRun, choice: int) -> None:
    run.unanswer(run.invoked(DRAIN - 1, DRAIN, write=bool(choice % 2)))


@defect(blinds=("LoadEnded",))
def load_died(run: MadeRun, choice: int) -> None:
    del choice
    run.history = [line for line in run.history if line["t"] != "end"]


@defect(blinds=("LoadKeptUp",))
def generator_late(run: MadeRun, choice: int) -> None:
    start, end = ((BASELINE, FAULT), (FAULT, RECOVERY), (RECOVERY, DRAIN))[choice % 3]
    for key in run.invoked(start, end):
        first = next(line for line in run.history if line["t"] == "invoke" and line["key"] == key)
        first["at"] = first["intended_at"] + 0.15


@defect(blinds=("BaselineSteady",))
def unsteady_baseline(run: MadeRun, choice: int) -> None:
    del choice
    next(e for e in run.timeline if e["kind"] == "steady")["held"] = False


@defect(blinds=("RunComplete",))
def harness_error(run: MadeRun, choice: int) -> None:
    run.timeline.append({"at": EFFECT + choice % 5, "wall": "", "kind": "error", "what": "the agent is gone"})


@defect(blinds=("EvidenceHeld", "Healed"))
def gap_in_the_evidence(run: MadeRun, choice: int) -> None:
    event = next(e for e in run.timeline if e["kind"] == "evidence")
    event |= {"gaps": choice + 1, "verdict": "inconclusive", "why": "no sample for 2 s"}


@defect(blinds=("NoLostPayments", "NoDuplicatePayments", "NoPhantomPayments", "LedgerBalanced"))
def database_not_read(run: MadeRun, choice: int) -> None:
    del choice
    run.of("complete", source="database")[0] |= {"t": "incomplete", "why": "the connection broke"}


@defect(blinds=("NoLostPayments", "LedgerBalanced"))
def api_not_read(run: MadeRun, choice: int) -> None:
    del choice
    run.observations.remove(run.of("complete", source="api")[0])


@defect(blinds=("Converged",))
def copies_at_different_positions(run: MadeRun, choice: int) -> None:
    for line in run.of("digest", node=f"ledger-{choice % 3 + 1}"):
        line |= {"position": "0/8", "digest": "older"}
