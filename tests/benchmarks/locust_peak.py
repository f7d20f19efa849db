"""CPU time of Locust's fast client for one request, as fast as it can: ``python locust_peak.py URL``."""

import locust  # isort: skip  # it patches the standard library first

import sys
import time

import gevent
from locust.env import Environment

USERS = 20
SECONDS = 4.0


class Peak(locust.FastHttpUser):
    """Sends payments one after the other."""

    host = sys.argv[1]

    @locust.task
    def pay(self) -> None:
        """One payment."""
        self.client.post("/payments", json={"debtor": "a", "creditor": "b", "amount": 1, "currency": "EUR"})


environment = Environment(user_classes=[Peak], host=Peak.host)
runner = environment.create_local_runner()
runner.start(USERS, spawn_rate=USERS)
gevent.sleep(1.0)
before, requests = time.process_time(), environment.stats.total.num_requests
gevent.sleep(SECONDS)
used, done = time.process_time() - before, environment.stats.total.num_requests - requests
print(used / done * 1e6, done / SECONDS)
runner.quit()
