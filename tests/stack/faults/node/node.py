"""A node small enough to test faults on: an echo for its peers, an answer over HTTP, a supervised worker.

``/received`` tells how many bytes came to the echo.
"""

import http.server
import socketserver
import subprocess
import sys
import threading

ECHO_PORT = 7000
UDP_PORT = 7001
SLOTS_PORT = 5432
SLOTS = 20
HTTP_PORT = 8000


class Echo(socketserver.BaseRequestHandler):
    received = 0

    def handle(self):
        while data := self.request.recv(4096):
            Echo.received += len(data)
            self.request.sendall(data)


class Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        said = str(Echo.received) if self.path == "/received" else f"hello {self.path}"
        self.wfile.write(said.encode())


class Datagram(socketserver.BaseRequestHandler):
    def handle(self):
        data, own = self.request
        own.sendto(data, self.client_address)


class Session(socketserver.BaseRequestHandler):
    """A server with few slots, as far as PostgreSQL's does it: who comes waits for a password, or is one too many."""

    held = threading.BoundedSemaphore(SLOTS)

    def handle(self):
        self.request.recv(4096)
        if not self.held.acquire(blocking=False):
            fields = b"SFATAL\0C53300\0Msorry, too many clients already\0\0"
            self.request.sendall(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)
            return
        try:
            self.request.sendall(b"R\0\0\0\x08\0\0\0\x03")
            self.request.recv(4096)
        finally:
            self.held.release()


def supervise():
    while True:
        subprocess.run(["/bin/bash", "/worker.sh"], check=False)


# A node with a disk has a relation there, from its start on: it copies what a peer would give it.
subprocess.run(["/bin/bash", "-c", "[ ! -d /data ] || psql"], check=False, stdout=subprocess.DEVNULL)

socketserver.ThreadingTCPServer.allow_reuse_address = True
echo = socketserver.ThreadingTCPServer(("0.0.0.0", ECHO_PORT), Echo)
threading.Thread(target=echo.serve_forever, daemon=True).start()
datagrams = socketserver.UDPServer(("0.0.0.0", UDP_PORT), Datagram)
threading.Thread(target=datagrams.serve_forever, daemon=True).start()
sessions = socketserver.ThreadingTCPServer(("0.0.0.0", SLOTS_PORT), Session)
threading.Thread(target=sessions.serve_forever, daemon=True).start()
threading.Thread(target=supervise, daemon=True).start()
print("up", file=sys.stderr, flush=True)
http.server.ThreadingHTTPServer(("0.0.0.0", HTTP_PORT), Hello).serve_forever()
