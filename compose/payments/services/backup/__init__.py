"""The scheduler of the ledger's backups: decides what is due, runs pgBackRest, tells how it went."""
