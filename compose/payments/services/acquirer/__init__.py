"""The acquirer: the bank outside, with books of its own."""
