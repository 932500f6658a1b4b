"""Starts the panel and its servers on one machine. Knows no Django: sets the environment, runs commands."""
