"""Defects to plant in a consistent run, each with the findings that must not pass because of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from made_life import ALERT, EYES, FORBIDDEN, seal
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
    writes = {
        line["key"] for line in run.history if line["t"] == "invoke" and line["kind"] == "create_payment"
    }
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


@defect("Healed", blinds=("EvidenceHeld", "Detected"))
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


@defect(
    blinds=(
        "NoLostPayments",
        "NoDuplicatePayments",
        "NoPhantomPayments",
        "LedgerBalanced",
        "Reconciled",
        "MonotonicStatus",
        "FailsClosed",
        "AuditChainIntact",
    )
)
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


def life(choice: int, among: int = 4) -> str:
    """The id of a payment that two people made: 0 and 1 are settled, 2 failed, 3 rejected."""
    return f"e-{choice % among}"


def chain_of(run: MadeRun, payment_id: str) -> list[Line]:
    """The whole chain in which the payment's rows are."""
    chain = run.of("transition", payment_id=payment_id)[0]["chain"]
    return run.of("transition", chain=chain)


def read_of(run: MadeRun, payment: int, number: int) -> tuple[Line, Line]:
    """Both lines of one read of a payment."""
    key = f"{EYES}-{payment}-read-{number}"
    invoke, done = (line for line in run.history if line.get("key") == key)
    return invoke, done


def sends(run: MadeRun, key: str) -> Line:
    return next(line for line in run.history if line["t"] == "invoke" and line["key"] == key)


def ends(run: MadeRun, key: str) -> Line:
    return next(line for line in run.history if line["t"] == "done" and line["key"] == key)


@defect("Reconciled")
def unknown_to_the_acquirer(run: MadeRun, choice: int) -> None:
    run.observations.remove(run.of("settlement")[choice % 2])


@defect("Reconciled")
def accepted_and_never_settled(run: MadeRun, choice: int) -> None:
    payment = run.of("payment", source="database", payment_id=f"e-{2 + choice % 2}")[0]
    like = run.of("settlement")[0]
    run.observations.append(like | {name: payment[name] for name in ("payment_id", "amount", "currency")})


@defect("Reconciled")
def accepted_and_lost(run: MadeRun, choice: int) -> None:
    run.observations.append(run.of("settlement")[choice % 2] | {"payment_id": "e-lost"})


@defect("Reconciled")
def accepted_with_another_amount(run: MadeRun, choice: int) -> None:
    run.of("settlement")[choice % 2]["amount"] += 1


@defect("Reconciled")
def accepted_twice(run: MadeRun, choice: int) -> None:
    run.observations.append(dict(run.of("settlement")[choice % 2]))


@defect("Reconciled")
def backlog(run: MadeRun, choice: int) -> None:
    """Approved, and then nothing more: its money still waits and the acquirer never heard of it."""
    payment_id = life(choice, 2)
    payments = run.of("payment", payment_id=payment_id)
    for payment in payments:
        payment["status"] = "approved"
    settlement = run.of("settlement", payment_id=payment_id)[0]
    onwards = run.of("entry", payment_id=payment_id)[2:]
    step = run.of("transition", payment_id=payment_id, to_status="settled")[0]
    for line in (settlement, *onwards):
        run.observations.remove(line)
    # The row is now of another run, so the chain keeps its length.
    step["payment_id"] = "other-run"
    seal(run.of("transition", chain=step["chain"]))
    rebalance(run.observations)
    read_of(run, choice % 2, 3)[1]["seen"] = "approved"


@defect("MonotonicStatus")
def went_back_for_a_reader(run: MadeRun, choice: int) -> None:
    """A read without a token, after another one saw the end."""
    invoke, done = (dict(line) for line in read_of(run, choice % 4, 3))
    del invoke["after"]
    for line in (invoke, done):
        line |= {"key": f"{EYES}-late", "at": line["at"] + 1}
    run.history += [invoke, done | {"seen": "created"}]


@defect("MonotonicStatus")
def another_end_for_a_reader(run: MadeRun, choice: int) -> None:
    """Settled for one, failed for the next."""
    invoke, done = (dict(line) for line in read_of(run, choice % 3, 3))
    invoke["after"] = None
    for line in (invoke, done):
        line |= {"key": f"{EYES}-late", "at": line["at"] + 1}
    run.history += [invoke, done | {"seen": "rejected"}]


@defect("MonotonicStatus")
def jumped(run: MadeRun, choice: int) -> None:
    """Created and settled at once: sealed like any step, and forbidden."""
    payment_id = life(choice, 2)
    approval = run.of("transition", payment_id=payment_id, to_status="approved")[0]
    settling = run.of("transition", payment_id=payment_id, to_status="settled")[0]
    approval["payment_id"], settling["from_status"] = "other-run", "created"
    seal(chain_of(run, payment_id))


@defect("ReadYourWrites")
def older_than_its_token(run: MadeRun, choice: int) -> None:
    read_of(run, choice % 4, 2)[1]["seen"] = "created"


@defect("ReadYourWrites")
def not_found_though_written(run: MadeRun, choice: int) -> None:
    missing = {
        "outcome": "fail",
        "status": 404,
        "error": "http-404",
        "payment_id": None,
        "seen": None,
        "position": None,
    }
    read_of(run, choice % 4, 1 + choice % 3)[1].update(missing)


@defect("ReadYourWrites")
def wrong_answer_to_a_token(run: MadeRun, choice: int) -> None:
    wrong = {"outcome": "fail", "error": "wrong answer: amount is 1, not 2", "payment_id": None, "seen": None}
    read_of(run, choice % 4, 1 + choice % 3)[1].update(wrong | {"position": None})


@defect("SingleWriter")
def two_primaries(run: MadeRun, choice: int) -> None:
    """The one that was deposed goes on acknowledging."""
    keys = [key for key in run.invoked(RECOVERY + 1, DRAIN, write=True) if not key.startswith(FORBIDDEN)]
    ends(run, keys[choice % len(keys)])["writer"] = "ledger-1/1"


@defect("SingleWriter")
def two_nodes_of_one_timeline(run: MadeRun, choice: int) -> None:
    keys = run.invoked(RECOVERY + 1, DRAIN, write=True)
    ends(run, keys[choice % len(keys)])["writer"] = "ledger-3/2"


@defect("FailsClosed")
def forbidden_and_acknowledged(run: MadeRun, choice: int) -> None:
    ends(run, f"{FORBIDDEN}-{choice % 4}").update({"outcome": "ok", "status": 200, "error": None})


@defect("FailsClosed")
def forbidden_read_and_acknowledged(run: MadeRun, choice: int) -> None:
    """A payment was shown to a stranger: the books have nothing of it, the answer alone tells."""
    key = f"{FORBIDDEN}-{choice % 4}"
    sends(run, key).update({"kind": "forbidden_anothers_payment", "write": False})
    ends(run, key).update({"outcome": "ok", "status": 200, "error": None})


@defect("FailsClosed", "NoPhantomPayments")
def forbidden_and_booked(run: MadeRun, choice: int) -> None:
    """Whatever was answered; the payment itself is one that nobody is owed, so two checks tell."""
    add_payment(run, f"{FORBIDDEN}-{choice % 4}", some_payment(run, choice), "p-forbidden")


@defect("AuditChainIntact")
def altered_text(run: MadeRun, choice: int) -> None:
    rows = run.of("transition")
    rows[choice % len(rows)]["content"] += " "


@defect("AuditChainIntact")
def altered_row(run: MadeRun, choice: int) -> None:
    """The columns say another payment than was sealed."""
    rows = run.of("transition", payment_id="other-run")
    rows[choice % len(rows)]["payment_id"] = "another-run"


@defect("AuditChainIntact")
def missing_row(run: MadeRun, choice: int) -> None:
    """Taken out of the middle of a chain."""
    rows = chain_of(run, life(choice))[1:-1]
    run.observations.remove(rows[choice % len(rows)])


@defect("AuditChainIntact")
def forged_chain(run: MadeRun, choice: int) -> None:
    """Resealed from one row on, as one would who has the database and not the seal before it."""
    rows = chain_of(run, life(choice))
    rows[1]["previous"] = "f" * 64
    forged = [rows[1] | {"number": rows[1]["number"]}]
    seal(forged)
    rows[1].update(forged[0])


@defect("AuditChainIntact")
def step_twice(run: MadeRun, choice: int) -> None:
    """A step that is recorded twice, in a chain that verifies."""
    chain = chain_of(run, life(choice))
    last = [row for row in chain if row["payment_id"] == life(choice)][-1]
    again = dict(last)
    run.observations.append(again)
    seal([*chain, again])


@defect("AuditChainIntact")
def step_never_recorded(run: MadeRun, choice: int) -> None:
    """The payment moved on, and its row was never written: the chain itself is whole."""
    payment_id = life(choice)
    last = run.of("transition", payment_id=payment_id)[-1]
    last["payment_id"] = "other-run"
    seal(run.of("transition", chain=last["chain"]))


@defect("LoadShare")
def one_node_answers_all(run: MadeRun, choice: int) -> None:
    for line in run.history:
        if line["t"] == "done":
            line["node"] = f"payments-{choice % 2 + 1}"


@defect("Detected")
def never_detected(run: MadeRun, choice: int) -> None:
    del choice
    run.timeline = [event for event in run.timeline if event.get("alert") != ALERT]


@defect("Detected")
def detected_too_late(run: MadeRun, choice: int) -> None:
    firing = next(event for event in run.timeline if event.get("state") == "firing")
    firing["at"] = EFFECT + 2.6 + choice % 3 / 10


@defect("Detected")
def rang_before_the_fault(run: MadeRun, choice: int) -> None:
    firing = next(event for event in run.timeline if event.get("state") == "firing")
    firing["at"] = BASELINE - 1 + choice % 4


@defect("Detected")
def never_resolved(run: MadeRun, choice: int) -> None:
    del choice
    run.timeline = [event for event in run.timeline if event.get("state") != "resolved"]


@defect("Detected")
def resolved_too_late(run: MadeRun, choice: int) -> None:
    next(event for event in run.timeline if event.get("state") == "resolved")["at"] = 110.5 + choice % 5 / 2


@defect(blinds=("Reconciled",))
def acquirer_not_read(run: MadeRun, choice: int) -> None:
    del choice
    run.observations.remove(run.of("complete", source="acquirer")[0])


@defect(blinds=("ReadYourWrites",))
def no_read_with_a_token(run: MadeRun, choice: int) -> None:
    del choice
    for line in run.history:
        line.pop("after", None)


@defect(blinds=("SingleWriter",))
def nobody_names_the_writer(run: MadeRun, choice: int) -> None:
    del choice
    for line in run.history:
        line.pop("writer", None)


@defect(blinds=("FailsClosed",))
def nothing_forbidden_refused(run: MadeRun, choice: int) -> None:
    del choice
    for number in range(4):
        ends(run, f"{FORBIDDEN}-{number}").update({"outcome": "info", "status": None, "error": "timeout"})


@defect(blinds=("MonotonicStatus",))
def no_status_told(run: MadeRun, choice: int) -> None:
    del choice
    for line in run.history:
        line.pop("seen", None)


@defect(blinds=("Detected",))
def alerts_not_readable(run: MadeRun, choice: int) -> None:
    never_detected(run, choice)
    note = {"at": EFFECT + 1, "wall": "", "kind": "note", "what": "the alerts cannot be read: refused"}
    run.timeline.append(note)


@defect(blinds=("LoadShare",))
def too_few_answers(run: MadeRun, choice: int) -> None:
    """Answers by other nodes than those with a weight say nothing of these weights."""
    del choice
    for line in run.history:
        if line["t"] == "done" and line["at"] > BASELINE + 2:
            line["node"] = "users-1"
