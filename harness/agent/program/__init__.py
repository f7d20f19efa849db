"""The agent's program: it runs in the agent's container, on the standard library alone.

One process is one session: requests come in on standard input, answers and events go out on standard
output, one JSON object a line. When standard input ends, everything that the session injected is healed.
"""
