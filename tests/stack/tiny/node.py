"""A node of the tiny stack: keeps its role in its volume, tells its password to its log, answers HTTP."""

import contextlib
import http.server
import os
import pathlib
import sys
import threading
import time

if os.environ.get("ANSWERS") != "yes":
    sys.exit("the store refuses to start: ANSWERS is not yes")
if "ROLE" in os.environ:
    pathlib.Path("/state/role").write_text(os.environ["ROLE"])
# A careless program: the harness must not carry the password into its logs.
print("connecting with password", os.environ["STORE_PASSWORD"], flush=True)


def beat():
    """Write all the time, and do not care whether it goes well."""
    while True:
        with contextlib.suppress(OSError):
            pathlib.Path("/state/beat").write_text("x")
        time.sleep(0.02)


# Under a pass-through alone: a fault of paths is in effect only when it met somebody.
if pathlib.Path("/harness-passthrough").exists():
    threading.Thread(target=beat, daemon=True).start()


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_POST(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
