"""``talk.py PEER``: holds one connection to a peer's echo; a line in asks, a line out answers ok or no."""

import socket
import sys

ECHO_PORT = 7000
ANSWER_WITHIN_S = 0.4


def connect(peer):
    own = socket.create_connection((peer, ECHO_PORT), timeout=ANSWER_WITHIN_S)
    own.settimeout(ANSWER_WITHIN_S)
    return own


def echoed(own, word):
    own.sendall(word)
    data = b""
    while not data.endswith(word):
        received = own.recv(64)
        if not received:
            raise ConnectionResetError
        data += received
    return True


def asked(kept, address, what, number):
    word = f"<{number}>".encode()
    try:
        if what == "kept":
            return echoed(kept, word)
        with connect(address) as fresh:
            return echoed(fresh, word)
    except OSError:
        return False


address = socket.gethostbyname(sys.argv[1])
kept = connect(address)
print("ready", flush=True)
for number, line in enumerate(sys.stdin):
    print("ok" if asked(kept, address, line.strip(), number) else "no", flush=True)
