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


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_POST(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
