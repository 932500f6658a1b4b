"""Pages of clients: lists (list, new), card (the client's home), edits (forms), notes, holds."""
