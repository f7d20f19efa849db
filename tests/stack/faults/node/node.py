"""A node small enough to test faults on: an echo for its peers, an answer over HTTP, a supervised worker."""

import http.server
import socketserver
import subprocess
import sys
import threading

ECHO_PORT = 7000
HTTP_PORT = 8000


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(4096):
            self.request.sendall(data)


class Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"hello {self.path}".encode())


def supervise():
    while True:
        subprocess.run(["/bin/bash", "/worker.sh"], check=False)


# A node with a disk has a relation there, from its start on: it copies what a peer would give it.
subprocess.run(["/bin/bash", "-c", "[ ! -d /data ] || psql"], check=False, stdout=subprocess.DEVNULL)

socketserver.ThreadingTCPServer.allow_reuse_address = True
echo = socketserver.ThreadingTCPServer(("0.0.0.0", ECHO_PORT), Echo)
threading.Thread(target=echo.serve_forever, daemon=True).start()
threading.Thread(target=supervise, daemon=True).start()
print("up", file=sys.stderr, flush=True)
http.server.ThreadingHTTPServer(("0.0.0.0", HTTP_PORT), Hello).serve_forever()
