"""``exchange.py PEER SIZE WITHIN_S``: sends bytes to a peer's echo, and tells in JSON what became of it."""

import json
import socket
import sys
import time

ECHO_PORT = 7000

peer, size, within_s = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
told = {"outcome": "whole", "first_s": None, "whole_s": None, "closed_s": None, "received": 0, "pieces": 0}
begun = time.monotonic()
try:
    own = socket.create_connection((socket.gethostbyname(peer), ECHO_PORT), timeout=within_s)
    own.settimeout(within_s)
    own.sendall(b"x" * size)
    while told["received"] < size:
        data = own.recv(65536)
        if not data:
            told["outcome"] = "closed"
            break
        told["first_s"] = told["first_s"] or time.monotonic() - begun
        told["received"] += len(data)
        told["pieces"] += 1
    if told["outcome"] == "whole":
        told["whole_s"] = time.monotonic() - begun
        ended = time.monotonic()
        own.shutdown(socket.SHUT_WR)
        own.recv(1)
        told["closed_s"] = time.monotonic() - ended
except TimeoutError:
    told["outcome"] = "silent"
except ConnectionRefusedError:
    told["outcome"] = "refused"
except ConnectionResetError:
    told["outcome"] = "reset"
print(json.dumps(told))
