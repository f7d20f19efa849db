"""The users service: who may ask for what. Registration, log-in, sessions and profiles, over HTTP."""
