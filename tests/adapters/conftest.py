"""Adapters are tested against a scripted server over real HTTP."""

from tests.scripted_server import client, requests_log, server

__all__ = ["client", "requests_log", "server"]
