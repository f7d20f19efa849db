"""A node of the tiny stack: keeps its role in its volume, tells its password to its log, answers HTTP."""

import http.server
import os
import pathlib
import sys

if os.environ.get("ANSWERS") != "yes":
    sys.exit("the store refuses to start: ANSWERS is not yes")
if "ROLE" in os.environ:
    pathlib.Path("/state/role").write_text(os.environ["ROLE"])
# A careless program: the harness must not carry the password into its logs.
print("connecting with password", os.environ["STORE_PASSWORD"], flush=True)
http.server.ThreadingHTTPServer(("", 8080), http.server.SimpleHTTPRequestHandler).serve_forever()
