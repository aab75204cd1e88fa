"""A whole loop in one process: an emulated cluster under traffic, the daemon that scales it over HTTP, a live page."""
