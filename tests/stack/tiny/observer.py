"""The observer of the tiny stack; /tmp/mood makes it fail in the ways that an observer can."""

import json
import os
import pathlib
import sys
import time


def say(**keys):
    print(json.dumps(keys), flush=True)


mood = pathlib.Path("/tmp/mood").read_text().strip() if pathlib.Path("/tmp/mood").exists() else ""
say(
    t="payment",
    source="database",
    key=os.environ["HARNESS_RUN"] + "-1",
    payment_id="p1",
    debtor="a",
    creditor="b",
    amount=5,
    currency="EUR",
    status="created",
)
say(t="complete", source="database")
if mood == "hang":
    time.sleep(600)
if mood == "babble":
    print("this is no JSON", flush=True)
if mood == "fail":
    sys.exit("the API does not answer")
say(t="complete", source="api")
say(t="complete", source="replicas")
if mood == "late-fail":
    sys.exit("something else was wrong")
