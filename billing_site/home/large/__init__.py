"""The large office: any size, filled set by set inside the server, the same for the same seed.

Each domain plans its rows in the schema `large` and then inserts them. A row's facts are a hash of the
seed and its own number, never a random state; nothing of the database's laws is switched off.
"""
