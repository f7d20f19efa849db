"""The payments service: accounts, payments and their double-entry books, over HTTP."""
